//! objects §7, notifications: signals and waits.

use super::threads::{keep, kept, note, order};
use super::tools::call;
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_signal_is_kept),
    test!(signals_add_up),
    test!(a_taken_word_is_gone),
    test!(a_poll_of_an_idle_notification_answers_zero),
    test!(a_signal_of_badge_zero_counts),
    test!(a_wait_blocks_until_a_signal),
    test!(a_wait_for_an_active_notification_does_not_block),
    test!(a_signal_wakes_one_waiter),
    test!(a_waiter_gets_the_signal_that_wakes_it_only),
    test!(waiters_are_woken_by_priority),
    test!(waiters_of_equal_priority_are_woken_in_turn),
    test!(a_raised_waiter_overtakes),
    test!(a_suspended_waiter_leaves_the_queue),
    test!(recv_waits_for_notifications_too),
    test!(a_signal_needs_write),
    test!(a_call_without_write_is_refused),
    test!(a_call_signals_and_returns),
    test!(a_non_blocking_send_signals),
    test!(the_first_phase_signals),
    test!(the_content_of_a_signal_does_not_matter),
    test!(receiving_needs_read),
    test!(polling_needs_read),
    test!(a_woken_waiter_gets_the_badge_only),
];

/// A notification and a copy of its capability for each badge.
fn badged<const N: usize>(
    w: &mut World,
    badges: [u64; N],
) -> Outcome<(Cap<Notification>, [Cap<Notification>; N])> {
    let bell = w.create::<Notification>()?;
    let mut copies = [Cap::NULL; N];
    for (copy, badge) in copies.iter_mut().zip(badges) {
        *copy = w.mint(bell, Rights::ALL, badge)?;
    }
    Ok((bell, copies))
}

/// "Idle, no bound TCB: word=b, active".
fn a_signal_is_kept(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    five.signal();
    check_eq!(bell.poll(), 5);
    PASSED
}

/// "Active: word |= b."
fn signals_add_up(w: &mut World) -> Outcome {
    let (bell, copies) = badged(w, [1, 2, 0x8000_0000_0000_0000, 2])?;
    for copy in copies {
        copy.signal();
    }
    check_eq!(bell.poll(), 0x8000_0000_0000_0003);
    PASSED
}

/// "Wait: active -> x0=word, becomes idle".
fn a_taken_word_is_gone(w: &mut World) -> Outcome {
    let (bell, [five, two]) = badged(w, [5, 2])?;
    five.signal();
    check_eq!(bell.poll(), 5);
    check_eq!(bell.poll(), 0);
    two.signal();
    check_eq!(bell.wait(), 2);
    check_eq!(bell.poll(), 0);
    PASSED
}

/// "otherwise block (or badge 0 for polls)".
fn a_poll_of_an_idle_notification_answers_zero(w: &mut World) -> Outcome {
    let (bell, reply) = (w.create::<Notification>()?, w.create::<Reply>()?);
    check_eq!(bell.poll(), 0);
    check_eq!(syscall::nb_recv(bell.pointer(), reply.pointer()).badge, 0);
    PASSED
}

/// "b may be 0: still active": a wait does not block.
fn a_signal_of_badge_zero_counts(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    bell.signal();
    let waiter = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    check!(waiter.has_finished());
    check_eq!(kept(1).badge, 0);
    PASSED
}

/// "otherwise block".
fn a_wait_blocks_until_a_signal(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    let waiter = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    check!(!waiter.has_finished());
    five.signal();
    w.settle()?;
    check!(waiter.has_finished());
    check_eq!(kept(1).badge, 5);
    check_eq!(bell.poll(), 0);
    PASSED
}

/// "Wait: active -> x0=word".
fn a_wait_for_an_active_notification_does_not_block(w: &mut World) -> Outcome {
    let (bell, [five, two]) = badged(w, [5, 2])?;
    five.signal();
    two.signal();
    let waiter = w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    check!(waiter.has_finished());
    check_eq!(kept(1).badge, 7);
    PASSED
}

