//! Untyped memory and CNodes. (objects.md §2, §3)

use std::vec;

use abi::bootinfo::slot;
use abi::{Error, Invocation, LookupFailure, ObjectType};

use super::System;
use super::calls::Answer;
use super::world::DEPTH;
use crate::cap::Cap;

const OK: Answer = Ok(vec::Vec::new());
const ILLEGAL: Answer = Err(Error::IllegalOperation);
const TRUNCATED: Answer = Err(Error::TruncatedMessage);
const ROOT: [u64; 1] = [slot::CNODE];

fn range(min: u64, max: u64) -> Answer {
    Err(Error::Range { min, max })
}

#[test]
fn retype_checks_in_order() {
    let mut system = System::new();
    let pool = system.make(ObjectType::Untyped, 14);
    let to = system.free_slot();
    let device = system
        .untyped
        .clone()
        .find(|cptr| matches!(system.cap(*cptr), Cap::Untyped { device: true, bits: 12.., .. }));
    let mut retype = |untyped, words: [u64; 6], caps: &[u64]| {
        system.invoke(untyped, Invocation::UntypedRetype, &words, caps)
    };
    let cnode = ObjectType::CNode.word();
    assert_eq!(retype(pool, [12, 0, 0, 0, to, 1], &[]), TRUNCATED);
    assert_eq!(retype(pool, [12, 0, 0, 0, to, 1], &ROOT), Err(Error::InvalidArgument(0)));
    assert_eq!(retype(pool, [0, 64, 0, 0, to, 1], &ROOT), range(0, 47));
    assert_eq!(retype(pool, [0, 48, 0, 0, to, 1], &ROOT), range(0, 47));
    assert_eq!(retype(pool, [cnode, 43, 0, 0, to, 1], &ROOT), range(0, 47));
    for (object, size) in [(4, 0), (0, 3), (5, 6)] {
        let words = [object, size, 0, 0, to, 1];
        assert_eq!(retype(pool, words, &ROOT), Err(Error::InvalidArgument(1)));
    }
    let missing =
        |bits_left| Err(Error::destination(LookupFailure::MissingCapability { bits_left }));
    assert_eq!(retype(pool, [2, 0, 1, 65, to, 1], &ROOT), range(1, 64));
    assert_eq!(retype(pool, [2, 0, 1, 64, to, 1], &ROOT), missing(64));
    assert_eq!(retype(pool, [2, 0, 0, 0, to, 1], &[slot::THREAD]), missing(0));
    assert_eq!(retype(pool, [2, 0, 0, 0, 512, 1], &ROOT), range(0, 511));
    assert_eq!(retype(pool, [2, 0, 0, 0, to, 0], &ROOT), range(1, 256));
    assert_eq!(retype(pool, [2, 0, 0, 0, to, 257], &ROOT), range(1, 256));
    assert_eq!(retype(pool, [2, 0, 0, 0, 510, 3], &ROOT), range(1, 2));
    assert_eq!(retype(pool, [2, 0, 0, 0, 1, 1], &ROOT), Err(Error::DeleteFirst));
    assert_eq!(retype(pool, [0, 13, 0, 0, to, 3], &ROOT), Err(Error::NotEnoughMemory(1 << 14)));
    if let Some(device) = device {
        let refused = retype(device, [2, 0, 0, 0, to, 1], &ROOT);
        assert_eq!(refused, Err(Error::InvalidArgument(1)));
        assert_eq!(retype(device, [9, 0, 0, 0, to, 1], &ROOT), OK);
    }
    let wrong = system.invoke(pool, Invocation::CNodeCopy, &[], &[]);
    assert_eq!(wrong, ILLEGAL);
}

#[test]
fn memory_is_cleared_before_it_is_used_again() {
    let mut system = System::new();
    let pool = system.make(ObjectType::Untyped, 14);
    let to = system.free_slot();
    assert_eq!(system.retype(pool, ObjectType::SmallPage, 0, to, 1), OK);
    let Cap::Page(page) = system.cap(to) else { panic!("no page") };
    system.mem.write_user(page.start(), 0x5ec2e7);
    assert_eq!(system.delete_slot(to), OK);
    system.pressure = true;
    assert_eq!(system.retype(pool, ObjectType::SmallPage, 0, to, 1), OK);
    assert_eq!(system.mem.read_user(page.start()), 0);
}

