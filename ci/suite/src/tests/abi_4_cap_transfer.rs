//! abi.md §4: capabilities that travel with messages.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_cap_arrives_in_the_receive_slot),
    test!(a_transferred_cap_keeps_rights_and_badge),
    test!(a_transferred_cap_is_a_child_or_sibling),
    test!(a_transferred_badged_cap_has_the_parent_of_a_copy),
    test!(without_grant_no_cap_moves),
    test!(an_endpoint_cap_is_unwrapped),
    test!(unwrapped_and_real_caps_mix),
    test!(an_endpoint_cap_of_another_endpoint_is_not_unwrapped),
    test!(only_one_real_cap_moves),
    test!(processing_stops_at_a_null_cap),
    test!(processing_stops_at_a_cap_that_cannot_be_copied),
    test!(processing_stops_at_untyped_memory_with_children),
    test!(processing_stops_at_a_second_real_cap),
    test!(a_used_receive_slot_is_no_slot),
    test!(a_receive_root_that_is_no_cnode_is_no_slot),
    test!(a_receive_root_that_does_not_resolve_is_no_slot),
    test!(a_receive_path_must_resolve_exactly),
    test!(a_receive_depth_outside_its_range_is_no_slot),
    test!(the_receive_root_may_be_any_cnode),
    test!(a_reply_with_grant_moves_caps),
    test!(a_reply_without_grant_moves_no_caps),
    test!(a_reply_does_not_unwrap),
];

/// Sends a message from a helper on `from`, receives it on `on`.
fn pass(
    world: &mut World,
    from: Cap<Endpoint>,
    on: Cap<Endpoint>,
    caps: &[u64],
) -> Outcome<Received> {
    let mut kept = [0; 3];
    kept[..caps.len()].copy_from_slice(caps);
    let count = caps.len();
    let helper = world.spawn(50, move || {
        from.send(Message::new(7, &[1]).with_caps(&kept[..count]));
    })?;
    let received = on.wait();
    helper.join();
    Ok(received)
}

/// An empty slot as the receive slot.
fn receive_slot<T>(world: &mut World) -> Outcome<Cap<T>> {
    let slot = world.slot::<T>()?;
    ipc_buffer::set_receive_path(world.path(slot));
    Ok(slot)
}

/// The information word of a message of one word with label 7.
fn info(unwrapped: u64, caps: u64) -> MessageInfo {
    MessageInfo(7 << 12 | unwrapped << 9 | caps << 7 | 1)
}

/// "the cap is derived and inserted there"; "received extraCaps = number of caps processed".
fn a_cap_arrives_in_the_receive_slot(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    let slot = receive_slot::<Notification>(world)?;
    check_eq!(pass(world, endpoint, endpoint, &[gift.pointer()])?.info, info(0, 1));
    slot.signal();
    let badged = world.mint(slot, Rights::ALL, 4)?;
    badged.signal();
    check_eq!(gift.poll(), 4);
    PASSED
}

/// "same rules as CNode_Copy with all rights": what the source lacks, the copy lacks.
fn a_transferred_cap_keeps_rights_and_badge(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let bell = world.create::<Notification>()?;
    let gift = world.mint(bell, Rights::WRITE, 0x66)?;
    let slot = receive_slot::<Notification>(world)?;
    check_eq!(pass(world, endpoint, endpoint, &[gift.pointer()])?.info, info(0, 1));
    slot.signal();
    check_eq!(bell.poll(), 0x66);
    let thread = world.thread()?;
    check_err!(thread.bind_notification(slot), Error::IllegalOperation);
    PASSED
}

/// "inserted there as a child-or-sibling of the source": revoking the original removes it,
/// deleting the source does not.
fn a_transferred_cap_is_a_child_or_sibling(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let original = world.create::<Notification>()?;
    let gift = world.copy(original, Rights::ALL)?;
    let slot = receive_slot::<Notification>(world)?;
    pass(world, endpoint, endpoint, &[gift.pointer()])?;
    world.delete(gift)?;
    check!(!world.is_empty(slot));
    world.revoke(original)?;
    check!(world.is_empty(slot));
    PASSED
}

/// The same for a badged source: it is the parent of its copies.
fn a_transferred_badged_cap_has_the_parent_of_a_copy(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let original = world.create::<Notification>()?;
    let badged = world.mint(original, Rights::ALL, 9)?;
    let slot = receive_slot::<Notification>(world)?;
    pass(world, endpoint, endpoint, &[badged.pointer()])?;
    world.revoke(badged)?;
    check!(world.is_empty(slot));
    check!(!world.is_empty(badged));
    PASSED
}

