//! objects §9.1: SchedControl_ConfigureFlags.

use super::threads::ms;
use super::tools::{call, invoke};
use crate::framework::prelude::*;
use abi::time::{MIN_BUDGET_US, REFERENCE_KHZ, max_period_us};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(other_labels_are_illegal),
    test!(without_a_context_the_message_is_truncated),
    test!(with_four_words_the_message_is_truncated),
    test!(the_longest_budget_is_bounded),
    test!(the_longest_period_is_bounded),
    test!(the_shortest_budget_is_bounded),
    test!(the_shortest_period_is_bounded),
    test!(the_budget_fits_into_the_period),
    test!(only_a_context_can_be_configured),
    test!(extra_refills_are_bounded_by_the_size),
    test!(the_first_failing_check_counts),
    test!(the_extremes_are_allowed),
    test!(unknown_flags_are_ignored),
    test!(extra_refills_are_bounded_for_round_robin_too),
    test!(a_refused_configuration_changes_nothing),
    test!(one_can_configure_ones_own_context),
    test!(the_initial_threads_context_can_be_configured),
    test!(send_configures_without_an_answer),
];

/// The longest budget and period on the reference board.
const MAX_US: u64 = max_period_us(REFERENCE_KHZ);

/// Configures with these words: budget, period, extra refills, badge, flags.
fn configure<T>(w: &World, context: Cap<T>, words: &[u64]) -> Result<(), Error> {
    let control = w.sched_control(0);
    invoke(control, Invocation::SchedControlConfigureFlags, words, &[context.pointer()]).map(|_| ())
}

/// "Unknown label for an object: Illegal."
fn other_labels_are_illegal(w: &mut World) -> Outcome {
    let control = w.sched_control(0);
    let context = w.create_sized::<SchedContext>(7)?.pointer();
    let right = Invocation::SchedControlConfigureFlags.label();
    for label in [0, 1, right - 1, right + 1, 0x7ff] {
        let result = call(control, label, &[1000, 1000, 0, 0, 0], &[context]);
        check_err!(result, Error::IllegalOperation);
    }
    PASSED
}

/// "cap missing Trunc".
fn without_a_context_the_message_is_truncated(w: &mut World) -> Outcome {
    let (control, invocation) = (w.sched_control(0), Invocation::SchedControlConfigureFlags);
    let result = invoke(control, invocation, &[0, 0, 0, 0, 0], &[]);
    check_err!(result, Error::TruncatedMessage);
    PASSED
}

/// "len<5 Trunc".
fn with_four_words_the_message_is_truncated(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    for length in 0..5 {
        let words = [1000, 1000, 0, 0, 0];
        check_err!(configure(w, context, &words[..length]), Error::TruncatedMessage);
    }
    PASSED
}

/// "budget > MAX_PERIOD_US Range(20,MAX)".
fn the_longest_budget_is_bounded(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let range = Error::Range { min: MIN_BUDGET_US, max: MAX_US };
    for budget in [MAX_US + 1, u64::MAX] {
        check_err!(configure(w, context, &[budget, budget, 0, 0, 0]), range);
        check_err!(configure(w, context, &[budget, 1000, 0, 0, 0]), range);
    }
    PASSED
}

/// "period > MAX Range(20,MAX)".
fn the_longest_period_is_bounded(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let range = Error::Range { min: MIN_BUDGET_US, max: MAX_US };
    for period in [MAX_US + 1, u64::MAX] {
        check_err!(configure(w, context, &[1000, period, 0, 0, 0]), range);
    }
    PASSED
}

/// "budget ticks < MIN Range(20,MAX)".
fn the_shortest_budget_is_bounded(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let range = Error::Range { min: MIN_BUDGET_US, max: MAX_US };
    for budget in [0, 1, MIN_BUDGET_US - 1] {
        check_err!(configure(w, context, &[budget, 1000, 0, 0, 0]), range);
    }
    check_eq!(configure(w, context, &[MIN_BUDGET_US, 1000, 0, 0, 0]), Ok(()));
    PASSED
}

/// "period ticks < MIN Range(20,MAX)", before budget and period are compared.
fn the_shortest_period_is_bounded(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let range = Error::Range { min: MIN_BUDGET_US, max: MAX_US };
    for period in [0, 1, MIN_BUDGET_US - 1] {
        check_err!(configure(w, context, &[1000, period, 0, 0, 0]), range);
    }
    PASSED
}

/// "budget > period Range(20, period)".
fn the_budget_fits_into_the_period(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    for (budget, period) in [(1001, 1000), (MAX_US, 20), (21, 20)] {
        let range = Error::Range { min: MIN_BUDGET_US, max: period };
        check_err!(configure(w, context, &[budget, period, 0, 0, 0]), range);
    }
    PASSED
}

/// "cap not an SC InvCap 1".
fn only_a_context_can_be_configured(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let words = [1000, 1000, 0, 0, 0];
    check_err!(configure(w, endpoint, &words), Error::InvalidCapability(1));
    check_err!(configure(w, w.sched_control(0), &words), Error::InvalidCapability(1));
    check_err!(configure(w, Cap::<SchedContext>::NULL, &words), Error::InvalidCapability(1));
    PASSED
}