#[test]
fn objects_are_aligned_and_the_last_byte_counts() {
    let mut system = System::new();
    let pool = system.make(ObjectType::Untyped, 13);
    let to = [system.free_slot(), system.free_slot(), system.free_slot()];
    assert_eq!(system.retype(pool, ObjectType::Endpoint, 0, to[0], 1), OK);
    assert_eq!(system.retype(pool, ObjectType::SmallPage, 0, to[1], 1), OK);
    let full = system.retype(pool, ObjectType::Endpoint, 0, to[2], 1);
    assert_eq!(full, Err(Error::NotEnoughMemory(0)));
    // A copy is impossible while there are descendants.
    let words = [to[2], DEPTH, pool, DEPTH, 15];
    let copy = system.invoke(slot::CNODE, Invocation::CNodeCopy, &words, &ROOT);
    assert_eq!(copy, Err(Error::RevokeFirst));
    assert_eq!(system.revoke_slot(pool), OK);
    assert_eq!(system.invoke(slot::CNODE, Invocation::CNodeCopy, &words, &ROOT), OK);
    // The original counts as full now, the copy does not.
    let full = system.retype(pool, ObjectType::Endpoint, 0, to[0], 1);
    assert_eq!(full, Err(Error::NotEnoughMemory(0)));
    assert_eq!(system.retype(to[2], ObjectType::Endpoint, 0, to[0], 1), OK);
    assert_eq!(system.revoke_slot(pool), OK);
    assert_eq!((system.cap(to[0]), system.cap(to[2])), (Cap::Null, Cap::Null));
}

/// An invocation of the root CNode.
fn op(system: &mut System, label: Invocation, words: &[u64], caps: &[u64]) -> Answer {
    system.invoke(slot::CNODE, label, words, caps)
}

#[test]
fn copies_are_checked_in_order() {
    use Invocation::{CNodeCopy as Copy, CNodeMint as Mint, CNodeMove as Move, CNodeMutate};
    let mut system = System::new();
    let system = &mut system;
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let to = system.free_slot();
    assert_eq!(op(system, Invocation::ThreadResume, &[], &[]), ILLEGAL);
    assert_eq!(op(system, Copy, &[to], &ROOT), TRUNCATED);
    assert_eq!(op(system, Copy, &[to, 0, endpoint, DEPTH], &ROOT), range(1, 64));
    assert_eq!(op(system, Copy, &[to, DEPTH, endpoint], &ROOT), TRUNCATED);
    assert_eq!(op(system, Copy, &[to, DEPTH, endpoint, DEPTH, 15], &[]), TRUNCATED);
    // The destination is looked at before the source, even if they are the same.
    let same = [endpoint, DEPTH, endpoint, DEPTH];
    assert_eq!(op(system, Move, &same, &ROOT), Err(Error::DeleteFirst));
    let empty = LookupFailure::MissingCapability { bits_left: DEPTH };
    assert_eq!(op(system, Move, &[to, DEPTH, to, DEPTH], &ROOT), Err(Error::source(empty)));
    let root = Err(Error::source(LookupFailure::InvalidRoot));
    assert_eq!(op(system, Move, &[to, DEPTH, 1, DEPTH], &[slot::THREAD]), root);
    assert_eq!(op(system, Copy, &[to, DEPTH, endpoint, DEPTH], &ROOT), TRUNCATED);
    assert_eq!(op(system, Mint, &[to, DEPTH, endpoint, DEPTH, 15], &ROOT), TRUNCATED);
    assert_eq!(op(system, CNodeMutate, &[to, DEPTH, endpoint, DEPTH], &ROOT), TRUNCATED);
    assert_eq!(op(system, CNodeMutate, &[to, DEPTH, endpoint, DEPTH, 0], &ROOT), ILLEGAL);
    let control = [to, DEPTH, slot::IRQ_CONTROL, DEPTH, 15];
    assert_eq!(op(system, Copy, &control, &ROOT), ILLEGAL);
    let depth = [to, DEPTH, endpoint, 63, 15];
    assert!(matches!(op(system, Copy, &depth, &ROOT), Err(Error::FailedLookup { .. })));
}

