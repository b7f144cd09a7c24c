//! Issuing interrupt handlers: what is refused (objects.md §10, IRQControl).

use super::tools::{call, invoke};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(issuing_needs_three_words_and_a_root),
    test!(interrupts_end_at_159),
    test!(interrupts_are_issued_once),
    test!(the_kernels_timer_is_reserved),
    test!(the_kernels_software_interrupts_are_reserved),
    test!(software_interrupts_have_handlers_on_one_core),
    test!(the_destination_is_looked_up),
    test!(the_destination_is_empty),
    test!(the_interrupt_comes_before_the_destination),
    test!(triggers_need_four_words_and_a_root),
    test!(triggers_end_at_159),
    test!(triggers_of_private_interrupts_are_illegal_on_many_cores),
    test!(triggers_are_issued_once),
    test!(triggers_look_up_the_destination),
    test!(any_trigger_word_is_accepted),
    test!(sgi_signals_need_four_words_and_a_root),
    test!(sgi_signals_are_0_to_15),
    test!(sgi_targets_are_0_to_7),
    test!(sgi_signals_look_up_the_destination),
    test!(sgi_signals_may_be_issued_twice),
    test!(cores_are_checked),
    test!(core_triggers_look_up_the_destination),
    test!(core_triggers_are_issued_once),
    test!(private_interrupts_are_issued_per_core),
];

/// Label 56 on one core.
const ISSUE_SGI: Invocation = Invocation::IrqControlIssueSgiOrGetTriggerCore;
/// Interrupts that nothing uses.
const UNUSED: [u64; 3] = [100, 101, 102];

const CONTROL: Cap<IrqControl> = initial::IRQ_CONTROL;

/// An empty slot of the initial CNode.
fn empty(w: &mut World) -> Outcome<SlotPath> {
    let slot = w.slot::<IrqHandler>()?;
    Ok(w.path(slot))
}

/// "Unknown label for an object: Illegal".
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let handler = w.slot::<IrqHandler>()?;
    CONTROL.issue(UNUSED[0], w.path(handler))?;
    for label in [0, 1, 25, 30, 54, 57] {
        check_err!(call(CONTROL, label, &[0; 6], &[]), Error::IllegalOperation);
        check_err!(call(handler, label, &[0; 6], &[]), Error::IllegalOperation);
    }
    // Each label belongs to one of the two objects.
    check_err!(call(CONTROL, 27, &[], &[]), Error::IllegalOperation);
    check_err!(call(handler, 26, &[0; 6], &[]), Error::IllegalOperation);
    PASSED
}

/// Get: "len<3/cap Trunc", before the interrupt is looked at.
fn issuing_needs_three_words_and_a_root(w: &mut World) -> Outcome {
    let to = empty(w)?;
    let (words, root) = ([9999, to.index, 64], [to.root.pointer()]);
    for length in 0..3 {
        let refused = invoke(CONTROL, Invocation::IrqControlGet, &words[..length], &root);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(CONTROL, Invocation::IrqControlGet, &words, &[]), Error::TruncatedMessage);
    PASSED
}

/// Get: "irq > 159 Range(0,159)".
fn interrupts_end_at_159(w: &mut World) -> Outcome {
    let to = empty(w)?;
    for irq in [160, 161, 1 << 32, u64::MAX] {
        check_eq!(CONTROL.issue(irq, to), Err(Error::Range { min: 0, max: 159 }));
    }
    check_eq!(CONTROL.issue(159, to), Ok(()));
    PASSED
}

/// Get: "already issued ... RevokeFirst".
fn interrupts_are_issued_once(w: &mut World) -> Outcome {
    let (first, second) = (empty(w)?, empty(w)?);
    check_eq!(CONTROL.issue(UNUSED[0], first), Ok(()));
    check_eq!(CONTROL.issue(UNUSED[0], second), Err(Error::RevokeFirst));
    check_eq!(CONTROL.issue(UNUSED[1], second), Ok(()));
    PASSED
}

/// Get: "reserved (kernel timer 27 ...) RevokeFirst".
fn the_kernels_timer_is_reserved(w: &mut World) -> Outcome {
    let to = empty(w)?;
    check_eq!(CONTROL.issue(27, to), Err(Error::RevokeFirst));
    PASSED
}

/// Get: "with SMP the IPI SGIs 0 and 1".
fn the_kernels_software_interrupts_are_reserved(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    let to = empty(w)?;
    for irq in [0, 1] {
        check_eq!(CONTROL.issue(irq, to), Err(Error::RevokeFirst));
    }
    check_eq!(CONTROL.issue(2, to), Ok(()));
    PASSED
}

