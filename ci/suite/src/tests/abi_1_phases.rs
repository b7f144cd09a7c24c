//! abi.md §1: system calls that send and then receive.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(reply_recv_sends_on_x6),
    test!(nb_send_recv_sends_on_x8),
    test!(nb_send_wait_sends_on_x6),
    test!(the_c_stubs_nb_send_wait_sends_to_pointer_zero),
    test!(a_first_phase_without_receiver_is_dropped),
    test!(a_first_phase_to_nowhere_is_skipped),
    test!(a_first_phase_with_an_unresolved_extra_cap_is_skipped),
    test!(a_first_phase_with_a_decode_error_is_skipped),
    test!(a_first_phase_refuses_threads),
    test!(a_first_phase_refuses_cnodes),
    test!(a_first_phase_refuses_domains),
    test!(a_first_phase_refuses_sched_control),
    test!(a_first_phase_refuses_sched_contexts),
    test!(a_first_phase_retypes),
    test!(a_first_phase_maps_and_unmaps),
    test!(a_first_phase_acknowledges_interrupts),
    test!(a_first_phase_assigns_asids),
    test!(a_first_phase_result_is_not_delivered),
    test!(a_preempted_first_phase_restarts),
];

/// A pointer that does not resolve in the root's CSpace: its guard is zero.
const NOWHERE: u64 = 1 << 63;

/// A notification with a signal in it, for a receive phase that ends at once.
fn rung_bell(world: &mut World, badge: u64) -> Outcome<Cap<Notification>> {
    let bell = world.create::<Notification>()?;
    world.mint(bell, Rights::ALL, badge)?.signal();
    Ok(bell)
}

/// Sends a message in the first phase of NBSendWait and checks that the second phase happens.
fn first_phase(world: &mut World, to: u64, message: Message<'_>) -> Outcome {
    let bell = rung_bell(world, 0x77)?;
    check_eq!(syscall::nb_send_wait(to, message, bell.pointer()).badge, 0x77);
    PASSED
}

/// ReplyRecv: "invoke x6 (…). Recv on x0 with reply object x6."
fn reply_recv_sends_on_x6(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    let board = world.board();
    let client = world.spawn(50, move || {
        board.set(0, endpoint.call(Message::new(1, &[10])).word(0));
        board.set(1, endpoint.call(Message::new(2, &[20])).word(0));
    })?;
    check_eq!(endpoint.recv(reply).word(0), 10);
    let second = endpoint.reply_recv(reply, Message::new(0, &[11]));
    check_eq!((second.info.label(), second.word(0)), (2, 20));
    syscall::send(reply.pointer(), Message::new(0, &[21]));
    client.join();
    check_eq!((board.get(0), board.get(1)), (11, 21));
    PASSED
}

/// NBSendRecv: "x8: cptr to send to", then "Recv on x0 with reply object x6".
fn nb_send_recv_sends_on_x8(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let rings = world.mint(bell, Rights::ALL, 5)?;
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    let board = world.board();
    let client = world.spawn(50, move || {
        board.set(0, bell.wait());
        board.set(1, endpoint.call(Message::new(3, &[4])).word(0));
    })?;
    let request =
        syscall::nb_send_recv(rings.pointer(), Message::EMPTY, endpoint.pointer(), reply.pointer());
    check_eq!((request.info.label(), request.word(0)), (3, 4));
    syscall::send(reply.pointer(), Message::new(0, &[9]));
    client.join();
    check_eq!((board.get(0), board.get(1)), (5, 9));
    PASSED
}

/// NBSendWait: "invoke x6, Wait on x0 (no reply object)".
fn nb_send_wait_sends_on_x6(world: &mut World) -> Outcome {
    let there = world.create::<Notification>()?;
    let rings = world.mint(there, Rights::ALL, 5)?;
    first_phase(world, rings.pointer(), Message::EMPTY)?;
    check_eq!(there.poll(), 5);
    PASSED
}

/// "The upstream C stub NBSendWaitWithMRs issues number -3 with x6=dest and x8=0 (so its send
/// goes to cptr 0)."
fn the_c_stubs_nb_send_wait_sends_to_pointer_zero(world: &mut World) -> Outcome {
    let there = world.create::<Notification>()?;
    let rings = world.mint(there, Rights::ALL, 5)?;
    let bell = rung_bell(world, 8)?;
    let number = Syscall::NBSendRecv.number();
    let x = [bell.pointer(), 0, 0, 0, 0, 0, rings.pointer(), number, 0];
    check_eq!(RawRegisters { x }.svc().x[0], 8);
    check_eq!(there.poll(), 0);
    PASSED
}

/// "invoke non-blocking": nobody waits on the endpoint.
fn a_first_phase_without_receiver_is_dropped(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    first_phase(world, endpoint.pointer(), Message::new(1, &[2]))?;
    check_eq!(endpoint.nb_wait().info.0, 0);
    PASSED
}