#[test]
fn badges_are_given_once_and_guards_must_fit() {
    use Invocation::{CNodeMint, CNodeMutate};
    let mut system = System::new();
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let badged = system.mint(endpoint, 15, 4);
    let cnode = system.make(ObjectType::CNode, 4);
    let to = system.free_slot();
    for badge in [0, 4, 5] {
        let words = [to, DEPTH, badged, DEPTH, 15, badge];
        assert_eq!(op(&mut system, CNodeMint, &words, &ROOT), ILLEGAL);
    }
    assert_eq!(op(&mut system, CNodeMutate, &[to, DEPTH, cnode, DEPTH, 61], &ROOT), ILLEGAL);
    let guard = 3 << 6 | 60;
    assert_eq!(op(&mut system, CNodeMutate, &[to, DEPTH, cnode, DEPTH, guard], &ROOT), OK);
    assert!(matches!(system.cap(to), Cap::CNode { guard_bits: 60, guard: 3, .. }));
    assert_eq!(system.cap(cnode), Cap::Null);
}

#[test]
fn rotation_moves_two_and_swaps_them() {
    use Invocation::CNodeRotate;
    let mut system = System::new();
    let pivot = system.make(ObjectType::CNode, 1);
    let source = system.make(ObjectType::CNode, 2);
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let (to, empty) = (system.free_slot(), system.free_slot());
    let caps = [slot::CNODE, slot::CNODE];
    let words = |to, pivot, source| [to, DEPTH, 0, pivot, DEPTH, 0, source, DEPTH];
    let system = &mut system;
    let missing = LookupFailure::MissingCapability { bits_left: DEPTH };
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, source)[..7], &caps), TRUNCATED);
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, source), &ROOT), TRUNCATED);
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, pivot), &caps), ILLEGAL);
    assert_eq!(op(system, CNodeRotate, &words(pivot, pivot, source), &caps), ILLEGAL);
    let occupied = words(endpoint, pivot, source);
    assert_eq!(op(system, CNodeRotate, &occupied, &caps), Err(Error::DeleteFirst));
    let no_source = op(system, CNodeRotate, &words(to, pivot, empty), &caps);
    assert_eq!(no_source, Err(Error::source(missing)));
    let no_pivot = op(system, CNodeRotate, &words(to, empty, source), &caps);
    assert_eq!(no_pivot, Err(Error::destination(missing)));
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, endpoint), &caps), ILLEGAL);
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, source), &caps), OK);
    let radix = |cap| match cap {
        Cap::CNode { radix, .. } => radix,
        other => panic!("{other:?}"),
    };
    assert_eq!((radix(system.cap(to)), radix(system.cap(pivot))), (1, 2));
    // Neighbours in the derivation list change places.
    assert_eq!(op(system, CNodeRotate, &words(to, pivot, to), &caps), OK);
    assert_eq!((radix(system.cap(to)), radix(system.cap(pivot))), (2, 1));
}

#[test]
fn what_revocation_deletes() {
    let mut system = System::new();
    let endpoint = system.make(ObjectType::Endpoint, 0);
    let copy = system.copy(endpoint, 15);
    let badged = system.mint(endpoint, 15, 4);
    let child = system.copy(badged, 15);
    let sibling = system.mint(endpoint, 15, 4);
    let empty = system.free_slot();
    assert_eq!(system.revoke_slot(empty), OK);
    assert_eq!(system.revoke_slot(copy), OK);
    assert!(!matches!(system.cap(badged), Cap::Null), "a copy has no descendants");
    assert_eq!(system.revoke_slot(badged), OK);
    assert_eq!(system.cap(child), Cap::Null);
    assert!(!matches!(system.cap(sibling), Cap::Null), "minted apart");
    assert_eq!(system.revoke_slot(endpoint), OK);
    for cptr in [copy, badged, sibling] {
        assert_eq!(system.cap(cptr), Cap::Null);
    }
}