/// "Caps are only transferred if the sending EP cap has Grant. Without Grant the message arrives
/// with extraCaps=0": GrantReply is not enough, and nothing is unwrapped either.
fn without_grant_no_cap_moves(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    for rights in [Rights::READ_WRITE, Rights::READ_WRITE.or(Rights::GRANT_REPLY)] {
        let poor = world.copy(endpoint, rights)?;
        let slot = receive_slot::<Notification>(world)?;
        check_eq!(pass(world, poor, endpoint, &[gift.pointer()])?.info, info(0, 0));
        check!(world.is_empty(slot));
        check_eq!(pass(world, poor, endpoint, &[endpoint.pointer()])?.info, info(0, 0));
    }
    let rich = world.copy(endpoint, Rights::WRITE.or(Rights::GRANT))?;
    check_eq!(pass(world, rich, endpoint, &[gift.pointer()])?.info, info(0, 1));
    PASSED
}

/// "if cap i is an EP cap for the very endpoint used for this IPC, it is unwrapped: its badge is
/// stored in `caps_or_badges[i]` and bit i of capsUnwrapped set." No receive slot is needed.
fn an_endpoint_cap_is_unwrapped(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let first = world.mint(endpoint, Rights::NONE, 0x51)?;
    let second = world.mint(endpoint, Rights::ALL, 0x52)?;
    ipc_buffer::set_receive_path(SlotPath::new(Cap::NULL, 0));
    let caps = [first.pointer(), second.pointer(), endpoint.pointer()];
    check_eq!(pass(world, second, endpoint, &caps)?.info, info(7, 3));
    check_eq!([0, 1, 2].map(ipc_buffer::badge), [0x51, 0x52, 0]);
    PASSED
}

/// Unwrapped capabilities may stand before and behind the real one.
fn unwrapped_and_real_caps_mix(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let badged = world.mint(endpoint, Rights::ALL, 0x51)?;
    let gift = world.create::<Notification>()?;
    let slot = receive_slot::<Notification>(world)?;
    let caps = [badged.pointer(), gift.pointer(), badged.pointer()];
    check_eq!(pass(world, endpoint, endpoint, &caps)?.info, info(5, 3));
    check_eq!((ipc_buffer::badge(0), ipc_buffer::badge(2)), (0x51, 0x51));
    check!(!world.is_empty(slot));
    PASSED
}

/// "for the very endpoint used for this IPC": another endpoint's capability is a real one.
fn an_endpoint_cap_of_another_endpoint_is_not_unwrapped(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let other = world.create::<Endpoint>()?;
    let slot = receive_slot::<Endpoint>(world)?;
    check_eq!(pass(world, endpoint, endpoint, &[other.pointer()])?.info, info(0, 1));
    check!(!world.is_empty(slot));
    PASSED
}

/// "only one real cap can be received per message"
fn only_one_real_cap_moves(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gifts = [world.create::<Notification>()?, world.create::<Notification>()?];
    let slot = receive_slot::<Notification>(world)?;
    let caps = gifts.map(Cap::pointer);
    check_eq!(pass(world, endpoint, endpoint, &caps)?.info, info(0, 1));
    world.mint(slot, Rights::ALL, 3)?.signal();
    check_eq!((gifts[0].poll(), gifts[1].poll()), (3, 0));
    PASSED
}

/// "Processing stops at the first cap that cannot be handled (… null cap)."
fn processing_stops_at_a_null_cap(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let slot = receive_slot::<Endpoint>(world)?;
    let caps = [endpoint.pointer(), 0, endpoint.pointer()];
    check_eq!(pass(world, endpoint, endpoint, &caps)?.info, info(1, 1));
    check!(world.is_empty(slot));
    PASSED
}

/// "Processing stops at the first cap that cannot be handled (… derive error)": IRQControl and a
/// page table that is not mapped cannot be copied.
fn processing_stops_at_a_cap_that_cannot_be_copied(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let table = world.create::<PageTable>()?;
    let slot = receive_slot::<Endpoint>(world)?;
    for bad in [initial::IRQ_CONTROL.pointer(), table.pointer()] {
        let caps = [bad, endpoint.pointer()];
        check_eq!(pass(world, endpoint, endpoint, &caps)?.info, info(0, 0));
        check!(world.is_empty(slot));
    }
    PASSED
}

/// The same for the derive error of untyped memory.
fn processing_stops_at_untyped_memory_with_children(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let memory = world.untyped(12)?;
    let child = world.slot::<Endpoint>()?;
    let range = SlotRange::within(initial::CNODE, child.pointer(), 1);
    memory.retype(ObjectType::Endpoint, 0, range)?;
    let slot = receive_slot::<Untyped>(world)?;
    check_eq!(pass(world, endpoint, endpoint, &[memory.pointer()])?.info, info(0, 0));
    check!(world.is_empty(slot));
    world.delete(child)?;
    check_eq!(pass(world, endpoint, endpoint, &[memory.pointer()])?.info, info(0, 1));
    PASSED
}

/// "Processing stops at the first cap that cannot be handled (… slot used …)": behind the second
/// real capability nothing is unwrapped any more.
fn processing_stops_at_a_second_real_cap(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    receive_slot::<Notification>(world)?;
    let caps = [gift.pointer(), gift.pointer(), endpoint.pointer()];
    check_eq!(pass(world, endpoint, endpoint, &caps)?.info, info(0, 1));
    PASSED
}