/// "The send phase never returns an error and never faults; on any failure it is skipped and the
/// receive phase still happens": the capability does not resolve, is null, or lacks Write. In
/// ReplyRecv a notification is received on, so that the reply capability does not matter.
fn a_first_phase_to_nowhere_is_skipped(world: &mut World) -> Outcome {
    first_phase(world, NOWHERE, Message::EMPTY)?;
    first_phase(world, 0, Message::EMPTY)?;
    let there = world.create::<Notification>()?;
    let deaf = world.copy(there, Rights::READ)?;
    first_phase(world, deaf.pointer(), Message::EMPTY)?;
    check_eq!(there.poll(), 0);
    for (x6, number) in [(NOWHERE, Syscall::ReplyRecv), (0, Syscall::ReplyRecv)] {
        let bell = rung_bell(world, 8)?;
        let x = [bell.pointer(), 0, 0, 0, 0, 0, x6, number.number(), NOWHERE];
        check_eq!(RawRegisters { x }.svc().x[0], 8);
    }
    let bell = rung_bell(world, 8)?;
    let x = [bell.pointer(), 0, 0, 0, 0, 0, 0, Syscall::NBSendRecv.number(), NOWHERE];
    check_eq!(RawRegisters { x }.svc().x[0], 8);
    PASSED
}

/// §4: "for NBSend and first phases it aborts silently": an extra capability does not resolve.
fn a_first_phase_with_an_unresolved_extra_cap_is_skipped(world: &mut World) -> Outcome {
    let there = world.create::<Notification>()?;
    first_phase(world, there.pointer(), Message::EMPTY.with_caps(&[NOWHERE]))?;
    // Signalled without badge a notification would be active, with word 0: another thread may
    // be bound to it only while it has no waiters, so ask by a badge instead.
    let rings = world.mint(there, Rights::ALL, 5)?;
    first_phase(world, rings.pointer(), Message::EMPTY.with_caps(&[NOWHERE]))?;
    check_eq!(there.poll(), 0);
    PASSED
}

/// "on any failure it is skipped": a message that the object refuses.
fn a_first_phase_with_a_decode_error_is_skipped(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    first_phase(world, memory.pointer(), Message::new(Invocation::UntypedRetype.label(), &[]))
}

/// "In a first phase, TCB, (…) caps are refused (silently)."
fn a_first_phase_refuses_threads(world: &mut World) -> Outcome {
    let board = world.board();
    let go = world.create::<Notification>()?;
    let helper = world.spawn(50, move || {
        go.wait();
        board.set(0, 1);
    })?;
    world.settle()?;
    let message = Message::new(Invocation::ThreadSuspend.label(), &[]);
    first_phase(world, helper.thread().pointer(), message)?;
    go.signal();
    world.settle()?;
    check_eq!(board.get(0), 1);
    // The same message in an ordinary send is obeyed.
    let again = world.create::<Notification>()?;
    helper.start(move || {
        again.wait();
        board.set(0, 2);
    })?;
    world.settle()?;
    syscall::send(helper.thread().pointer(), message);
    again.signal();
    world.settle()?;
    check_eq!(board.get(0), 1);
    PASSED
}

/// "In a first phase, (…) CNode, (…) caps are refused (silently)."
fn a_first_phase_refuses_cnodes(world: &mut World) -> Outcome {
    let kept = world.create::<Endpoint>()?;
    let words = [kept.pointer(), 64];
    let message = Message::new(Invocation::CNodeDelete.label(), &words);
    first_phase(world, initial::CNODE.pointer(), message)?;
    check!(!world.is_empty(kept));
    syscall::send(initial::CNODE.pointer(), message);
    check!(world.is_empty(kept));
    PASSED
}

/// "In a first phase, (…) Domain, (…) caps are refused (silently)": here a change of the
/// schedule, which would be an end marker that nothing ever reads, and whose result tells only
/// that the second phase happened.
fn a_first_phase_refuses_domains(world: &mut World) -> Outcome {
    let label = Invocation::DomainScheduleConfigure.label();
    first_phase(world, initial::DOMAIN.pointer(), Message::new(label, &[1, 0, 0]))
}

/// "In a first phase, (…) SchedControl (…) caps are refused (silently)": the scheduling context
/// stays without budget, so its thread does not run.
fn a_first_phase_refuses_sched_control(world: &mut World) -> Outcome {
    let board = world.board();
    let context = world.create_sized::<SchedContext>(7)?;
    let helper = world.helper(world.passive(50))?;
    context.bind(helper.thread())?;
    helper.start(move || board.set(0, 1))?;
    let control = world.sched_control(0);
    let label = Invocation::SchedControlConfigureFlags.label();
    let words = [10_000, 10_000, 0, 0, 0];
    let caps = [context.pointer()];
    let message = Message::new(label, &words).with_caps(&caps);
    first_phase(world, control.pointer(), message)?;
    world.settle()?;
    check_eq!(board.get(0), 0);
    syscall::send(control.pointer(), message);
    helper.join();
    check_eq!(board.get(0), 1);
    PASSED
}

