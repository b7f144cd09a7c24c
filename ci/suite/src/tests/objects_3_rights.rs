//! Rights of copies (objects.md §3, "Rights masking").

use super::tools::{call, source_missing};
use crate::framework::prelude::*;
use libsys::window::Window;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(endpoints_lose_write),
    test!(endpoints_lose_read),
    test!(endpoints_lose_grant),
    test!(endpoints_lose_both_grants),
    test!(endpoints_keep_grant_reply),
    test!(notifications_lose_write),
    test!(notifications_lose_read),
    test!(notifications_ignore_grants),
    test!(replies_lose_grant_only),
    test!(pages_lose_write),
    test!(write_only_pages_have_no_access),
    test!(pages_without_rights_have_no_access),
    test!(other_types_keep_everything),
    test!(rights_never_grow),
    test!(other_bits_of_the_rights_are_ignored),
    test!(moves_never_mask),
];

/// Whether a helper that receives on the endpoint gets a fault instead.
fn receiving_faults(w: &mut World, source: Cap<Endpoint>) -> Outcome<bool> {
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let reply = w.create::<Reply>()?;
    let helper = w.spawn_with(options, move || {
        source.nb_recv(reply);
    })?;
    w.settle()?;
    let fault = handler.nb_wait().fault();
    check!(fault.is_some() != helper.has_finished());
    Ok(matches!(fault, Some(Fault::Cap { receiving: true, .. })))
}

/// "EP all four": without Write nothing is sent.
fn endpoints_lose_write(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let rights = Rights::READ.or(Rights::GRANT).or(Rights::GRANT_REPLY);
    let copy = w.copy(endpoint, rights)?;
    check_err!(call(copy, 0, &[], &[]), Error::InvalidCapability(0));
    check!(!receiving_faults(w, copy)?);
    PASSED
}

/// "EP all four": without Read nothing is received.
fn endpoints_lose_read(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let rights = Rights::WRITE.or(Rights::GRANT).or(Rights::GRANT_REPLY);
    let copy = w.copy(endpoint, rights)?;
    check!(receiving_faults(w, copy)?);
    check!(!receiving_faults(w, endpoint)?);
    PASSED
}

/// Whether a message on `sender` brings a capability with it.
fn capability_arrives(
    w: &mut World,
    endpoint: Cap<Endpoint>,
    sender: Cap<Endpoint>,
) -> Outcome<bool> {
    let bell = w.create::<Notification>()?;
    let received = w.slot::<Notification>()?;
    ipc_buffer::set_receive_path(w.path(received));
    w.spawn(10, move || sender.send(Message::EMPTY.with_caps(&[bell.pointer()])))?;
    let message = endpoint.wait();
    check_eq!(message.info.extra_caps(), usize::from(w.holds(received)));
    Ok(w.holds(received))
}

/// "EP all four": without Grant no capability goes along.
fn endpoints_lose_grant(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let rights = Rights::READ_WRITE.or(Rights::GRANT_REPLY);
    let copy = w.copy(endpoint, rights)?;
    check!(!capability_arrives(w, endpoint, copy)?);
    check!(capability_arrives(w, endpoint, endpoint)?);
    PASSED
}

/// Whether a call on `sender` can be answered.
fn is_answered(w: &mut World, endpoint: Cap<Endpoint>, sender: Cap<Endpoint>) -> Outcome<bool> {
    let reply = w.create::<Reply>()?;
    let helper = w.spawn(10, move || {
        sender.call(Message::EMPTY);
    })?;
    endpoint.recv(reply);
    reply.send(Message::EMPTY);
    w.settle()?;
    Ok(helper.has_finished())
}

/// Without Grant and GrantReply a call cannot be answered.
fn endpoints_lose_both_grants(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let copy = w.copy(endpoint, Rights::READ_WRITE)?;
    check!(!is_answered(w, endpoint, copy)?);
    PASSED
}

/// Either of Grant and GrantReply lets a call be answered.
fn endpoints_keep_grant_reply(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    for right in [Rights::GRANT, Rights::GRANT_REPLY] {
        let copy = w.copy(endpoint, Rights::WRITE.or(right))?;
        check!(is_answered(w, endpoint, copy)?);
    }
    PASSED
}

/// "ntfn write/read": without Write there is no signal.
fn notifications_lose_write(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let copy = w.mint(bell, Rights::READ, 8)?;
    check_err!(call(copy, 0, &[], &[]), Error::InvalidCapability(0));
    copy.signal();
    check_eq!(bell.poll(), 0);
    bell.signal();
    check_eq!(copy.poll(), 0);
    PASSED
}

/// "ntfn write/read": without Read there is no wait.
fn notifications_lose_read(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let copy = w.mint(bell, Rights::WRITE, 8)?;
    copy.signal();
    check!(receiving_faults(w, copy.cast())?);
    check_eq!(bell.poll(), 8);
    PASSED
}

/// Grant and GrantReply mean nothing to a notification.
fn notifications_ignore_grants(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let copy = w.mint(bell, Rights::GRANT.or(Rights::GRANT_REPLY), 8)?;
    check_err!(call(copy, 0, &[], &[]), Error::InvalidCapability(0));
    check!(receiving_faults(w, copy.cast())?);
    PASSED
}

