//! Interrupt handlers and the delivery of interrupts (objects.md §10).

use super::alarm::{Alarm, IRQ};
use super::tools::{call, invoke};
use crate::framework::prelude::*;
use libsys::object::{Sgi, Trigger};

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(acknowledging_needs_nothing),
    test!(setting_a_notification_needs_a_cap),
    test!(only_notifications_are_signalled),
    test!(signalling_needs_write),
    test!(clearing_needs_nothing),
    test!(interrupts_signal_their_notification),
    test!(interrupts_bring_the_badge),
    test!(interrupts_wake_a_waiting_thread),
    test!(interrupts_reach_a_bound_thread),
    test!(an_interrupt_is_delivered_once_until_acknowledged),
    test!(a_level_that_stays_interrupts_again),
    test!(an_edge_interrupts_once),
    test!(acknowledging_early_changes_nothing),
    test!(setting_a_notification_does_not_unmask),
    test!(a_new_notification_replaces_the_old),
    test!(cleared_interrupts_signal_nobody),
    test!(interrupts_without_notification_are_masked),
    test!(a_revoked_notification_ends_the_binding),
    test!(a_deleted_copy_keeps_the_binding),
    test!(handlers_can_be_copied),
    test!(the_last_handler_frees_the_interrupt),
    test!(a_new_handler_has_no_notification),
    test!(handlers_are_children_of_the_control),
    test!(software_interrupts_are_children_of_the_control),
    test!(software_interrupts_are_sent),
    test!(any_label_sends_a_software_interrupt),
    test!(shared_interrupts_go_to_their_core),
];

const CONTROL: Cap<IrqControl> = initial::IRQ_CONTROL;

/// The alarm, its handler, and a notification with this badge that the handler signals.
fn prepared(w: &mut World, badge: u64) -> Outcome<(Alarm, Cap<IrqHandler>, Cap<Notification>)> {
    let alarm = Alarm::new(w)?;
    let bell = w.create::<Notification>()?;
    let handler = handler(w, Trigger::Level)?;
    handler.set_notification(w.mint(bell, Rights::WRITE, badge)?)?;
    Ok((alarm, handler, bell))
}

/// A handler of the alarm's interrupt.
fn handler(w: &mut World, trigger: Trigger) -> Outcome<Cap<IrqHandler>> {
    let handler = w.slot::<IrqHandler>()?;
    CONTROL.issue_trigger(IRQ, trigger, w.path(handler))?;
    Ok(handler)
}

/// What has arrived at a notification when all is quiet.
fn arrived(w: &mut World, bell: Cap<Notification>) -> Outcome<u64> {
    w.settle()?;
    w.settle()?;
    Ok(bell.poll())
}

/// Ack has no checks; words and caps are ignored.
fn acknowledging_needs_nothing(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    check_eq!(handler.acknowledge(), Ok(()));
    let label = Invocation::IrqHandlerAck.label();
    let reply = call(handler, label, &[1, 2, 3, 4, 5], &[handler.pointer()]);
    check_eq!(reply.map(|reply| reply.info), Ok(MessageInfo::default()));
    PASSED
}

/// SetNotification: "missing Trunc".
fn setting_a_notification_needs_a_cap(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    let refused = invoke(handler, Invocation::IrqHandlerSetNotification, &[], &[]);
    check_err!(refused, Error::TruncatedMessage);
    PASSED
}

/// SetNotification: "not a ntfn ...: InvCap **0**".
fn only_notifications_are_signalled(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    let endpoint = w.create::<Endpoint>()?;
    for other in [endpoint.cast(), Cap::NULL] {
        check_eq!(handler.set_notification(other), Err(Error::InvalidCapability(0)));
    }
    PASSED
}

/// SetNotification: "no Write: InvCap **0**".
fn signalling_needs_write(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    let bell = w.create::<Notification>()?;
    let listener = w.copy(bell, Rights::READ)?;
    check_eq!(handler.set_notification(listener), Err(Error::InvalidCapability(0)));
    let ringer = w.copy(bell, Rights::WRITE)?;
    check_eq!(handler.set_notification(ringer), Ok(()));
    PASSED
}