/// "In a first phase, (…) SchedContext caps are refused (silently)."
fn a_first_phase_refuses_sched_contexts(world: &mut World) -> Outcome {
    let board = world.board();
    let context = world.context(0)?;
    let helper = world.helper(world.passive(50))?;
    helper.start(move || board.set(0, 1))?;
    let caps = [helper.thread().pointer()];
    let message = Message::new(Invocation::SchedContextBind.label(), &[]).with_caps(&caps);
    first_phase(world, context.pointer(), message)?;
    world.settle()?;
    check_eq!(board.get(0), 0);
    syscall::send(context.pointer(), message);
    helper.join();
    check_eq!(board.get(0), 1);
    PASSED
}

/// "Untyped, (…) caps are executed."
fn a_first_phase_retypes(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    let made = world.slot::<Notification>()?;
    let words = [ObjectType::Notification.word(), 0, 0, 0, made.pointer(), 1];
    let caps = [initial::CNODE.pointer()];
    let label = Invocation::UntypedRetype.label();
    first_phase(world, memory.pointer(), Message::new(label, &words).with_caps(&caps))?;
    check!(!world.is_empty(made));
    PASSED
}

/// "VSpace/page, (…) caps are executed."
fn a_first_phase_maps_and_unmaps(world: &mut World) -> Outcome {
    let page = world.create::<Page>()?;
    let neighbour = world.window(2)?;
    // The second page of the window gives its place to `page`.
    let address = neighbour.address() + 4096;
    let words = [address, Rights::READ_WRITE.word(), VmAttributes::DEFAULT.word()];
    let caps = [initial::VSPACE.pointer()];
    let label = Invocation::PageMap.label();
    neighbour.write_word(4096, 0x1111);
    first_phase(world, page.pointer(), Message::new(label, &words).with_caps(&caps))?;
    check_eq!(neighbour.read_word(4096), 0);
    let unmap = Message::new(Invocation::PageUnmap.label(), &[]);
    first_phase(world, page.pointer(), unmap)?;
    // Only a mapped page can be cleaned.
    check_err!(page.clean_data(0..64), Error::IllegalOperation);
    PASSED
}

/// "IRQ (…) caps are executed": IRQControl_Get of an interrupt that no device of this machine
/// uses.
fn a_first_phase_acknowledges_interrupts(world: &mut World) -> Outcome {
    let handler = world.slot::<IrqHandler>()?;
    let words = [150, handler.pointer(), 64];
    let caps = [initial::CNODE.pointer()];
    let message = Message::new(Invocation::IrqControlGet.label(), &words).with_caps(&caps);
    first_phase(world, initial::IRQ_CONTROL.pointer(), message)?;
    check!(!world.is_empty(handler));
    let clear = Message::new(Invocation::IrqHandlerClear.label(), &[]);
    first_phase(world, handler.pointer(), clear)
}

/// "ASID (…) caps are executed."
fn a_first_phase_assigns_asids(world: &mut World) -> Outcome {
    let space = world.create::<VSpace>()?;
    let caps = [space.pointer()];
    let message = Message::new(Invocation::AsidPoolAssign.label(), &[]).with_caps(&caps);
    first_phase(world, initial::ASID_POOL.pointer(), message)?;
    check_err!(initial::ASID_POOL.assign(space), Error::InvalidCapability(1));
    PASSED
}

/// "never returns an error", and no result either: after a first phase that has outputs the
/// registers hold what the receive phase left.
fn a_first_phase_result_is_not_delivered(world: &mut World) -> Outcome {
    let page = world.create::<Page>()?;
    let bell = rung_bell(world, 8)?;
    let info = MessageInfo::new(Invocation::PageAddress.label(), 0, 0).0;
    let number = Syscall::NBSendWait.number();
    let x = [bell.pointer(), info, 2, 3, 4, 5, page.pointer(), number, 88];
    check_eq!(RawRegisters { x }.svc().x, [8, info, 2, 3, 4, 5, x[6], number, 88]);
    PASSED
}

/// "If it is preempted (revoke/retype running long) the whole syscall restarts": megabytes are
/// cleared while another thread of the same priority wants its turn.
fn a_preempted_first_phase_restarts(world: &mut World) -> Outcome {
    let memory = world.untyped(22)?;
    let slots = world.allocator.slots(2)?;
    let range = |count| SlotRange::within(initial::CNODE, slots.start, count);
    memory.retype(ObjectType::LargePage, 0, range(2))?;
    world.revoke(memory)?;
    let board = world.board();
    let options = libsys::worker::Options {
        time: Some(Budget::round_robin(Duration::from_micros(100))),
        ..world.options(255)
    };
    let rival = world.spawn_with(options, move || {
        while board.get(0) == 0 {
            board.add(1, 1);
        }
    })?;
    let words = [ObjectType::LargePage.word(), 0, 0, 0, slots.start, 1];
    let caps = [initial::CNODE.pointer()];
    let label = Invocation::UntypedRetype.label();
    first_phase(world, memory.pointer(), Message::new(label, &words).with_caps(&caps))?;
    board.set(0, 1);
    rival.join();
    check!(!world.is_empty(Cap::<Page>::at(slots.start)));
    PASSED
}
