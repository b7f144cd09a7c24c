//! Priorities and scheduling parameters of threads (objects.md §5).

use super::tools::invoke;
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(priorities_need_a_word_and_an_authority),
    test!(the_authority_is_a_thread),
    test!(priorities_are_limited_by_the_authority),
    test!(priorities_are_limited_by_the_authoritys_maximum_not_its_priority),
    test!(maximum_priorities_are_limited_too),
    test!(a_maximum_may_be_below_the_priority),
    test!(a_thread_may_be_its_own_authority),
    test!(priorities_take_effect),
    test!(parameters_need_two_words_and_three_caps),
    test!(parameters_need_a_thread_as_authority),
    test!(parameters_check_the_maximum_first),
    test!(parameters_refuse_a_second_context),
    test!(parameters_refuse_a_context_bound_elsewhere),
    test!(parameters_keep_the_same_context),
    test!(parameters_refuse_a_blocked_thread_without_time),
    test!(parameters_refuse_to_unbind_the_caller),
    test!(parameters_refuse_other_objects_as_context),
    test!(parameters_check_the_fault_handler_last),
    test!(parameters_set_the_fault_handler),
    test!(parameters_unbind_the_context),
    test!(refused_parameters_change_nothing),
];

/// SetPriority and SetMCPriority: "Trunc".
fn priorities_need_a_word_and_an_authority(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    for set in [Invocation::ThreadSetPriority, Invocation::ThreadSetMaxPriority] {
        let root = [initial::THREAD.pointer()];
        check_err!(invoke(thread, set, &[], &root), Error::TruncatedMessage);
        check_err!(invoke(thread, set, &[1], &[]), Error::TruncatedMessage);
        check!(invoke(thread, set, &[1], &root).is_ok());
    }
    PASSED
}

/// "auth not TCB InvCap 1", before the priority.
fn the_authority_is_a_thread(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    for authority in [bell.cast(), Cap::NULL] {
        let invalid = Err(Error::InvalidCapability(1));
        check_eq!(thread.set_priority(authority, 255), invalid);
        check_eq!(thread.set_max_priority(authority, 255), invalid);
    }
    PASSED
}

/// "prio > auth.MCP Range(0,MCP)".
fn priorities_are_limited_by_the_authority(w: &mut World) -> Outcome {
    let [thread, authority] = [w.create::<Thread>()?, w.create::<Thread>()?];
    authority.set_max_priority(initial::THREAD, 100)?;
    check_eq!(thread.set_priority(authority, 100), Ok(()));
    check_eq!(thread.set_priority(authority, 101), Err(Error::Range { min: 0, max: 100 }));
    let words = [256];
    let root = [initial::THREAD.pointer()];
    let refused = invoke(thread, Invocation::ThreadSetPriority, &words, &root);
    check_err!(refused, Error::Range { min: 0, max: 255 });
    PASSED
}

/// The authority's own priority does not matter.
fn priorities_are_limited_by_the_authoritys_maximum_not_its_priority(w: &mut World) -> Outcome {
    let [thread, authority] = [w.create::<Thread>()?, w.create::<Thread>()?];
    authority.set_priority(initial::THREAD, 200)?;
    check_eq!(thread.set_priority(authority, 1), Err(Error::Range { min: 0, max: 0 }));
    authority.set_max_priority(initial::THREAD, 50)?;
    authority.set_priority(initial::THREAD, 3)?;
    check_eq!(thread.set_priority(authority, 50), Ok(()));
    PASSED
}

/// SetMCPriority: "same".
fn maximum_priorities_are_limited_too(w: &mut World) -> Outcome {
    let [thread, authority] = [w.create::<Thread>()?, w.create::<Thread>()?];
    authority.set_max_priority(initial::THREAD, 100)?;
    check_eq!(thread.set_max_priority(authority, 100), Ok(()));
    check_eq!(thread.set_max_priority(authority, 101), Err(Error::Range { min: 0, max: 100 }));
    PASSED
}

