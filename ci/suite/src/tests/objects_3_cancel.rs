//! Cancelling badged sends (objects.md §3, CancelBadgedSends).

use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(only_endpoints_can_be_cancelled),
    test!(all_four_rights_are_needed),
    test!(senders_with_the_badge_are_cancelled),
    test!(callers_with_the_badge_are_cancelled),
    test!(senders_with_other_badges_stay),
    test!(badge_zero_cancels_nobody),
    test!(cancelled_senders_send_again),
    test!(faulted_senders_become_inactive),
    test!(receivers_are_not_cancelled),
    test!(an_idle_endpoint_is_fine),
];

/// "cap not an EP with all four rights -> Illegal": another kind, or an empty slot.
fn only_endpoints_can_be_cancelled(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let thread = w.create::<Thread>()?;
    let empty = w.slot::<Endpoint>()?;
    for path in [w.path(bell), w.path(thread), w.path(empty)] {
        check_eq!(path.cancel_badged_sends(), Err(Error::IllegalOperation));
    }
    PASSED
}

/// "cap not an EP with all four rights -> Illegal".
fn all_four_rights_are_needed(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    for rights in (0..15).map(Rights::from_word) {
        let copy = w.mint(endpoint, rights, 5)?;
        check_eq!(w.path(copy).cancel_badged_sends(), Err(Error::IllegalOperation));
    }
    let copy = w.mint(endpoint, Rights::ALL, 5)?;
    check_eq!(w.path(copy).cancel_badged_sends(), Ok(()));
    PASSED
}

/// Two badged caps of one endpoint: the first for cancelling, the second for sending.
fn badged_pair(w: &mut World, endpoint: Cap<Endpoint>, badge: u64) -> Outcome<[Cap<Endpoint>; 2]> {
    let parent = w.mint(endpoint, Rights::ALL, badge)?;
    Ok([parent, w.copy(parent, Rights::ALL)?])
}

/// "every sender queued on that EP with exactly that badge is dequeued: non-faulted -> Restart":
/// with its capability gone, the repeated send does nothing.
fn senders_with_the_badge_are_cancelled(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let [parent, sender] = badged_pair(w, endpoint, 7)?;
    let helpers = [
        w.spawn(10, move || sender.send(Message::EMPTY))?,
        w.spawn(11, move || sender.send(Message::EMPTY))?,
    ];
    w.settle()?;
    w.delete(sender)?;
    w.settle()?;
    check!(helpers.iter().all(|helper| !helper.has_finished()));
    w.path(parent).cancel_badged_sends()?;
    w.settle()?;
    check!(helpers.iter().all(Helper::has_finished));
    let nothing = endpoint.nb_wait();
    check_eq!(nothing.badge, 0);
    PASSED
}

/// A caller is a sender too; its repeated call is answered with InvalidCapability.
fn callers_with_the_badge_are_cancelled(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let [parent, sender] = badged_pair(w, endpoint, 7)?;
    let board = w.board();
    let helper = w.spawn(10, move || {
        board.set(1, sender.call(Message::EMPTY).info.label());
    })?;
    w.settle()?;
    w.delete(sender)?;
    w.path(parent).cancel_badged_sends()?;
    helper.join();
    check_eq!(board.get(1), Error::InvalidCapability(0).code());
    PASSED
}

/// "exactly that badge": others stay in the queue, in their order.
fn senders_with_other_badges_stay(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let [parent, gone] = badged_pair(w, endpoint, 7)?;
    for badge in [3, 7, 5, 7, 15] {
        let sender = if badge == 7 { gone } else { w.mint(endpoint, Rights::ALL, badge)? };
        w.spawn(10, move || sender.send(Message::EMPTY))?;
        w.settle()?;
    }
    w.delete(gone)?;
    w.path(parent).cancel_badged_sends()?;
    w.settle()?;
    for expected in [3, 5, 15, 0] {
        check_eq!(endpoint.nb_wait().badge, expected);
    }
    PASSED
}

/// "badge 0: nothing".
fn badge_zero_cancels_nobody(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let sender = w.copy(endpoint, Rights::ALL)?;
    let badged = w.mint(endpoint, Rights::ALL, 9)?;
    w.spawn(10, move || sender.send(Message::new(0xabc, &[])))?;
    w.spawn(9, move || badged.send(Message::EMPTY))?;
    w.settle()?;
    w.delete(sender)?;
    w.path(endpoint).cancel_badged_sends()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().info.label(), 0xabc);
    check_eq!(endpoint.nb_wait().badge, 9);
    PASSED
}

/// "-> Restart": a sender whose capability is still there blocks anew, behind its equals.
fn cancelled_senders_send_again(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let first = w.mint(endpoint, Rights::ALL, 1)?;
    let second = w.mint(endpoint, Rights::ALL, 2)?;
    w.spawn(10, move || first.send(Message::new(0x11, &[5])))?;
    w.settle()?;
    w.spawn(10, move || second.send(Message::EMPTY))?;
    w.settle()?;
    w.path(first).cancel_badged_sends()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().badge, 2);
    let again = endpoint.nb_wait();
    check_eq!((again.badge, again.info.label(), again.word(0)), (1, 0x11, 5));
    PASSED
}

/// "faulted -> Inactive": its fault message is gone, and it does not run again by itself.
fn faulted_senders_become_inactive(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let handler = w.mint(endpoint, Rights::ALL, 7)?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let nowhere = Cap::<Endpoint>::at(1 << 40);
    let helper = w.spawn_with(options, move || nowhere.send(Message::EMPTY))?;
    w.settle()?;
    w.path(handler).cancel_badged_sends()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().badge, 0);
    check!(!helper.has_finished());
    // Resumed, it faults again: it was stopped where it had faulted.
    helper.thread().resume()?;
    w.settle()?;
    check_eq!(endpoint.nb_wait().badge, 7);
    PASSED
}

/// "every sender": threads that receive are left alone.
fn receivers_are_not_cancelled(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let badged = w.mint(endpoint, Rights::ALL, 7)?;
    let board = w.board();
    let helper = w.spawn(10, move || board.set(1, endpoint.wait().badge))?;
    w.settle()?;
    w.path(badged).cancel_badged_sends()?;
    badged.nb_send(Message::EMPTY);
    helper.join();
    check_eq!(board.get(1), 7);
    PASSED
}

/// Nobody to cancel is no error.
fn an_idle_endpoint_is_fine(w: &mut World) -> Outcome {
    let badged = w.mint_new_endpoint(7)?;
    check_eq!(w.path(badged).cancel_badged_sends(), Ok(()));
    PASSED
}