/// "IRQ numbers are GIC ids (0-15 SGI ...)": on one core all sixteen are the user's.
fn software_interrupts_have_handlers_on_one_core(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    for irq in 0..16 {
        let to = empty(w)?;
        check_eq!(CONTROL.issue(irq, to), Ok(()));
    }
    PASSED
}

/// Checks how an invocation of the control looks up its destination.
fn check_destination(w: &mut World, issue: impl Fn(SlotPath) -> Result<(), Error>) -> Outcome {
    let node = w.create_sized::<CNode>(4)?;
    let bell = w.create::<Notification>()?;
    let short = LookupFailure::DepthMismatch { bits_left: 3, bits_found: 4 };
    check_eq!(issue(node.slot_at(1, 3)), Err(Error::destination(short)));
    let long = LookupFailure::DepthMismatch { bits_left: 1, bits_found: 0 };
    check_eq!(issue(node.slot_at(1, 5)), Err(Error::destination(long)));
    for depth in [0, 65] {
        check_eq!(issue(node.slot_at(1, depth)), Err(Error::Range { min: 1, max: 64 }));
    }
    let root = Error::destination(LookupFailure::InvalidRoot);
    check_eq!(issue(bell.cast::<CNode>().slot_at(1, 4)), Err(root));
    check_eq!(issue(w.path(bell)), Err(Error::DeleteFirst));
    check_eq!(issue(node.slot_at(1, 4)), Ok(()));
    PASSED
}

/// Get: "slot lookup (src=0)".
fn the_destination_is_looked_up(w: &mut World) -> Outcome {
    check_destination(w, |to| CONTROL.issue(UNUSED[0], to))
}

/// Get: "occupied DeleteFirst", and nothing is issued.
fn the_destination_is_empty(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    check_eq!(CONTROL.issue(UNUSED[0], w.path(bell)), Err(Error::DeleteFirst));
    let to = empty(w)?;
    check_eq!(CONTROL.issue(UNUSED[0], to), Ok(()));
    PASSED
}

/// The checks come in the order of the text.
fn the_interrupt_comes_before_the_destination(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let bad = SlotPath::with_depth(initial::CNODE, bell.pointer(), 65);
    check_eq!(CONTROL.issue(160, bad), Err(Error::Range { min: 0, max: 159 }));
    check_eq!(CONTROL.issue(27, bad), Err(Error::RevokeFirst));
    check_eq!(CONTROL.issue(UNUSED[0], bad), Err(Error::Range { min: 1, max: 64 }));
    PASSED
}

/// Issues with a level trigger.
fn issue_level(irq: u64, to: SlotPath) -> Result<(), Error> {
    CONTROL.issue_trigger(irq, libsys::object::Trigger::Level, to)
}

/// GetTrigger: "len<4/cap Trunc".
fn triggers_need_four_words_and_a_root(w: &mut World) -> Outcome {
    let to = empty(w)?;
    let (words, root) = ([9999, 0, to.index, 64], [to.root.pointer()]);
    let get = Invocation::IrqControlGetTrigger;
    for length in 0..4 {
        check_err!(invoke(CONTROL, get, &words[..length], &root), Error::TruncatedMessage);
    }
    check_err!(invoke(CONTROL, get, &words, &[]), Error::TruncatedMessage);
    PASSED
}

/// GetTrigger: "irq range".
fn triggers_end_at_159(w: &mut World) -> Outcome {
    let to = empty(w)?;
    for irq in [160, u64::MAX] {
        check_eq!(issue_level(irq, to), Err(Error::Range { min: 0, max: 159 }));
    }
    check_eq!(issue_level(159, to), Ok(()));
    PASSED
}

/// GetTrigger: "SMP: irq<32 -> Illegal", before RevokeFirst; on one core they are fine.
fn triggers_of_private_interrupts_are_illegal_on_many_cores(w: &mut World) -> Outcome {
    let to = empty(w)?;
    if w.cores() > 1 {
        for irq in [0, 16, 27, 31] {
            check_eq!(issue_level(irq, to), Err(Error::IllegalOperation));
        }
    } else {
        check_eq!(issue_level(27, to), Err(Error::RevokeFirst));
        check_eq!(issue_level(31, to), Ok(()));
    }
    PASSED
}

/// GetTrigger: "then as above": RevokeFirst, also across the two ways to issue.
fn triggers_are_issued_once(w: &mut World) -> Outcome {
    let (first, second) = (empty(w)?, empty(w)?);
    check_eq!(issue_level(UNUSED[0], first), Ok(()));
    check_eq!(issue_level(UNUSED[0], second), Err(Error::RevokeFirst));
    check_eq!(CONTROL.issue(UNUSED[0], second), Err(Error::RevokeFirst));
    PASSED
}

