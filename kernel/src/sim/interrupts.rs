//! Interrupts as signals. (objects.md §10)

use std::vec;

use abi::bootinfo::slot;
use abi::{Error, Invocation, LookupFailure, ObjectType, Syscall};
use platform::contract::{Platform, Trigger};

use super::System;
use super::calls::Answer;
use super::system::Setup;
use super::world::DEPTH;
use crate::cap::Cap;
use crate::thread::State;

const OK: Answer = Ok(vec::Vec::new());
const IRQ: u64 = 40;

impl System {
    /// A handler for an interrupt.
    fn handler(&mut self, irq: u64) -> u64 {
        let to = self.free_slot();
        let words = [irq, to, DEPTH];
        let answer = self.invoke(slot::IRQ_CONTROL, Invocation::IrqControlGet, &words, &ROOT);
        assert_eq!(answer, OK);
        to
    }

    fn bind(&mut self, handler: u64, notification: u64) -> Answer {
        self.invoke(handler, Invocation::IrqHandlerSetNotification, &[], &[notification])
    }

    fn poll(&mut self, notification: u64) -> u64 {
        self.receive_by(Syscall::NBWait, notification, 0);
        self.registers(self.running()).x[0]
    }
}

const ROOT: [u64; 1] = [slot::CNODE];

#[test]
fn requests_are_checked_in_order() {
    let mut system = System::new();
    let to = system.free_slot();
    let get = |system: &mut System, words: &[u64], caps: &[u64]| {
        system.invoke(slot::IRQ_CONTROL, Invocation::IrqControlGet, words, caps)
    };
    let truncated = Err(Error::TruncatedMessage);
    assert_eq!(get(&mut system, &[IRQ, to], &ROOT), truncated);
    assert_eq!(get(&mut system, &[IRQ, to, DEPTH], &[]), truncated);
    let range = Err(Error::Range { min: 0, max: 159 });
    assert_eq!(get(&mut system, &[160, to, DEPTH], &ROOT), range);
    assert_eq!(get(&mut system, &[27, to, DEPTH], &ROOT), Err(Error::RevokeFirst));
    let lookup = LookupFailure::InvalidRoot;
    let failed = Err(Error::destination(lookup));
    assert_eq!(get(&mut system, &[IRQ, to, DEPTH], &[slot::THREAD]), failed);
    assert_eq!(get(&mut system, &[IRQ, 1, DEPTH], &ROOT), Err(Error::DeleteFirst));
    assert_eq!(get(&mut system, &[IRQ, to, DEPTH], &ROOT), OK);
    assert_eq!(get(&mut system, &[IRQ, to, DEPTH], &ROOT), Err(Error::RevokeFirst));
    let illegal = Err(Error::IllegalOperation);
    let label = Invocation::IrqHandlerAck;
    assert_eq!(system.invoke(slot::IRQ_CONTROL, label, &[], &[]), illegal);
    assert_eq!(system.invoke(to, Invocation::IrqControlGet, &[], &[]), illegal);
    let other = system.free_slot();
    let words = [other, DEPTH, slot::IRQ_CONTROL, DEPTH, 15];
    assert_eq!(system.invoke(slot::CNODE, Invocation::CNodeCopy, &words, &ROOT), illegal);
}

#[test]
fn an_interrupt_is_a_signal_and_stays_masked_until_acknowledged() {
    let mut system = System::new();
    let handler = system.handler(IRQ);
    let notification = system.make(ObjectType::Notification, 0);
    let badged = system.mint(notification, 15, 8);
    assert_eq!(system.bind(handler, badged), OK);
    assert!(system.machine.is_unmasked(40, 0));
    system.machine.raise(40, 0);
    system.interrupt();
    assert!(!system.machine.is_unmasked(40, 0));
    assert_eq!(system.poll(notification), 8);
    system.machine.lower(40, 0);
    assert_eq!(system.invoke(handler, Invocation::IrqHandlerAck, &[], &[]), OK);
    assert!(system.machine.is_unmasked(40, 0));
    // Bound to another notification, then to nothing.
    let second = system.make(ObjectType::Notification, 0);
    assert_eq!(system.bind(handler, second), OK);
    system.machine.raise(40, 0);
    system.interrupt();
    assert_eq!((system.poll(notification), system.poll(second)), (0, 0));
    assert_eq!(system.invoke(handler, Invocation::IrqHandlerClear, &[], &[]), OK);
    assert_eq!(system.invoke(handler, Invocation::IrqHandlerAck, &[], &[]), OK);
    system.interrupt();
    assert!(!system.machine.is_unmasked(40, 0), "nobody acknowledges it");
}

#[test]
fn only_a_notification_that_can_be_signalled_is_bound() {
    let mut system = System::new();
    let handler = system.handler(IRQ);
    let notification = system.make(ObjectType::Notification, 0);
    let read_only = system.copy(notification, 2);
    let refused = Err(Error::InvalidCapability(0));
    assert_eq!(system.bind(handler, read_only), refused);
    assert_eq!(system.bind(handler, slot::CNODE), refused);
    let label = Invocation::IrqHandlerSetNotification;
    assert_eq!(system.invoke(handler, label, &[], &[]), Err(Error::TruncatedMessage));
}

