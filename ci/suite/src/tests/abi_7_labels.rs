//! abi.md §7: which label means what.
//!
//! Each test calls one kind of object with every label from 0 to 100 and an empty message. A
//! label of the object is answered in its own way, all others with `IllegalOperation`.

use crate::framework::prelude::*;
use Expected::{Done, Fails};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(untyped_knows_label_1),
    test!(threads_know_labels_2_to_17),
    test!(cnodes_know_labels_18_to_25),
    test!(irq_control_knows_labels_26_55_and_56),
    test!(irq_handlers_know_labels_27_to_29),
    test!(domains_know_labels_30_to_32),
    test!(sched_control_knows_label_33),
    test!(sched_contexts_know_labels_34_to_38),
    test!(vspaces_know_labels_39_to_42),
    test!(page_tables_know_labels_44_and_45),
    test!(pages_know_labels_46_to_52),
    test!(asid_control_knows_label_53),
    test!(asid_pools_know_label_54),
    test!(replies_accept_any_label),
];

/// The answer to an empty message.
#[derive(Clone, Copy)]
enum Expected {
    /// Success.
    Done,
    /// This error.
    Fails(Error),
}

/// Too short, as most invocations are without words and capabilities.
const SHORT: Expected = Fails(Error::TruncatedMessage);
const ILLEGAL: Expected = Fails(Error::IllegalOperation);

/// Calls the object with every label. `own` says what its own labels answer.
fn check_labels<T>(object: Cap<T>, own: &[(u64, Expected)]) -> Outcome {
    for label in 0..=100 {
        let expected = own.iter().find(|(known, _)| *known == label);
        let expected = match expected.map_or(ILLEGAL, |(_, expected)| *expected) {
            Done => 0,
            Fails(error) => error.code(),
        };
        let (found, _) = libsys::invoke::raw(object.pointer(), label, &[], &[]);
        check_eq!((label, found.label()), (label, expected));
    }
    PASSED
}

/// "1 Untyped_Retype"
fn untyped_knows_label_1(world: &mut World) -> Outcome {
    check_labels(world.untyped(12)?, &[(1, SHORT)])
}

/// "2 TCB_ReadRegisters" to "17 TCB_SetFlags". A thread that never ran is suspended, resumed
/// (without time it does not run), and has no notification to unbind.
fn threads_know_labels_2_to_17(world: &mut World) -> Outcome {
    let mut own: heapless::Vec<(u64, Expected), 16> =
        (2..=17).map(|label| (label, SHORT)).collect();
    for (label, expected) in [(12, Done), (13, Done), (15, ILLEGAL)] {
        own.iter_mut().filter(|(known, _)| *known == label).for_each(|entry| entry.1 = expected);
    }
    check_labels(world.thread()?, &own)
}

/// "18 CNode_Revoke" to "25 CNode_Rotate"
fn cnodes_know_labels_18_to_25(world: &mut World) -> Outcome {
    let own: heapless::Vec<(u64, Expected), 8> = (18..=25).map(|label| (label, SHORT)).collect();
    check_labels(world.create_sized::<CNode>(4)?, &own)
}

/// "26 IRQControl_Get", "55 IRQControl_GetTrigger", "56 UP: IRQControl_IssueSGISignal; SMP:
/// IRQControl_GetTriggerCore". The last one's length is not checked (objects §10): what it reads
/// instead of words is whatever the registers hold, so its answer is left open.
fn irq_control_knows_labels_26_55_and_56(world: &mut World) -> Outcome {
    let control = initial::IRQ_CONTROL;
    if world.cores() == 1 {
        return check_labels(control, &[(26, SHORT), (55, SHORT), (56, SHORT)]);
    }
    // Interrupt 0 belongs to the kernel when there are several cores.
    let words = [0; 5];
    let (found, _) = libsys::invoke::raw(control.pointer(), 56, &words, &[2]);
    check_eq!(found.label(), Error::RevokeFirst.code());
    for label in (0..=54).chain(57..=100).filter(|label| *label != 26) {
        let (found, _) = libsys::invoke::raw(control.pointer(), label, &[], &[]);
        check_eq!((label, found.label()), (label, Error::IllegalOperation.code()));
    }
    PASSED
}

/// "27 IRQHandler_Ack", "28 IRQHandler_SetNotification", "29 IRQHandler_Clear"
fn irq_handlers_know_labels_27_to_29(world: &mut World) -> Outcome {
    let handler = world.slot::<IrqHandler>()?;
    initial::IRQ_CONTROL.issue(152, world.path(handler))?;
    check_labels(handler, &[(27, Done), (28, SHORT), (29, Done)])
}

/// "30 DomainSet_Set" to "32 DomainSet_ScheduleSetStart"
fn domains_know_labels_30_to_32(_: &mut World) -> Outcome {
    check_labels(initial::DOMAIN, &[(30, SHORT), (31, SHORT), (32, SHORT)])
}

/// "33 SchedControl_ConfigureFlags"
fn sched_control_knows_label_33(world: &mut World) -> Outcome {
    check_labels(world.sched_control(0), &[(33, SHORT)])
}

/// "34 SchedContext_Bind" to "38 SchedContext_YieldTo". There is no thread to yield to.
fn sched_contexts_know_labels_34_to_38(world: &mut World) -> Outcome {
    let own = [(34, SHORT), (35, Done), (36, SHORT), (37, Done), (38, ILLEGAL)];
    check_labels(world.context(0)?, &own)
}

/// "39 VSpace_Clean_Data" to "42 VSpace_Unify_Instruction"
fn vspaces_know_labels_39_to_42(_: &mut World) -> Outcome {
    check_labels(initial::VSPACE, &[(39, SHORT), (40, SHORT), (41, SHORT), (42, SHORT)])
}

/// "44 PageTable_Map", "45 PageTable_Unmap"
fn page_tables_know_labels_44_and_45(world: &mut World) -> Outcome {
    check_labels(world.create::<PageTable>()?, &[(44, SHORT), (45, Done)])
}

/// "46 Page_Map" to "52 Page_GetAddress"
fn pages_know_labels_46_to_52(world: &mut World) -> Outcome {
    let flushes = [48, 49, 50, 51].map(|label| (label, SHORT));
    let mut own = heapless::Vec::<(u64, Expected), 8>::from_iter(flushes);
    own.extend([(46, SHORT), (47, Done), (52, Done)]);
    check_labels(world.create::<Page>()?, &own)?;
    check_labels(world.create::<Page<Large>>()?, &own)
}

/// "53 ASIDControl_MakePool"
fn asid_control_knows_label_53(_: &mut World) -> Outcome {
    check_labels(initial::ASID_CONTROL, &[(53, SHORT)])
}

/// "54 ASIDPool_Assign"
fn asid_pools_know_label_54(_: &mut World) -> Outcome {
    check_labels(initial::ASID_POOL, &[(54, SHORT)])
}

/// objects §8: sending on a reply cap, "any label", "also as Call: returns empty success".
fn replies_accept_any_label(world: &mut World) -> Outcome {
    let reply = world.create::<Reply>()?;
    for label in 0..=100 {
        check_eq!(libsys::invoke::raw(reply.pointer(), label, &[], &[]).0, MessageInfo(0));
    }
    PASSED
}