/// Only the authority is looked at: the target's maximum does not bound its priority.
fn a_maximum_may_be_below_the_priority(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    check_eq!(thread.set_max_priority(initial::THREAD, 10), Ok(()));
    check_eq!(thread.set_priority(initial::THREAD, 20), Ok(()));
    check_eq!(thread.set_max_priority(initial::THREAD, 5), Ok(()));
    PASSED
}

/// A thread with a maximum may lower itself, and then no longer rise.
fn a_thread_may_be_its_own_authority(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    thread.set_max_priority(initial::THREAD, 10)?;
    check_eq!(thread.set_max_priority(thread, 7), Ok(()));
    check_eq!(thread.set_max_priority(thread, 8), Err(Error::Range { min: 0, max: 7 }));
    check_eq!(thread.set_priority(thread, 7), Ok(()));
    PASSED
}

/// The thread with the higher priority runs first.
fn priorities_take_effect(w: &mut World) -> Outcome {
    let board = w.board();
    let low = w.spawn(10, move || board.append(1, 1))?;
    w.spawn(11, move || board.append(1, 2))?;
    low.thread().set_priority(initial::THREAD, 12)?;
    w.settle()?;
    check_eq!(board.get(1), 0x12);
    PASSED
}

/// SetSchedParams: "len<2/caps Trunc".
fn parameters_need_two_words_and_three_caps(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let set = Invocation::ThreadSetSchedParams;
    let caps = [initial::THREAD.pointer(), 0, 0];
    for length in 0..2 {
        check_err!(invoke(thread, set, &[1, 1][..length], &caps), Error::TruncatedMessage);
    }
    for length in 0..3 {
        check_err!(invoke(thread, set, &[1, 1], &caps[..length]), Error::TruncatedMessage);
    }
    check!(invoke(thread, set, &[1, 1], &caps).is_ok());
    PASSED
}

/// SetSchedParams with neither context nor handler.
fn set_numbers(
    thread: Cap<Thread>,
    authority: Cap<Thread>,
    max: u8,
    priority: u8,
) -> Result<(), Error> {
    thread.set_sched_params(authority, max, priority, Cap::NULL, Cap::NULL)
}

/// SetSchedParams: "auth not TCB InvCap 1".
fn parameters_need_a_thread_as_authority(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    for authority in [bell.cast(), Cap::NULL] {
        check_eq!(set_numbers(thread, authority, 0, 0), Err(Error::InvalidCapability(1)));
    }
    PASSED
}

/// SetSchedParams: "mcp, then prio Range".
fn parameters_check_the_maximum_first(w: &mut World) -> Outcome {
    let [thread, authority] = [w.create::<Thread>()?, w.create::<Thread>()?];
    authority.set_max_priority(initial::THREAD, 9)?;
    let range = Err(Error::Range { min: 0, max: 9 });
    check_eq!(set_numbers(thread, authority, 10, 0), range);
    check_eq!(set_numbers(thread, authority, 9, 10), range);
    check_eq!(set_numbers(thread, authority, 9, 9), Ok(()));
    // Both come before the context.
    let bell = w.create::<Notification>()?;
    check_eq!(thread.set_sched_params(authority, 0, 10, bell.cast(), Cap::NULL), range);
    PASSED
}

/// SetSchedParams with the root's authority.
fn set_context(thread: Cap<Thread>, context: Cap<SchedContext>) -> Result<(), Error> {
    thread.set_sched_params(initial::THREAD, 10, 10, context, Cap::NULL)
}

/// SetSchedParams: "differs from current: target already has an SC -> Illegal".
fn parameters_refuse_a_second_context(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let (first, second) = (w.context(0)?, w.context(0)?);
    check_eq!(set_context(thread, first), Ok(()));
    check_eq!(set_context(thread, second), Err(Error::IllegalOperation));
    PASSED
}

/// SetSchedParams: "sc bound elsewhere -> Illegal".
fn parameters_refuse_a_context_bound_elsewhere(w: &mut World) -> Outcome {
    let [one, other] = [w.create::<Thread>()?, w.create::<Thread>()?];
    let context = w.context(0)?;
    check_eq!(set_context(one, context), Ok(()));
    check_eq!(set_context(other, context), Err(Error::IllegalOperation));
    PASSED
}