/// Clear has no checks: nothing to remove is fine.
fn clearing_needs_nothing(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    check_eq!(handler.clear(), Ok(()));
    check_eq!(handler.clear(), Ok(()));
    PASSED
}

/// "Delivery: signal the stored ntfn cap"; "the unmasked state comes from issue".
fn interrupts_signal_their_notification(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    check_eq!(arrived(w, bell)?, 0);
    alarm.ring();
    check_eq!(bell.wait(), 1);
    alarm.silence();
    handler.acknowledge()?;
    check_eq!(arrived(w, bell)?, 0);
    PASSED
}

/// "with its badge"; several interrupts gather as signals do.
fn interrupts_bring_the_badge(w: &mut World) -> Outcome {
    let (alarm, _, bell) = prepared(w, 1 << 63 | 0x20)?;
    w.mint(bell, Rights::WRITE, 0x3)?.signal();
    alarm.ring();
    check_eq!(arrived(w, bell)?, 1 << 63 | 0x23);
    alarm.silence();
    PASSED
}

/// "Signalling works through IRQs identically" (§7): a waiter is woken.
fn interrupts_wake_a_waiting_thread(w: &mut World) -> Outcome {
    let (alarm, _, bell) = prepared(w, 0x40)?;
    let board = w.board();
    let helper = w.spawn(10, move || board.set(1, bell.wait()))?;
    w.settle()?;
    alarm.ring();
    helper.join();
    alarm.silence();
    check_eq!(board.get(1), 0x40);
    PASSED
}

/// The same for the thread that a notification is bound to.
fn interrupts_reach_a_bound_thread(w: &mut World) -> Outcome {
    let (alarm, _, bell) = prepared(w, 0x40)?;
    let endpoint = w.create::<Endpoint>()?;
    let board = w.board();
    let helper = w.helper(w.options(10))?;
    helper.thread().bind_notification(bell)?;
    helper.start(move || board.set(1, endpoint.wait().badge))?;
    w.settle()?;
    alarm.ring();
    helper.join();
    alarm.silence();
    check_eq!(board.get(1), 0x40);
    PASSED
}

/// "then (GICv2) mask the IRQ until Ack ... With GICv3 the IRQ stays unmasked but active until
/// Ack": either way nothing more arrives.
fn an_interrupt_is_delivered_once_until_acknowledged(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    alarm.ring();
    check_eq!(bell.wait(), 1);
    alarm.silence();
    alarm.ring();
    check_eq!(arrived(w, bell)?, 0);
    handler.acknowledge()?;
    check_eq!(bell.wait(), 1);
    alarm.silence();
    handler.acknowledge()?;
    PASSED
}

/// Level: an acknowledged line that is still up interrupts again.
fn a_level_that_stays_interrupts_again(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    alarm.ring();
    for _ in 0..3 {
        check_eq!(bell.wait(), 1);
        handler.acknowledge()?;
    }
    alarm.silence();
    PASSED
}

/// GetTrigger "also sets level/edge": an edge counts once, however long the line stays up.
fn an_edge_interrupts_once(w: &mut World) -> Outcome {
    let alarm = Alarm::new(w)?;
    let bell = w.create::<Notification>()?;
    let handler = handler(w, Trigger::Edge)?;
    handler.set_notification(w.mint(bell, Rights::WRITE, 1)?)?;
    alarm.ring();
    check_eq!(bell.wait(), 1);
    handler.acknowledge()?;
    check_eq!(arrived(w, bell)?, 0);
    alarm.silence();
    alarm.ring();
    check_eq!(bell.wait(), 1);
    alarm.silence();
    handler.acknowledge()?;
    w.delete(handler)?;
    // Level again, for those who come later.
    self::handler(w, Trigger::Level)?;
    PASSED
}

/// Ack without an interrupt does nothing.
fn acknowledging_early_changes_nothing(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    handler.acknowledge()?;
    handler.acknowledge()?;
    check_eq!(arrived(w, bell)?, 0);
    alarm.ring();
    check_eq!(bell.wait(), 1);
    alarm.silence();
    PASSED
}