#[test]
fn deleting_a_handler_frees_the_interrupt_and_its_notification() {
    let mut system = System::new();
    let handler = system.handler(IRQ);
    let notification = system.make(ObjectType::Notification, 0);
    let waiter = system.ready_helper();
    assert_eq!(system.bind(handler, notification), OK);
    system.switch_to(waiter.thread);
    system.receive_by(Syscall::Wait, notification, 0);
    assert_eq!(system.delete_slot(notification), OK);
    assert!(matches!(system.state(waiter.thread), State::Waiting { .. }), "one is left");
    let copy = system.copy(handler, 15);
    assert_eq!(system.delete_slot(handler), OK);
    assert!(system.machine.is_unmasked(40, 0));
    system.pressure = true;
    assert_eq!(system.delete_slot(copy), OK);
    system.pressure = false;
    assert_eq!(system.state(waiter.thread), State::Restart, "the last one went too");
    assert!(!system.machine.is_unmasked(40, 0));
    system.handler(IRQ);
}

#[test]
fn revoking_control_frees_all_interrupts() {
    let mut system = System::new();
    let handlers = [33, 34, 35].map(|irq| system.handler(irq));
    let signal = system.free_slot();
    let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
    let words = [3, 1, signal, DEPTH];
    assert_eq!(system.invoke(slot::IRQ_CONTROL, label, &words, &ROOT), OK);
    assert_eq!(system.revoke_slot(slot::IRQ_CONTROL), OK);
    for cptr in handlers.into_iter().chain([signal]) {
        assert_eq!(system.cap(cptr), Cap::Null);
    }
}

#[test]
fn triggers_are_chosen() {
    let mut system = System::new();
    let to = [system.free_slot(), system.free_slot()];
    let label = Invocation::IrqControlGetTrigger;
    let control = slot::IRQ_CONTROL;
    assert_eq!(system.invoke(control, label, &[50, 1, to[0], DEPTH], &ROOT), OK);
    assert_eq!(system.invoke(control, label, &[51, 0, to[1], DEPTH], &ROOT), OK);
    assert_eq!(system.machine.trigger(50), Trigger::Edge);
    assert_eq!(system.machine.trigger(51), Trigger::Level);
    let short = system.invoke(control, label, &[50, 1, to[0]], &ROOT);
    assert_eq!(short, Err(Error::TruncatedMessage));
}

#[test]
fn software_interrupts_are_raised_by_any_message() {
    let mut system = System::new();
    let to = system.free_slot();
    let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
    let mut issue = |words: &[u64]| system.invoke(slot::IRQ_CONTROL, label, words, &ROOT);
    assert_eq!(issue(&[16, 0, to, DEPTH]), Err(Error::Range { min: 0, max: 15 }));
    assert_eq!(issue(&[15, 8, to, DEPTH]), Err(Error::InvalidArgument(1)));
    assert_eq!(issue(&[15, 0, 1, DEPTH]), Err(Error::DeleteFirst));
    assert_eq!(issue(&[15, 0, to]), Err(Error::TruncatedMessage));
    assert_eq!(issue(&[15, 0, to, DEPTH]), OK);
    let handler = system.handler(15);
    let notification = system.make(ObjectType::Notification, 0);
    assert_eq!(system.bind(handler, notification), OK);
    system.call(to, 999, &[], &[]);
    assert!(system.machine.interrupt_pending());
    system.interrupt();
    assert_eq!(system.poll(notification), 0, "an unbadged signal");
}

#[test]
fn several_cores_have_private_and_routed_interrupts() {
    let mut system = System::boot(Setup { cores: 2, ..Setup::default() });
    let to = [system.free_slot(), system.free_slot(), system.free_slot()];
    let control = slot::IRQ_CONTROL;
    let trigger = Invocation::IrqControlGetTrigger;
    let private = system.invoke(control, trigger, &[20, 0, to[0], DEPTH], &ROOT);
    assert_eq!(private, Err(Error::IllegalOperation));
    let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
    let mut get = |irq, to, core| system.invoke(control, label, &[irq, 1, to, DEPTH, core], &ROOT);
    assert_eq!(get(160, to[0], 0), Err(Error::Range { min: 0, max: 159 }));
    assert_eq!(get(60, to[0], 2), Err(Error::InvalidArgument(4)));
    assert_eq!(get(0, to[0], 1), Err(Error::RevokeFirst), "the kernel's own");
    assert_eq!(get(1, to[0], 1), Err(Error::RevokeFirst));
    assert_eq!(get(60, to[0], 1), OK);
    assert_eq!(get(20, to[1], 0), OK);
    assert_eq!(get(20, to[2], 1), OK);
    assert_eq!(system.machine.route(60), 1);
    // The other core unmasks its own interrupt when it is told to.
    assert!(system.machine.is_unmasked(20, 0) && !system.machine.is_unmasked(20, 1));
    system.go_to(1);
    system.interrupt();
    assert!(system.machine.is_unmasked(20, 1));
    let notification = {
        system.go_to(0);
        system.make(ObjectType::Notification, 0)
    };
    assert_eq!(system.bind(to[2], notification), OK);
    system.go_to(1);
    system.machine.raise(20, 1);
    system.interrupt();
    assert!(!system.machine.is_unmasked(20, 1));
    system.go_to(0);
    assert_eq!(system.delete_slot(to[2]), OK);
    assert_eq!(system.cores[1].acknowledged, 0);
}
