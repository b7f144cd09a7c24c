//! Tests of the fake: it must behave as the contract says, or kernel tests prove nothing.

use core::num::NonZeroU16;
use std::vec;

use super::{Event, Machine};
use crate::address::PhysicalAddress;
use crate::context::Context;
use crate::contract::{
    CacheOperation, IPI_RESCHEDULE, Platform, SpaceRoot, StartError, TIMER_INTERRUPT, Ticks,
    Trigger,
};

/// A shared interrupt.
const SHARED: u32 = 40;

#[test]
fn the_timer_interrupts_its_core_at_the_deadline() {
    let mut machine = Machine::new(2);
    machine.set_core(1);
    machine.set_deadline(100);
    machine.set_now(99);
    assert!(!machine.interrupt_pending());
    machine.set_now(100);
    assert!(machine.interrupt_pending());
    machine.set_core(0);
    assert_eq!(machine.claim_interrupt(), None);
    machine.set_core(1);
    assert_eq!(machine.claim_interrupt(), Some(TIMER_INTERRUPT));
    machine.set_deadline(Ticks::MAX);
    machine.complete_interrupt(TIMER_INTERRUPT);
    assert_eq!(machine.claim_interrupt(), None);
}

#[test]
fn a_deadline_in_the_past_interrupts_again_until_it_moves() {
    let mut machine = Machine::new(1);
    machine.set_now(50);
    machine.set_deadline(10);
    for _ in 0..2 {
        assert_eq!(machine.claim_interrupt(), Some(TIMER_INTERRUPT));
        machine.complete_interrupt(TIMER_INTERRUPT);
    }
    machine.set_deadline(51);
    assert!(!machine.interrupt_pending());
}

#[test]
fn a_level_lasts_until_it_is_lowered() {
    let mut machine = Machine::new(1);
    machine.unmask_interrupt(SHARED);
    machine.raise(SHARED, 0);
    assert_eq!(machine.claim_interrupt(), Some(SHARED));
    assert_eq!(machine.claim_interrupt(), None, "it is active");
    machine.complete_interrupt(SHARED);
    assert!(machine.interrupt_pending(), "the line is still high");
    machine.lower(SHARED, 0);
    assert!(!machine.interrupt_pending());
}

#[test]
fn an_edge_is_used_up_by_claiming() {
    let mut machine = Machine::new(1);
    machine.set_trigger(SHARED, Trigger::Edge);
    machine.unmask_interrupt(SHARED);
    machine.raise(SHARED, 0);
    assert_eq!(machine.claim_interrupt(), Some(SHARED));
    machine.raise(SHARED, 0);
    machine.complete_interrupt(SHARED);
    assert_eq!(machine.claim_interrupt(), Some(SHARED), "an edge while active is kept");
    machine.complete_interrupt(SHARED);
    assert!(!machine.interrupt_pending());
}

#[test]
fn a_masked_interrupt_waits() {
    let mut machine = Machine::new(1);
    machine.raise(SHARED, 0);
    assert!(!machine.interrupt_pending(), "interrupts start masked");
    machine.unmask_interrupt(SHARED);
    assert!(machine.interrupt_pending());
    machine.mask_interrupt(SHARED);
    assert_eq!(machine.claim_interrupt(), None);
    assert!(!machine.is_unmasked(SHARED, 0));
}

#[test]
fn a_shared_interrupt_follows_its_route() {
    let mut machine = Machine::new(2);
    machine.unmask_interrupt(SHARED);
    machine.raise(SHARED, 0);
    machine.route_interrupt(SHARED, 1);
    assert_eq!((machine.route(SHARED), machine.interrupt_pending()), (1, false));
    machine.set_core(1);
    assert_eq!(machine.claim_interrupt(), Some(SHARED));
}

#[test]
fn private_interrupts_are_separate_on_each_core() {
    let mut machine = Machine::new(2);
    machine.unmask_interrupt(30);
    machine.raise(30, 1);
    assert!(!machine.interrupt_pending());
    machine.raise(30, 0);
    assert!(machine.interrupt_pending());
    machine.set_core(1);
    assert!(!machine.interrupt_pending(), "still masked on this core");
}