/// "SetNotification does not unmask anything".
fn setting_a_notification_does_not_unmask(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    alarm.ring();
    check_eq!(bell.wait(), 1);
    handler.set_notification(w.mint(bell, Rights::WRITE, 2)?)?;
    check_eq!(arrived(w, bell)?, 0);
    handler.acknowledge()?;
    check_eq!(bell.wait(), 2);
    alarm.silence();
    PASSED
}

/// SetNotification "replaces an old one".
fn a_new_notification_replaces_the_old(w: &mut World) -> Outcome {
    let (alarm, handler, old) = prepared(w, 1)?;
    let new = w.create::<Notification>()?;
    handler.set_notification(w.mint(new, Rights::WRITE, 2)?)?;
    alarm.ring();
    check_eq!(new.wait(), 2);
    check_eq!(old.poll(), 0);
    alarm.silence();
    PASSED
}

/// Clear "removes it".
fn cleared_interrupts_signal_nobody(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    handler.clear()?;
    alarm.ring();
    check_eq!(arrived(w, bell)?, 0);
    alarm.silence();
    PASSED
}

/// "No ntfn: masked": the system goes on, and the interrupt waits for its Ack.
fn interrupts_without_notification_are_masked(w: &mut World) -> Outcome {
    let alarm = Alarm::new(w)?;
    let handler = handler(w, Trigger::Level)?;
    let bell = w.create::<Notification>()?;
    alarm.ring();
    w.settle()?;
    handler.set_notification(bell)?;
    handler.set_notification(w.mint(bell, Rights::WRITE, 4)?)?;
    check_eq!(arrived(w, bell)?, 0);
    handler.acknowledge()?;
    check_eq!(bell.wait(), 4);
    alarm.silence();
    PASSED
}

/// "deleting/revoking the ntfn cap removes the binding".
fn a_revoked_notification_ends_the_binding(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    w.revoke(bell)?;
    alarm.ring();
    check_eq!(arrived(w, bell)?, 0);
    handler.set_notification(w.mint(bell, Rights::WRITE, 8)?)?;
    handler.acknowledge()?;
    check_eq!(bell.wait(), 8);
    alarm.silence();
    PASSED
}

/// "stores a derived copy": the handler has its own capability, so that the one that it was
/// given may go. (The sentence before speaks of the notification's last capability.)
fn a_deleted_copy_keeps_the_binding(w: &mut World) -> Outcome {
    let alarm = Alarm::new(w)?;
    let handler = handler(w, Trigger::Level)?;
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::WRITE, 8)?;
    handler.set_notification(badged)?;
    w.delete(badged)?;
    alarm.ring();
    check_eq!(bell.wait(), 8);
    alarm.silence();
    PASSED
}

/// Copies of a handler are as good as the first (§3: derivation copies it as is).
fn handlers_can_be_copied(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    let copy = w.copy(handler, Rights::NONE)?;
    alarm.ring();
    check_eq!(bell.wait(), 1);
    check_eq!(copy.acknowledge(), Ok(()));
    check_eq!(bell.wait(), 1);
    alarm.silence();
    check_eq!(copy.clear(), Ok(()));
    PASSED
}

/// "deleting the last copy of a handler frees the IRQ".
fn the_last_handler_frees_the_interrupt(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    let copy = w.copy(handler, Rights::ALL)?;
    let again = w.slot::<IrqHandler>()?;
    w.delete(handler)?;
    check_eq!(CONTROL.issue(IRQ, w.path(again)), Err(Error::RevokeFirst));
    w.delete(copy)?;
    check_eq!(CONTROL.issue(IRQ, w.path(again)), Ok(()));
    PASSED
}

/// "IRQ handler: ntfn binding removed, IRQ masked and free again" (§4).
fn a_new_handler_has_no_notification(w: &mut World) -> Outcome {
    let (alarm, handler, bell) = prepared(w, 1)?;
    w.delete(handler)?;
    alarm.ring();
    check_eq!(arrived(w, bell)?, 0);
    self::handler(w, Trigger::Level)?;
    check_eq!(arrived(w, bell)?, 0);
    alarm.silence();
    PASSED
}

