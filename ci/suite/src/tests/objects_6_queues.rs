//! objects §6, endpoints: the order of the queue.

use super::threads::note;
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(senders_are_taken_by_priority),
    test!(senders_of_equal_priority_are_taken_in_turn),
    test!(callers_and_senders_share_the_queue),
    test!(receivers_are_woken_by_priority),
    test!(receivers_of_equal_priority_are_woken_in_turn),
    test!(a_raised_sender_overtakes),
    test!(a_lowered_sender_falls_back),
    test!(a_raised_sender_queues_behind_its_equals),
    test!(the_same_priority_again_queues_behind_equals),
    test!(a_raised_receiver_overtakes),
    test!(a_suspended_sender_leaves_the_queue),
    test!(a_deleted_sender_leaves_the_queue),
    test!(a_restarted_sender_queues_again),
];

/// Helpers that send their number, one after the other, with these priorities.
fn senders<const N: usize>(
    w: &mut World,
    endpoint: Cap<Endpoint>,
    priorities: [u8; N],
) -> Outcome<[Option<Helper>; N]> {
    let mut helpers = [const { None }; N];
    for (number, (helper, priority)) in (1..).zip(helpers.iter_mut().zip(priorities)) {
        *helper = Some(w.spawn(priority, move || endpoint.send(Message::new(number, &[])))?);
        w.settle()?;
    }
    Ok(helpers)
}

/// Helpers that note their number when they receive.
fn receivers<const N: usize>(
    w: &mut World,
    endpoint: Cap<Endpoint>,
    priorities: [u8; N],
) -> Outcome<[Option<Helper>; N]> {
    let mut helpers = [const { None }; N];
    for (number, (helper, priority)) in (1..).zip(helpers.iter_mut().zip(priorities)) {
        let receive = move || {
            let _ = endpoint.wait();
            note(number);
        };
        *helper = Some(w.spawn(priority, receive)?);
        w.settle()?;
    }
    Ok(helpers)
}

fn thread(helper: &Option<Helper>) -> Cap<Thread> {
    helper.as_ref().map_or(Cap::NULL, Helper::thread)
}

/// The labels of the queued messages, in the order of the queue.
fn labels<const N: usize>(endpoint: Cap<Endpoint>) -> [u64; N] {
    core::array::from_fn(|_| endpoint.nb_wait().info.label())
}

/// "Ordered by thread priority, highest first".
fn senders_are_taken_by_priority(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    senders(w, endpoint, [10, 30, 20, 40])?;
    check_eq!(labels(endpoint), [4, 2, 3, 1, 0]);
    PASSED
}

/// "FIFO among equals".
fn senders_of_equal_priority_are_taken_in_turn(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    senders(w, endpoint, [10, 20, 10, 20, 10])?;
    check_eq!(labels(endpoint), [2, 4, 1, 3, 5, 0]);
    PASSED
}

/// "Queue: one queue": calls and sends are not told apart.
fn callers_and_senders_share_the_queue(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    w.spawn(10, move || {
        let _ = endpoint.call(Message::new(1, &[]));
    })?;
    w.settle()?;
    w.spawn(10, move || endpoint.send(Message::new(2, &[])))?;
    w.settle()?;
    w.spawn(11, move || {
        let _ = endpoint.call(Message::new(3, &[]));
    })?;
    w.settle()?;
    check_eq!(labels(endpoint), [3, 1, 2, 0]);
    PASSED
}

/// "When a receiver waits: highest-priority receiver dequeued".
fn receivers_are_woken_by_priority(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    receivers(w, endpoint, [10, 30, 20])?;
    for order in [0x2, 0x23, 0x231] {
        endpoint.nb_send(Message::EMPTY);
        w.settle()?;
        check_eq!(w.board().get(0), order);
    }
    PASSED
}

/// "FIFO among equals".
fn receivers_of_equal_priority_are_woken_in_turn(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    receivers(w, endpoint, [10, 10, 10])?;
    for order in [0x1, 0x12, 0x123] {
        endpoint.nb_send(Message::EMPTY);
        w.settle()?;
        check_eq!(w.board().get(0), order);
    }
    PASSED
}

/// "Changing a queued thread's priority re-inserts it".
fn a_raised_sender_overtakes(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 20, 30])?;
    thread(&helpers[0]).set_priority(initial::THREAD, 25)?;
    check_eq!(labels(endpoint), [3, 1, 2, 0]);
    PASSED
}

/// "Changing a queued thread's priority re-inserts it".
fn a_lowered_sender_falls_back(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 20, 30])?;
    thread(&helpers[2]).set_priority(initial::THREAD, 5)?;
    check_eq!(labels(endpoint), [2, 1, 3, 0]);
    PASSED
}

/// "re-inserts it (behind equals)".
fn a_raised_sender_queues_behind_its_equals(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 20, 20, 5])?;
    thread(&helpers[0]).set_priority(initial::THREAD, 20)?;
    check_eq!(labels(endpoint), [2, 3, 1, 4, 0]);
    PASSED
}

/// "Changing a queued thread's priority re-inserts it (behind equals)", also when it is set to
/// what it was.
fn the_same_priority_again_queues_behind_equals(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 10, 10])?;
    thread(&helpers[0]).set_priority(initial::THREAD, 10)?;
    check_eq!(labels(endpoint), [2, 3, 1, 0]);
    PASSED
}

/// "Changing a queued thread's priority re-inserts it": receivers too.
fn a_raised_receiver_overtakes(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = receivers(w, endpoint, [10, 20, 30])?;
    thread(&helpers[0]).set_priority(initial::THREAD, 40)?;
    endpoint.nb_send(Message::EMPTY);
    w.settle()?;
    check_eq!(w.board().get(0), 1);
    PASSED
}

/// "Suspend: cancels IPC" (§5): the others stay in order.
fn a_suspended_sender_leaves_the_queue(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 10, 10])?;
    thread(&helpers[1]).suspend()?;
    check_eq!(labels(endpoint), [1, 3, 0]);
    PASSED
}

/// §4: final deletion of a TCB: "IPC cancelled".
fn a_deleted_sender_leaves_the_queue(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 10, 10])?;
    for place in [0, 2] {
        w.delete(thread(&helpers[place]))?;
    }
    check_eq!(labels(endpoint), [2, 0]);
    PASSED
}

/// "Resume: if ... blocked: cancel IPC ... state Restart" (§5): it queues again, as the last.
fn a_restarted_sender_queues_again(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let helpers = senders(w, endpoint, [10, 10, 10])?;
    thread(&helpers[0]).resume()?;
    w.settle()?;
    check_eq!(labels(endpoint), [2, 3, 1, 0]);
    PASSED
}