#[test]
fn the_lowest_number_is_claimed_first() {
    let mut machine = Machine::new(1);
    for irq in [90, SHARED, 33] {
        machine.unmask_interrupt(irq);
        machine.raise(irq, 0);
    }
    let order = [machine.claim_interrupt(), machine.claim_interrupt(), machine.claim_interrupt()];
    assert_eq!(order, [Some(33), Some(SHARED), Some(90)]);
}

#[test]
#[should_panic(expected = "without claiming")]
fn completing_what_was_not_claimed_is_caught() {
    Machine::new(1).complete_interrupt(SHARED);
}

#[test]
fn a_core_is_interrupted_by_another() {
    let mut machine = Machine::new(2);
    machine.interrupt_core(1);
    assert!(!machine.interrupt_pending());
    machine.set_core(1);
    assert_eq!(machine.claim_interrupt(), Some(u32::from(IPI_RESCHEDULE)));
    let expected = [
        Event::InterruptCore { core: 0, target: 1 },
        Event::Claim { core: 1, irq: u32::from(IPI_RESCHEDULE) },
    ];
    assert_eq!(machine.events(), expected);
}

#[test]
fn registers_belong_to_their_core() {
    let mut machine = Machine::new(2);
    let mut context = Context::new(0x40);
    context.fpu.q[31] = 7;
    context.tpidr = 8;
    context.tpidrro = 9;
    machine.restore_fpu(&context);
    machine.load_user_registers(&context);
    machine.core_state_mut(0).tpidr = 10;
    let mut saved = Context::new(0x40);
    machine.save_fpu(&mut saved);
    machine.save_user_registers(&mut saved);
    assert_eq!((saved.fpu.q[31], saved.tpidr), (7, 10));
    machine.set_core(1);
    machine.save_fpu(&mut saved);
    assert_eq!(saved.fpu.q[31], 0);
    assert_eq!(machine.core_state(0).tpidrro, 9);
}

#[test]
fn operations_are_noted_in_order() {
    let mut machine = Machine::new(1);
    let root = PhysicalAddress(0x4000_0000);
    machine.publish_tables();
    machine.activate_space(SpaceRoot::new(root, NonZeroU16::new(3).expect("three")));
    machine.flush_page(3, 0x1000);
    machine.maintain_cache(CacheOperation::Unify, root, 64);
    let mut words = [1u128; 4];
    machine.clear(&mut words);
    machine.activate_no_space();
    assert_eq!(words, [0; 4]);
    let expected = vec![
        Event::PublishTables { core: 0 },
        Event::ActivateSpace { core: 0, root, asid: 3 },
        Event::FlushPage { asid: 3, vaddr: 0x1000 },
        Event::MaintainCache { operation: CacheOperation::Unify, start: root, length: 64 },
        Event::Clear { length: 64 },
        Event::ActivateNoSpace { core: 0 },
    ];
    assert_eq!(machine.take_events(), expected);
    assert!(machine.events().is_empty());
    assert_eq!(machine.core_state(0).space, None);
}

#[test]
fn cores_start_once() {
    let mut machine = Machine::new(3);
    assert_eq!(machine.start_core(2), Ok(()));
    assert_eq!(machine.start_core(2), Err(StartError::AlreadyOn));
    assert_eq!(machine.start_core(0), Err(StartError::NoSuchCore));
    assert_eq!(machine.start_core(3), Err(StartError::NoSuchCore));
    let started = [0, 1, 2].map(|core| machine.core_state(core).started);
    assert_eq!(started, [true, false, true]);
}

#[test]
fn a_copy_goes_its_own_way() {
    let mut machine = Machine::new(1);
    machine.set_now(5);
    let mut copy = machine.clone();
    copy.set_now(6);
    copy.put_byte(b'x');
    assert_eq!((machine.now(), machine.output()), (5, &b""[..]));
    assert_eq!((copy.now(), copy.output()), (6, &b"x"[..]));
}

#[test]
#[should_panic(expected = "switched off")]
fn switching_off_ends_the_test() {
    Machine::new(1).power_off();
}