/// "Handlers are children of IRQControl."
fn handlers_are_children_of_the_control(w: &mut World) -> Outcome {
    let handler = handler(w, Trigger::Level)?;
    let copy = w.copy(handler, Rights::ALL)?;
    w.revoke(CONTROL)?;
    check!(w.is_empty(handler) && w.is_empty(copy) && w.holds(CONTROL));
    let again = w.slot::<IrqHandler>()?;
    check_eq!(CONTROL.issue(IRQ, w.path(again)), Ok(()));
    // A copy is a plain one: revoking it deletes nothing, and revoking the first deletes it.
    let copy = w.copy(again, Rights::ALL)?;
    w.revoke(copy)?;
    check!(w.holds(again));
    PASSED
}

/// "IRQControl covers IRQControl, handlers, SGI caps" (§4).
fn software_interrupts_are_children_of_the_control(w: &mut World) -> Outcome {
    let (sgi, handler, _) = software_interrupt(w)?;
    let copy = w.copy(sgi, Rights::NONE)?;
    w.revoke(CONTROL)?;
    check!(w.is_empty(sgi) && w.is_empty(copy) && w.is_empty(handler));
    PASSED
}

/// A software interrupt to this core, its handler, and what the handler signals.
fn software_interrupt(w: &mut World) -> Outcome<(Cap<Sgi>, Cap<IrqHandler>, Cap<Notification>)> {
    skip_if!(w.cores() > 1, "several cores");
    let (sgi, handler) = (w.slot::<Sgi>()?, w.slot::<IrqHandler>()?);
    CONTROL.issue_sgi(9, 0, w.path(sgi))?;
    CONTROL.issue(9, w.path(handler))?;
    let bell = w.create::<Notification>()?;
    handler.set_notification(w.mint(bell, Rights::WRITE, 0x99)?)?;
    Ok((sgi, handler, bell))
}

/// IssueSGISignal: "any invocation sends the SGI to that CPU interface".
fn software_interrupts_are_sent(w: &mut World) -> Outcome {
    let (sgi, handler, bell) = software_interrupt(w)?;
    for _ in 0..3 {
        sgi.fire();
        check_eq!(bell.wait(), 0x99);
        handler.acknowledge()?;
    }
    check_eq!(arrived(w, bell)?, 0);
    PASSED
}

/// "*any* label sent to an SGI-signal cap fires it" (abi.md §7), with any kind of call.
fn any_label_sends_a_software_interrupt(w: &mut World) -> Outcome {
    let (sgi, handler, bell) = software_interrupt(w)?;
    for label in [0, 1, 27, 57, 0xf_ffff_ffff_ffff] {
        check!(call(sgi, label, &[1, 2, 3], &[]).is_ok());
        check_eq!(bell.wait(), 0x99);
        handler.acknowledge()?;
    }
    syscall::nb_send(sgi.pointer(), Message::EMPTY);
    check_eq!(bell.wait(), 0x99);
    handler.acknowledge()?;
    check_eq!(syscall::nb_send_wait(sgi.pointer(), Message::EMPTY, bell.pointer()).badge, 0x99);
    PASSED
}

/// GetTriggerCore: "SPIs are routed to that core"; the signal arrives all the same.
fn shared_interrupts_go_to_their_core(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core");
    let alarm = Alarm::new(w)?;
    let bell = w.create::<Notification>()?;
    for core in 0..w.cores() {
        let handler = w.slot::<IrqHandler>()?;
        CONTROL.issue_trigger_core(IRQ, Trigger::Level, w.path(handler), core)?;
        handler.set_notification(w.mint(bell, Rights::WRITE, 1 + core)?)?;
        alarm.ring();
        check_eq!(bell.wait(), 1 + core);
        alarm.silence();
        handler.acknowledge()?;
        w.delete(handler)?;
    }
    PASSED
}