/// GetTrigger: "then as above": the destination.
fn triggers_look_up_the_destination(w: &mut World) -> Outcome {
    check_destination(w, |to| issue_level(UNUSED[0], to))
}

/// "0 level, non-zero edge" (abi.md §5).
fn any_trigger_word_is_accepted(w: &mut World) -> Outcome {
    for (irq, trigger) in UNUSED.into_iter().zip([0, 1, u64::MAX]) {
        let to = empty(w)?;
        let words = [irq, trigger, to.index, 64];
        let issued =
            invoke(CONTROL, Invocation::IrqControlGetTrigger, &words, &[to.root.pointer()]);
        check!(issued.is_ok());
    }
    PASSED
}

/// IssueSGISignal: "len<4/cap Trunc".
fn sgi_signals_need_four_words_and_a_root(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    let to = empty(w)?;
    let (words, root) = ([99, 0, to.index, 64], [to.root.pointer()]);
    for length in 0..4 {
        check_err!(invoke(CONTROL, ISSUE_SGI, &words[..length], &root), Error::TruncatedMessage);
    }
    check_err!(invoke(CONTROL, ISSUE_SGI, &words, &[]), Error::TruncatedMessage);
    PASSED
}

/// IssueSGISignal: "sgi > 15 Range(0,15)".
fn sgi_signals_are_0_to_15(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    let to = empty(w)?;
    for number in [16, 27, u64::MAX] {
        check_eq!(CONTROL.issue_sgi(number, 0, to), Err(Error::Range { min: 0, max: 15 }));
    }
    check_eq!(CONTROL.issue_sgi(15, 0, to), Ok(()));
    PASSED
}

/// IssueSGISignal: "GICv2 target > 7 InvArg 1". A GICv3 has no more such targets here, either:
/// no machine of the reference has so many cores that a program could ask for.
fn sgi_targets_are_0_to_7(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    let to = empty(w)?;
    check_eq!(CONTROL.issue_sgi(3, u64::MAX, to), Err(Error::InvalidArgument(1)));
    check_eq!(CONTROL.issue_sgi(16, u64::MAX, to), Err(Error::Range { min: 0, max: 15 }));
    check_eq!(CONTROL.issue_sgi(3, 0, to), Ok(()));
    PASSED
}

/// IssueSGISignal: "slot checks".
fn sgi_signals_look_up_the_destination(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    check_destination(w, |to| CONTROL.issue_sgi(3, 0, to))
}

/// A signal cap is no claim: nothing is reserved by it.
fn sgi_signals_may_be_issued_twice(w: &mut World) -> Outcome {
    skip_if!(w.cores() > 1, "several cores");
    for _ in 0..2 {
        let to = empty(w)?;
        check_eq!(CONTROL.issue_sgi(3, 0, to), Ok(()));
    }
    let to = empty(w)?;
    check_eq!(CONTROL.issue(3, to), Ok(()));
    PASSED
}

/// Issues for a core, with a level trigger.
fn issue_core(irq: u64, to: SlotPath, core: u64) -> Result<(), Error> {
    CONTROL.issue_trigger_core(irq, libsys::object::Trigger::Level, to, core)
}

/// GetTriggerCore: "irq range; core >= configured InvArg (index unspecified)".
fn cores_are_checked(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    let (to, cores) = (empty(w)?, w.cores());
    check_eq!(issue_core(160, to, cores), Err(Error::Range { min: 0, max: 159 }));
    for core in [cores, u64::MAX] {
        let refused = issue_core(UNUSED[0], to, core);
        check!(matches!(refused, Err(Error::InvalidArgument(_))));
    }
    check_eq!(issue_core(UNUSED[0], to, cores - 1), Ok(()));
    PASSED
}

/// GetTriggerCore: "slot checks".
fn core_triggers_look_up_the_destination(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    check_destination(w, |to| issue_core(UNUSED[0], to, 1))
}

/// GetTriggerCore: "RevokeFirst": a shared interrupt is issued once for all cores.
fn core_triggers_are_issued_once(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    let (first, second) = (empty(w)?, empty(w)?);
    check_eq!(issue_core(UNUSED[0], first, 0), Ok(()));
    check_eq!(issue_core(UNUSED[0], second, 1), Err(Error::RevokeFirst));
    check_eq!(issue_core(27, second, 1), Err(Error::RevokeFirst));
    PASSED
}

/// "PPIs are per core".
fn private_interrupts_are_issued_per_core(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    for core in [0, 1] {
        let to = empty(w)?;
        check_eq!(issue_core(25, to, core), Ok(()));
    }
    let to = empty(w)?;
    check_eq!(issue_core(25, to, 1), Err(Error::RevokeFirst));
    // Get and core 0 mean the same.
    check_eq!(CONTROL.issue(25, to), Err(Error::RevokeFirst));
    PASSED
}