/// "extraRefills > capacity-2 Range(0, capacity-2)", and abi §6: "refill capacity = (2^size -
/// 96)/16".
fn extra_refills_are_bounded_by_the_size(w: &mut World) -> Outcome {
    for (size, most) in [(7, 0), (8, 8), (9, 24), (10, 56), (12, 248)] {
        let context = w.create_sized::<SchedContext>(size)?;
        let range = Error::Range { min: 0, max: most };
        for extra in [most + 1, 10_000, u64::MAX] {
            check_err!(configure(w, context, &[1000, 2000, extra, 0, 0]), range);
        }
        check_eq!(configure(w, context, &[1000, 2000, most, 0, 0]), Ok(()));
    }
    PASSED
}

/// "Checks are listed in the order they are made": a message that is wrong in all ways is
/// mended one way after the other.
fn the_first_failing_check_counts(w: &mut World) -> Outcome {
    let endpoint = w.create::<Endpoint>()?;
    let context = w.create_sized::<SchedContext>(7)?;
    let long = Error::Range { min: MIN_BUDGET_US, max: MAX_US };
    let mut words = [MAX_US + 1, MAX_US + 1, 99, 0, 0];
    check_err!(configure(w, endpoint, &words[..4]), Error::TruncatedMessage);
    check_err!(configure(w, endpoint, &words), long);
    words[0] = 0;
    check_err!(configure(w, endpoint, &words), long);
    words[1] = 0;
    check_err!(configure(w, endpoint, &words), long);
    words[0] = 1001;
    check_err!(configure(w, endpoint, &words), long);
    words[1] = 1000;
    check_err!(configure(w, endpoint, &words), Error::Range { min: 20, max: 1000 });
    words[0] = 999;
    check_err!(configure(w, endpoint, &words), Error::InvalidCapability(1));
    check_err!(configure(w, context, &words), Error::Range { min: 0, max: 0 });
    words[2] = 0;
    check_eq!(configure(w, context, &words), Ok(()));
    PASSED
}

/// The bounds themselves are inside.
fn the_extremes_are_allowed(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    for (budget, period) in [(20, 20), (20, MAX_US), (MAX_US, MAX_US), (1000, 1000)] {
        check_eq!(configure(w, context, &[budget, period, 0, u64::MAX, 1]), Ok(()));
    }
    PASSED
}

/// abi §5: only bit 0 of the flags means something.
fn unknown_flags_are_ignored(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    check_eq!(configure(w, context, &[1000, 2000, 0, 0, u64::MAX]), Ok(()));
    PASSED
}

/// "budget==period: round robin (..., extra ignored)": the bound on the number still holds.
fn extra_refills_are_bounded_for_round_robin_too(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(8)?;
    check_eq!(configure(w, context, &[1000, 1000, 8, 0, 0]), Ok(()));
    let range = Error::Range { min: 0, max: 8 };
    check_err!(configure(w, context, &[1000, 1000, 9, 0, 0]), range);
    PASSED
}

/// "Every check error leaves all state unchanged": the context stays without time.
fn a_refused_configuration_changes_nothing(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let helper = w.spawn_with(w.passive(10), || ())?;
    context.bind(helper.thread())?;
    for words in [[1000, 999, 0, 0, 0], [1000, 2000, 1, 0, 0], [19, 1000, 0, 0, 0]] {
        check!(configure(w, context, &words).is_err());
    }
    w.settle()?;
    check!(!helper.has_finished());
    PASSED
}

/// "Configuring one's own SC is allowed."
fn one_can_configure_ones_own_context(w: &mut World) -> Outcome {
    let helper = w.helper(w.options(10))?;
    let (control, context) = (w.sched_control(0), helper.context());
    helper.start(move || {
        for time in [Budget::periodic(ms(50), ms(100)), Budget::round_robin(ms(10))] {
            let result = control.configure(context, time);
            Board::shared().add(1, u64::from(result.is_ok()));
        }
    })?;
    w.settle()?;
    check!(helper.has_finished());
    check_eq!(w.board().get(1), 2);
    PASSED
}

/// "Initial thread's SC may be reconfigured."
fn the_initial_threads_context_can_be_configured(w: &mut World) -> Outcome {
    let (control, context) = (w.sched_control(0), initial::SCHED_CONTEXT);
    let slice = Duration::from_micros(abi::time::BOOT_BUDGET_US);
    let long = control.configure(context, Budget::round_robin(ms(50)));
    let back = control.configure(context, Budget::round_robin(slice));
    check_eq!((long, back), (Ok(()), Ok(())));
    PASSED
}

/// An invocation by Send has the same effect and no answer.
fn send_configures_without_an_answer(w: &mut World) -> Outcome {
    let context = w.create_sized::<SchedContext>(7)?;
    let helper = w.spawn_with(w.passive(10), || ())?;
    context.bind(helper.thread())?;
    let label = Invocation::SchedControlConfigureFlags.label();
    let caps = [context.pointer()];
    let message = Message::new(label, &[1000, 1000, 0, 0, 0]).with_caps(&caps);
    syscall::send(w.sched_control(0).pointer(), message);
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}