/// Sends one capability to a receive path that is no slot: none moves, and nobody hears of it.
fn check_no_slot(world: &mut World, path: SlotPath) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    ipc_buffer::set_receive_path(path);
    let received = pass(world, endpoint, endpoint, &[gift.pointer()])?;
    check_eq!(received.info, info(0, 0));
    check_eq!(received.word(0), 1);
    PASSED
}

/// "slot must be empty; otherwise there is no slot (no error)"
fn a_used_receive_slot_is_no_slot(world: &mut World) -> Outcome {
    let used = world.create::<Notification>()?;
    check_no_slot(world, world.path(used))?;
    // What was there is still there.
    used.signal();
    PASSED
}

/// "receiveCNode must resolve to a CNode cap"
fn a_receive_root_that_is_no_cnode_is_no_slot(world: &mut World) -> Outcome {
    let slot = world.slot::<Notification>()?;
    for root in [0, initial::THREAD.pointer()] {
        check_no_slot(world, SlotPath::new(Cap::at(root), slot.pointer()))?;
    }
    PASSED
}

/// "receiveCNode must resolve"
fn a_receive_root_that_does_not_resolve_is_no_slot(world: &mut World) -> Outcome {
    check_no_slot(world, SlotPath::new(Cap::at(1 << 63), 1))
}

/// "(index, depth) must resolve exactly"
fn a_receive_path_must_resolve_exactly(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?;
    for (index, depth) in [(0, 3), (0, 5), (1, 64)] {
        check_no_slot(world, SlotPath::with_depth(node, index, depth))?;
    }
    // A guard that does not match.
    let guarded = world.cnode(4)?;
    check_no_slot(world, SlotPath::new(guarded, 1 << 60))
}

/// "receiveDepth (1..64)"
fn a_receive_depth_outside_its_range_is_no_slot(world: &mut World) -> Outcome {
    let slot = world.slot::<Notification>()?;
    for depth in [0, 65, 255] {
        check_no_slot(world, SlotPath::with_depth(initial::CNODE, slot.pointer(), depth))?;
    }
    PASSED
}

/// "receiveCNode: cptr (looked up in the receiver's own CSpace, full 64-bit depth)"
fn the_receive_root_may_be_any_cnode(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let gift = world.create::<Notification>()?;
    let node = world.create_sized::<CNode>(4)?;
    let path = SlotPath::with_depth(node, 5, 4);
    ipc_buffer::set_receive_path(path);
    check_eq!(pass(world, endpoint, endpoint, &[gift.pointer()])?.info, info(0, 1));
    let out = world.slot::<Notification>()?;
    let (moved, from) = ([out.pointer(), 64, 5, 4], [node.pointer()]);
    let label = Invocation::CNodeMove.label();
    check_eq!(libsys::invoke::raw(initial::CNODE.pointer(), label, &moved, &from).0.label(), 0);
    out.signal();
    PASSED
}

/// Calls from a helper and answers with capabilities through a reply capability with `rights`.
/// Answers the information word that the caller got, and its receive slot.
fn answer(
    world: &mut World,
    rights: Rights,
    caps: &[u64],
) -> Outcome<(MessageInfo, Cap<Notification>)> {
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    let slot = world.slot::<Notification>()?;
    let path = world.path(slot);
    let board = world.board();
    let client = world.spawn(50, move || {
        ipc_buffer::set_receive_path(path);
        board.set(0, endpoint.call(Message::EMPTY).info.0);
    })?;
    endpoint.recv(reply);
    let answering = world.copy(reply, rights)?;
    syscall::send(answering.pointer(), Message::new(7, &[1]).with_caps(caps));
    client.join();
    Ok((MessageInfo(world.board().get(0)), slot))
}

/// "(for replies: the reply cap has Grant)"
fn a_reply_with_grant_moves_caps(world: &mut World) -> Outcome {
    let gift = world.create::<Notification>()?;
    let (found, slot) = answer(world, Rights::GRANT, &[gift.pointer()])?;
    check_eq!(found, info(0, 1));
    check!(!world.is_empty(slot));
    PASSED
}

/// "Without Grant the message arrives with extraCaps=0."
fn a_reply_without_grant_moves_no_caps(world: &mut World) -> Outcome {
    let gift = world.create::<Notification>()?;
    let all_but_grant = Rights::READ_WRITE.or(Rights::GRANT_REPLY);
    let (found, slot) = answer(world, all_but_grant, &[gift.pointer()])?;
    check_eq!(found, info(0, 0));
    check!(world.is_empty(slot));
    PASSED
}

/// "For replies there is no endpoint, so nothing unwraps": an endpoint capability is a real one.
fn a_reply_does_not_unwrap(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let (found, slot) = answer(world, Rights::ALL, &[endpoint.pointer(), endpoint.pointer()])?;
    check_eq!(found, info(0, 1));
    check!(!world.is_empty(slot));
    PASSED
}