/// Helpers that note their number when they are woken.
fn waiters<const N: usize>(
    w: &mut World,
    bell: Cap<Notification>,
    priorities: [u8; N],
) -> Outcome<[Cap<Thread>; N]> {
    let mut threads = [Cap::NULL; N];
    for (number, (thread, priority)) in (1..).zip(threads.iter_mut().zip(priorities)) {
        let wait = move || {
            bell.wait();
            note(number);
        };
        *thread = w.spawn(priority, wait)?.thread();
        w.settle()?;
    }
    Ok(threads)
}

/// "Waiting: first waiter Running".
fn a_signal_wakes_one_waiter(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    waiters(w, bell, [10, 10])?;
    bell.signal();
    w.settle()?;
    check_eq!(order(), 0x1);
    PASSED
}

/// "Waiting: first waiter Running with x0=b": nothing adds up while somebody waits.
fn a_waiter_gets_the_signal_that_wakes_it_only(w: &mut World) -> Outcome {
    let (bell, [one, two]) = badged(w, [1, 2])?;
    w.spawn(10, move || keep(1, syscall::wait(bell.pointer())))?;
    w.settle()?;
    one.signal();
    two.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 1);
    check_eq!(bell.poll(), 2);
    PASSED
}

/// "Waiter queue priority ordered as for EPs."
fn waiters_are_woken_by_priority(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    waiters(w, bell, [10, 30, 20])?;
    for expected in [0x2, 0x23, 0x231] {
        bell.signal();
        w.settle()?;
        check_eq!(order(), expected);
    }
    PASSED
}

/// "Waiter queue priority ordered as for EPs": FIFO among equals.
fn waiters_of_equal_priority_are_woken_in_turn(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    waiters(w, bell, [10, 10, 10])?;
    for expected in [0x1, 0x12, 0x123] {
        bell.signal();
        w.settle()?;
        check_eq!(order(), expected);
    }
    PASSED
}

/// As for EPs: "Changing a queued thread's priority re-inserts it (behind equals)."
fn a_raised_waiter_overtakes(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let threads = waiters(w, bell, [10, 20, 30])?;
    threads[0].set_priority(initial::THREAD, 20)?;
    for expected in [0x3, 0x32, 0x321] {
        bell.signal();
        w.settle()?;
        check_eq!(order(), expected);
    }
    PASSED
}

/// "Suspend: cancels IPC" (§5): an idle notification is left behind.
fn a_suspended_waiter_leaves_the_queue(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    let threads = waiters(w, bell, [10, 20])?;
    threads[1].suspend()?;
    five.signal();
    w.settle()?;
    check_eq!(order(), 0x1);
    five.signal();
    check_eq!(bell.poll(), 5);
    PASSED
}

/// abi §8.3: "receiving on a ntfn with a garbage x6 is fine".
fn recv_waits_for_notifications_too(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    five.signal();
    check_eq!(syscall::nb_recv(bell.pointer(), u64::MAX).badge, 5);
    w.spawn(10, move || keep(1, syscall::recv(bell.pointer(), u64::MAX)))?;
    w.settle()?;
    five.signal();
    w.settle()?;
    check_eq!(kept(1).badge, 5);
    PASSED
}

/// "Signal needs Write".
fn a_signal_needs_write(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let copy = w.mint(bell, Rights::READ, 5)?;
    copy.signal();
    syscall::nb_send(copy.pointer(), Message::EMPTY);
    check_eq!(bell.poll(), 0);
    PASSED
}

/// abi §8.3: "EP/ntfn cap without Write: reply InvCap 0".
fn a_call_without_write_is_refused(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let copy = w.mint(bell, Rights::READ, 5)?;
    check_err!(call(copy, 0, &[], &[]), Error::InvalidCapability(0));
    check_eq!(bell.poll(), 0);
    PASSED
}

