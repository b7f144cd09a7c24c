//! Deletion of what is nested. (objects.md §4; `crate::finalise`)

use abi::bootinfo::slot;
use abi::{Invocation, ObjectType};

use super::System;
use super::system::Setup;
use super::world::DEPTH;
use crate::cap::Cap;
use crate::mem::Obj;
use crate::slot::Slot;
use crate::thread::Thread;

const OK: super::calls::Answer = Ok(std::vec::Vec::new());

impl System {
    /// An untyped of its own, so that what is made of it can be revoked.
    fn pool(&mut self, bits: u64) -> u64 {
        self.make(ObjectType::Untyped, bits)
    }

    /// A CNode of two slots made of `pool`, its capability in slot `to` of the CNode `inside`.
    fn cnode_in(&mut self, pool: u64, inside: u64, to: u64) {
        let words = [ObjectType::CNode.word(), 1, inside, DEPTH, to, 1];
        assert_eq!(self.invoke(pool, Invocation::UntypedRetype, &words, &[slot::CNODE]), OK);
    }

    /// Moves a capability between slots named by CNode, index and depth.
    fn move_cap(&mut self, from: [u64; 3], to: [u64; 3]) {
        let [from_node, from_index, from_depth] = from;
        let [to_node, to_index, to_depth] = to;
        let words = [to_index, to_depth, from_index, from_depth];
        let answer = self.invoke(to_node, Invocation::CNodeMove, &words, &[from_node]);
        assert_eq!(answer, OK);
    }

    fn slot_count(&self) -> usize {
        self.mem.all::<Slot>().count()
    }

    /// Builds a chain of CNodes, each of which holds the last capability to the next in its slot
    /// `position`; the first one's is in the slot that is returned.
    fn chain(&mut self, pool: u64, length: u64, position: u64) -> u64 {
        // From the inside out: the newest CNode takes the older ones in.
        let (outer, inner) = (self.free_slot(), self.free_slot());
        for link in 0..length {
            let words = [ObjectType::CNode.word(), 1, 0, 0, outer, 1];
            assert_eq!(self.invoke(pool, Invocation::UntypedRetype, &words, &[slot::CNODE]), OK);
            if link > 0 {
                self.move_cap([slot::CNODE, inner, DEPTH], [outer, position, 1]);
            }
            self.move_cap([slot::CNODE, outer, DEPTH], [slot::CNODE, inner, DEPTH]);
        }
        inner
    }
}

/// Deletes by calls of the root task that are preempted after every step.
fn delete_under_pressure(system: &mut System, cptr: u64) {
    system.pressure = true;
    assert_eq!(system.delete_slot(cptr), OK);
    system.pressure = false;
}

fn revoke_under_pressure(system: &mut System, cptr: u64) {
    system.pressure = true;
    assert_eq!(system.revoke_slot(cptr), OK);
    system.pressure = false;
}

#[test]
fn a_deep_chain_of_cnodes_is_deleted_step_by_step() {
    for position in [0, 1] {
        let mut system = System::new();
        let pool = system.pool(18);
        let before = system.slot_count();
        system.checks = false;
        let first = system.chain(pool, 1000, position);
        assert_eq!(system.slot_count(), before + 2000);
        delete_under_pressure(&mut system, first);
        system.checks = true;
        system.check();
        assert_eq!(system.slot_count(), before);
        assert!(system.kernel().first_child(system.slot(pool)).is_none());
    }
}

#[test]
fn a_chain_is_deleted_with_every_preemption_checked() {
    for (length, position) in [(1, 0), (2, 0), (2, 1), (5, 0), (5, 1), (12, 1)] {
        let mut system = System::new();
        let pool = system.pool(14);
        let before = system.slot_count();
        let first = system.chain(pool, length, position);
        delete_under_pressure(&mut system, first);
        assert_eq!(system.slot_count(), before);
    }
}

#[test]
fn a_cnode_that_holds_its_own_last_capability_goes_with_its_memory() {
    for position in [0, 1] {
        let mut system = System::new();
        let pool = system.pool(14);
        let before = system.slot_count();
        let cnode = system.free_slot();
        system.cnode_in(pool, slot::CNODE, cnode);
        system.move_cap([slot::CNODE, cnode, DEPTH], [cnode, position, 1]);
        assert_eq!(system.slot_count(), before + 2);
        revoke_under_pressure(&mut system, pool);
        assert_eq!(system.slot_count(), before);
    }
}

/// Two CNodes that hold the last capability to each other.
fn make_cycle(system: &mut System, pool: u64, in_a: u64, in_b: u64) {
    let (a, b) = (system.free_slot(), system.free_slot());
    system.cnode_in(pool, slot::CNODE, a);
    system.cnode_in(pool, slot::CNODE, b);
    system.move_cap([slot::CNODE, b, DEPTH], [a, in_a, 1]);
    // The capability to A moves into B through A itself.
    let root = system.root();
    let spare = system.free_slot();
    system.move_cap([a, in_a, 1], [slot::CNODE, spare, DEPTH]);
    let copy = system.copy(a, 15);
    system.move_cap([slot::CNODE, a, DEPTH], [spare, in_b, 1]);
    system.move_cap([slot::CNODE, spare, DEPTH], [copy, in_a, 1]);
    assert_eq!(system.delete_slot(copy), OK);
    assert_eq!(system.running(), root);
}