/// "reply: grant only": without it the answer comes without its capability.
fn replies_lose_grant_only(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let bell = w.create::<Notification>()?;
    for (rights, expected) in [(Rights::NONE, 0), (Rights::READ_WRITE, 0), (Rights::GRANT, 1)] {
        let copy = w.copy(reply, rights)?;
        let received = w.slot::<Notification>()?;
        let (path, board) = (w.path(received), w.board());
        let helper = w.spawn(10, move || {
            ipc_buffer::set_receive_path(path);
            let caps = endpoint.call(Message::EMPTY).info.extra_caps();
            board.set(1, caps as u64);
        })?;
        endpoint.recv(reply);
        copy.send(Message::EMPTY.with_caps(&[bell.pointer()]));
        helper.join();
        check_eq!(board.get(1), expected);
        check_eq!(w.holds(received), expected == 1);
    }
    PASSED
}

/// A fresh page in a window of the root thread, to be remapped with fewer rights.
fn windowed(w: &mut World) -> Outcome<(Cap<Page>, Window)> {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    window.write_word(0, 0x1234);
    Ok((page, window))
}

/// What a copy with `rights`, mapped with all rights, lets through: reading, writing.
fn access(w: &mut World, rights: Rights) -> Outcome<[bool; 2]> {
    let (page, window) = windowed(w)?;
    let copy = w.copy(page, rights)?;
    page.unmap()?;
    let attributes = VmAttributes { cacheable: true, execute_never: true };
    copy.map(initial::VSPACE, window.address(), Rights::ALL, attributes)?;
    let reads = w.fault_of_load(window.address())?.is_none();
    let writes = w.fault_of_store(window.address())?.is_none();
    Ok([reads, writes])
}

/// "page: read/write": without Write the page can only be read.
fn pages_lose_write(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::ALL)?, [true, true]);
    check_eq!(access(w, Rights::READ_WRITE)?, [true, true]);
    check_eq!(access(w, Rights::READ)?, [true, false]);
    PASSED
}

/// "(write-only becomes no access)".
fn write_only_pages_have_no_access(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::WRITE)?, [false, false]);
    PASSED
}

/// Neither right: no access.
fn pages_without_rights_have_no_access(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::NONE)?, [false, false]);
    check_eq!(access(w, Rights::GRANT)?, [false, false]);
    PASSED
}

/// "others unaffected".
fn other_types_keep_everything(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let node = w.create_sized::<CNode>(4)?;
    let context = w.create_sized::<SchedContext>(7)?;
    let memory = w.untyped(12)?;
    let space = w.vspace()?;
    let table = w.create::<PageTable>()?;
    check_eq!(w.copy(thread, Rights::NONE)?.suspend(), Ok(()));
    check_eq!(w.copy(node, Rights::NONE)?.slot_at(0, 4).delete(), Ok(()));
    check_eq!(w.copy(context, Rights::NONE)?.consumed(), Ok(Duration::ZERO));
    let copy = w.copy(memory, Rights::NONE)?;
    check_eq!(w.retype::<Endpoint>(copy, 1)?.len(), 1);
    check_eq!(table.map(w.copy(space, Rights::NONE)?, 0), Ok(()));
    PASSED
}

/// "Rights can only shrink."
fn rights_never_grow(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let reader = w.copy(bell, Rights::READ)?;
    let copy = w.copy(reader, Rights::ALL)?;
    check_err!(call(copy, 0, &[], &[]), Error::InvalidCapability(0));
    // Disjoint rights leave none.
    let nothing = w.copy(reader, Rights::WRITE)?;
    check_err!(call(nothing, 0, &[], &[]), Error::InvalidCapability(0));
    check!(receiving_faults(w, nothing.cast())?);
    PASSED
}

/// "15 = all; other bits ignored" (abi.md §5).
fn other_bits_of_the_rights_are_ignored(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let root = [initial::CNODE.pointer()];
    for (rights, can_signal) in [(!0, true), (!0 << 4, false), (1 << 63 | 1, true)] {
        let copy = w.slot::<Notification>()?;
        let words = [copy.pointer(), 64, bell.pointer(), 64, rights];
        let label = Invocation::CNodeCopy.label();
        check!(call(initial::CNODE, label, &words, &root).is_ok());
        check_eq!(call(copy, 0, &[], &[]).is_ok(), can_signal);
    }
    PASSED
}

/// "Move/Mutate/Rotate never mask."
fn moves_never_mask(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let page = w.create::<Page>()?;
    let (first, second) = (node.slot_at(1, 4), node.slot_at(2, 4));
    first.mutate_from(w.path(page), GuardWord { bits: 0, guard: 0 })?;
    second.move_from(first)?;
    let back = w.slot::<Page>()?;
    w.path(back).move_from(second)?;
    w.map(back)?.write_word(0, 5);
    check_eq!(back.invalidate_data(0..8), Ok(()));
    check_eq!(first.move_from(second), Err(source_missing(4)));
    PASSED
}