/// SetSchedParams: the context that the thread has is no second one.
fn parameters_keep_the_same_context(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let context = w.context(0)?;
    check_eq!(set_context(thread, context), Ok(()));
    check_eq!(set_context(thread, context), Ok(()));
    check_eq!(context.unbind_object(thread), Ok(()));
    PASSED
}

/// SetSchedParams: "target blocked and sc not released -> Illegal"; an unconfigured context is
/// not released.
fn parameters_refuse_a_blocked_thread_without_time(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let helper = w.spawn(10, move || {
        bell.wait();
    })?;
    w.settle()?;
    helper.context().unbind()?;
    let unconfigured = w.create_sized::<SchedContext>(7)?;
    let refused = set_context(helper.thread(), unconfigured);
    check_eq!(refused, Err(Error::IllegalOperation));
    check_eq!(set_context(helper.thread(), helper.context()), Ok(()));
    bell.signal();
    helper.join();
    PASSED
}

/// SetSchedParams: "null: target is caller -> Illegal".
fn parameters_refuse_to_unbind_the_caller(_: &mut World) -> Outcome {
    let root = initial::THREAD;
    let refused = root.set_sched_params(root, 255, 255, Cap::NULL, Cap::NULL);
    check_eq!(refused, Err(Error::IllegalOperation));
    PASSED
}

/// SetSchedParams: "other type InvCap 2".
fn parameters_refuse_other_objects_as_context(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    let invalid = Err(Error::InvalidCapability(2));
    check_eq!(set_context(thread, bell.cast()), invalid);
    // Before the handler.
    let refused = thread.set_sched_params(initial::THREAD, 1, 1, bell.cast(), bell.cast());
    check_eq!(refused, invalid);
    PASSED
}

/// SetSchedParams: "fault cap invalid InvCap 3".
fn parameters_check_the_fault_handler_last(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let endpoint = w.create::<Endpoint>()?;
    let grants = Rights::GRANT.or(Rights::GRANT_REPLY);
    for rights in (0..16).map(Rights::from_word) {
        let handler = w.copy(endpoint, rights)?;
        let is_valid = rights.contains(Rights::WRITE) && rights.intersects(grants);
        let answer = if is_valid { Ok(()) } else { Err(Error::InvalidCapability(3)) };
        let set = thread.set_sched_params(initial::THREAD, 1, 1, Cap::NULL, handler);
        check_eq!((rights, set), (rights, answer));
    }
    PASSED
}

/// SetSchedParams "sets fault handler".
fn parameters_set_the_fault_handler(w: &mut World) -> Outcome {
    let handler = w.mint_new_endpoint(0x31)?;
    let helper = w.helper(w.options(10))?;
    let (root, context) = (initial::THREAD, helper.context());
    helper.thread().set_sched_params(root, 10, 10, context, handler)?;
    helper.start(|| Cap::<Endpoint>::at(1 << 40).send(Message::EMPTY))?;
    w.settle()?;
    check_eq!(handler.nb_wait().badge, 0x31);
    PASSED
}

/// SetSchedParams: "binds sc (or unbinds if null)".
fn parameters_unbind_the_context(w: &mut World) -> Outcome {
    let helper = w.spawn(10, || ())?;
    check_eq!(set_context(helper.thread(), Cap::NULL), Ok(()));
    w.settle()?;
    check!(!helper.has_finished());
    check_eq!(set_context(helper.thread(), helper.context()), Ok(()));
    helper.join();
    PASSED
}

/// "Every check error leaves all state unchanged".
fn refused_parameters_change_nothing(w: &mut World) -> Outcome {
    let board = w.board();
    let bell = w.create::<Notification>()?;
    let low = w.spawn(10, move || board.append(1, 1))?;
    w.spawn(11, move || board.append(1, 2))?;
    let root = initial::THREAD;
    let refused = low.thread().set_sched_params(root, 20, 20, low.context(), bell.cast());
    check_eq!(refused, Err(Error::InvalidCapability(3)));
    w.settle()?;
    check_eq!(board.get(1), 0x21);
    PASSED
}