/// A call signals too. Nothing comes back but the empty success of a call without outputs.
fn a_call_signals_and_returns(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    let reply = syscall::call(five.pointer(), Message::new(9, &[1, 2]));
    check_eq!((reply.badge, reply.info), (0, MessageInfo(0)));
    check_eq!(bell.poll(), 5);
    PASSED
}

/// abi §1: NBSend invokes like Send.
fn a_non_blocking_send_signals(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    syscall::nb_send(five.pointer(), Message::EMPTY);
    check_eq!(bell.poll(), 5);
    PASSED
}

/// abi §1: "EP, ntfn and reply caps are the normal use" of first phases.
fn the_first_phase_signals(w: &mut World) -> Outcome {
    let (bell, [five, two]) = badged(w, [5, 2])?;
    let other = w.create::<Notification>()?;
    other.signal();
    syscall::nb_send_wait(five.pointer(), Message::EMPTY, other.pointer());
    check_eq!(bell.poll(), 5);
    let (pointer, reply) = (other.pointer(), w.create::<Reply>()?.pointer());
    other.signal();
    syscall::nb_send_recv(two.pointer(), Message::EMPTY, pointer, reply);
    check_eq!(bell.poll(), 2);
    PASSED
}

/// The badge is all that counts: label, words and capabilities are ignored.
fn the_content_of_a_signal_does_not_matter(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    let caps = [bell.pointer(), 0];
    syscall::send(five.pointer(), Message::new(77, &[1, 2, 3, 4, 5]).with_caps(&caps));
    check_eq!(bell.poll(), 5);
    PASSED
}

/// The fault of a receive by a capability without Read.
fn cap_fault(address: u64) -> Option<Fault> {
    let failure = LookupFailure::MissingCapability { bits_left: 0 };
    Some(Fault::Cap { address, receiving: true, failure })
}

/// "receive needs Read".
fn receiving_needs_read(w: &mut World) -> Outcome {
    let (handler, bell) = (w.create::<Endpoint>()?, w.create::<Notification>()?);
    let copy = w.copy(bell, Rights::WRITE)?;
    bell.signal();
    w.spawn_with(w.handled(10, handler), move || keep(1, syscall::wait(copy.pointer())))?;
    w.settle()?;
    check_eq!(handler.nb_wait().fault(), cap_fault(copy.pointer()));
    PASSED
}

/// "receive needs Read": abi §8.3: "including for NBRecv and NBWait".
fn polling_needs_read(w: &mut World) -> Outcome {
    let (handler, bell) = (w.create::<Endpoint>()?, w.create::<Notification>()?);
    let copy = w.copy(bell, Rights::WRITE)?;
    w.spawn_with(w.handled(10, handler), move || keep(1, syscall::nb_wait(copy.pointer())))?;
    w.settle()?;
    check_eq!(handler.nb_wait().fault(), cap_fault(copy.pointer()));
    PASSED
}

/// abi §1: "Receiving a notification writes only x0=badge; x1..x5 unchanged", whether it was
/// active or wakes the waiter.
fn a_woken_waiter_gets_the_badge_only(w: &mut World) -> Outcome {
    let (bell, [five]) = badged(w, [5])?;
    let x = [bell.pointer(), 11, 12, 13, 14, 15, 16, Syscall::Wait.number(), 18];
    w.spawn(10, move || {
        for first in [16, 32] {
            let after = (RawRegisters { x }).svc();
            for (index, word) in after.x.into_iter().enumerate() {
                Board::shared().set(first + index, word);
            }
        }
    })?;
    five.signal();
    w.settle()?;
    five.signal();
    w.settle()?;
    for first in [16, 32] {
        check_eq!(w.board().get(first), 5);
        for (index, register) in x.iter().enumerate().skip(1).take(7) {
            check_eq!(w.board().get(first + index), *register);
        }
    }
    PASSED
}