#[test]
fn cnodes_in_each_other_go_with_their_memory() {
    for (in_a, in_b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let mut system = System::new();
        let pool = system.pool(14);
        let before = system.slot_count();
        make_cycle(&mut system, pool, in_a, in_b);
        assert_eq!(system.slot_count(), before + 4);
        revoke_under_pressure(&mut system, pool);
        assert_eq!(system.slot_count(), before, "{in_a} {in_b}");
    }
}

#[test]
fn untyped_memory_in_its_own_cnode_can_be_revoked() {
    for position in [0, 1] {
        let mut system = System::new();
        let pool = system.pool(14);
        let before = system.slot_count();
        let cnode = system.free_slot();
        system.cnode_in(pool, slot::CNODE, cnode);
        system.move_cap([slot::CNODE, pool, DEPTH], [cnode, position, 1]);
        // The revoked capability goes in the middle of it.
        system.pressure = true;
        let answer = system.invoke(cnode, Invocation::CNodeRevoke, &[position, 1], &[]);
        // The call is repeated after each preemption and finds its CNode gone.
        assert!(answer.is_err(), "{answer:?}");
        system.pressure = false;
        system.check();
        assert_eq!(system.revoke_slot(system.largest), OK);
        assert_eq!(system.slot_count(), before);
    }
}

#[test]
fn untyped_memory_in_its_own_cnode_can_be_revoked_at_once() {
    for position in [0, 1] {
        let mut system = System::new();
        let pool = system.pool(14);
        let before = system.slot_count();
        let cnode = system.free_slot();
        system.cnode_in(pool, slot::CNODE, cnode);
        system.move_cap([slot::CNODE, pool, DEPTH], [cnode, position, 1]);
        assert_eq!(system.invoke(cnode, Invocation::CNodeRevoke, &[position, 1], &[]), OK);
        assert_eq!(system.revoke_slot(system.largest), OK);
        assert_eq!(system.slot_count(), before);
    }
}

#[test]
fn a_thread_may_hold_its_own_cspace_and_itself() {
    let mut system = System::new();
    let pool = system.pool(16);
    let before = (system.slot_count(), system.mem.all::<Thread>().count());
    let (cnode, tcb) = (system.free_slot(), system.free_slot());
    system.cnode_in(pool, slot::CNODE, cnode);
    assert_eq!(system.retype(pool, ObjectType::Thread, 0, tcb, 1), OK);
    let caps = [0, cnode, slot::VSPACE];
    assert_eq!(system.invoke(tcb, Invocation::ThreadSetSpace, &[0, 0], &caps), OK);
    system.move_cap([slot::CNODE, tcb, DEPTH], [cnode, 1, 1]);
    assert_eq!(system.delete_slot(cnode), OK);
    // The thread holds the CNode, which holds the thread.
    assert_eq!(system.mem.all::<Thread>().count(), before.1 + 1);
    revoke_under_pressure(&mut system, pool);
    assert_eq!((system.slot_count(), system.mem.all::<Thread>().count()), before);
}

#[test]
fn zombies_can_be_seen_but_not_used() {
    let mut system = System::new();
    let pool = system.pool(14);
    let cnode = system.free_slot();
    system.cnode_in(pool, slot::CNODE, cnode);
    // The first step of a deletion, as a preempted call leaves it.
    system.work_left = 1;
    system.machine.raise(40, 0);
    use platform::contract::Platform;
    system.machine.unmask_interrupt(40);
    let at: Obj<Slot> = system.slot(cnode);
    assert!(system.delete(at).is_err());
    system.interrupt();
    assert!(matches!(system.cap(cnode), Cap::Zombie(_)));
    let call = system.invoke(cnode, Invocation::CNodeDelete, &[0, 1], &[]);
    assert_eq!(call, Err(abi::Error::InvalidCapability(0)));
    let to = system.free_slot();
    let words = [to, DEPTH, cnode, DEPTH, 15];
    let copy = system.invoke(slot::CNODE, Invocation::CNodeCopy, &words, &[slot::CNODE]);
    assert_eq!(copy, Err(abi::Error::IllegalOperation));
    let tcb = system.make(ObjectType::Thread, 0);
    let set = system.invoke(tcb, Invocation::ThreadSetSpace, &[0, 0], &[0, cnode, slot::VSPACE]);
    assert_eq!(set, Err(abi::Error::IllegalOperation));
    assert_eq!(system.delete_slot(cnode), OK);
    assert_eq!(system.cap(cnode), Cap::Null);
}

#[test]
fn a_wide_revocation_makes_progress_under_pressure() {
    let mut system = System::boot(Setup { memory: 4, ..Setup::default() });
    let endpoint = system.make(ObjectType::Endpoint, 0);
    for badge in 1..60 {
        system.mint(endpoint, 15, badge);
    }
    revoke_under_pressure(&mut system, endpoint);
    assert_eq!(system.kernel().first_child(system.slot(endpoint)), None);
    assert!(matches!(system.cap(endpoint), Cap::Endpoint { .. }));
}
