//! Rotating three slots (objects.md §3, Rotate).

use super::tools::{invoke, missing, occupied, source_missing};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(rotating_moves_both_caps),
    test!(rotating_swaps_two_slots),
    test!(rotating_sets_both_guards),
    test!(the_first_data_word_goes_with_the_pivot),
    test!(rotating_keeps_the_place_in_the_tree),
    test!(eight_words_and_two_roots_are_needed),
    test!(the_source_is_looked_up_first),
    test!(the_pivot_lookup_is_reported_as_a_source),
    test!(the_pivot_differs_from_source_and_destination),
    test!(the_destination_is_empty_or_the_source),
    test!(an_empty_source_is_missing),
    test!(an_empty_pivot_is_missing),
    test!(endpoints_and_notifications_cannot_be_rotated),
    test!(guards_must_fit),
    test!(the_roots_may_differ),
    test!(the_first_failing_check_counts),
];

const NO_GUARD: GuardWord = GuardWord { bits: 0, guard: 0 };

/// A CNode with threads in slots 1 (the pivot's) and 2 (the source's); 0 is empty.
struct Stage {
    node: Cap<CNode>,
    pivot: Cap<Thread>,
    source: Cap<Thread>,
}

impl Stage {
    fn new(w: &mut World) -> Outcome<Self> {
        let node = w.create_sized::<CNode>(4)?;
        let (pivot, source) = (w.create::<Thread>()?, w.create::<Thread>()?);
        let stage = Self { node, pivot, source };
        stage.slot(1).copy_from(w.path(pivot), Rights::ALL)?;
        stage.slot(2).copy_from(w.path(source), Rights::ALL)?;
        Ok(stage)
    }

    fn slot(&self, index: u64) -> SlotPath {
        self.node.slot_at(index, 4)
    }

    /// Rotates without guards.
    fn rotate(&self, destination: u64, pivot: u64, source: u64) -> Result<(), Error> {
        let destination = self.slot(destination);
        destination.rotate_from(self.slot(pivot), NO_GUARD, self.slot(source), NO_GUARD)
    }

    /// Whether the thread in a slot is this one: it was named by its priority.
    fn holds(&self, w: &mut World, index: u64, thread: Cap<Thread>) -> Outcome<bool> {
        let probe = w.slot::<Thread>()?;
        w.path(probe).copy_from(self.slot(index), Rights::ALL)?;
        thread.write_registers(false, &UserContext::starting_at(0x1234, 0))?;
        let same = probe.read_registers(false, 1)?.words()[0] == 0x1234;
        thread.write_registers(false, &UserContext::default())?;
        w.delete(probe)?;
        Ok(same)
    }
}

/// "dest <- pivot cap, pivot <- source cap".
fn rotating_moves_both_caps(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    check_eq!(stage.rotate(0, 1, 2), Ok(()));
    check!(stage.holds(w, 0, stage.pivot)?);
    check!(stage.holds(w, 1, stage.source)?);
    check!(!occupied(stage.slot(2)));
    PASSED
}

/// "source==dest swaps the two".
fn rotating_swaps_two_slots(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    check_eq!(stage.rotate(2, 1, 2), Ok(()));
    check!(stage.holds(w, 2, stage.pivot)?);
    check!(stage.holds(w, 1, stage.source)?);
    PASSED
}

/// Guards of CNodes are set on the way: "CNode: sets guard (all three ops)".
fn rotating_sets_both_guards(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(2)?;
    let [one, two] = [w.create_sized::<CNode>(4)?, w.create_sized::<CNode>(4)?];
    node.slot_at(1, 2).move_from(w.path(one))?;
    node.slot_at(2, 2).move_from(w.path(two))?;
    let (first, second) = (GuardWord { bits: 4, guard: 0x3 }, GuardWord { bits: 8, guard: 0x7e });
    let (pivot, source) = (node.slot_at(1, 2), node.slot_at(2, 2));
    check_eq!(node.slot_at(0, 2).rotate_from(pivot, first, source, second), Ok(()));
    check_eq!(node.slot_at(0x30, 10).delete(), Ok(()));
    check_eq!(node.slot_at(1 << 12 | 0x7e0, 14).delete(), Ok(()));
    PASSED
}

/// "MR2 (first data word) belongs to the cap ending in dest (pivot) and MR5 to the cap ending
/// in the pivot slot (source)".
fn the_first_data_word_goes_with_the_pivot(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(2)?;
    let [large, small] = [w.create_sized::<CNode>(6)?, w.create_sized::<CNode>(1)?];
    node.slot_at(1, 2).move_from(w.path(large))?;
    node.slot_at(2, 2).move_from(w.path(small))?;
    let root = node.pointer();
    // 60 guard bits fit one slot bit, not six.
    let words = |pivot, source| [0, 2, pivot, 1, 2, source, 2, 2];
    let refused = invoke(node, Invocation::CNodeRotate, &words(60, 0), &[root, root]);
    check_err!(refused, Error::IllegalOperation);
    check!(invoke(node, Invocation::CNodeRotate, &words(0, 60), &[root, root]).is_ok());
    PASSED
}

/// "Move/Mutate/Rotate keep list position and flags."
fn rotating_keeps_the_place_in_the_tree(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    stage.rotate(0, 1, 2)?;
    w.revoke(stage.pivot)?;
    check!(!occupied(stage.slot(0)) && occupied(stage.slot(1)));
    w.revoke(stage.source)?;
    check!(!occupied(stage.slot(1)));
    PASSED
}

/// "len<8 or a cap missing -> Trunc".
fn eight_words_and_two_roots_are_needed(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let root = stage.node.pointer();
    let words = [0, 4, 0, 1, 4, 0, 2, 4];
    let invocation = Invocation::CNodeRotate;
    for length in 2..8 {
        let refused = invoke(stage.node, invocation, &words[..length], &[root, root]);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(stage.node, invocation, &words, &[]), Error::TruncatedMessage);
    check_err!(invoke(stage.node, invocation, &words, &[root]), Error::TruncatedMessage);
    check!(invoke(stage.node, invocation, &words, &[root, root]).is_ok());
    PASSED
}

/// "source lookup (src=1)", before that of the pivot.
fn the_source_is_looked_up_first(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let (short, long) = (stage.node.slot_at(2, 3), stage.node.slot_at(1, 99));
    let failure = LookupFailure::DepthMismatch { bits_left: 3, bits_found: 4 };
    let rotated = stage.slot(0).rotate_from(long, NO_GUARD, short, NO_GUARD);
    check_eq!(rotated, Err(Error::source(failure)));
    let rotated = stage.slot(0).rotate_from(short, NO_GUARD, long, NO_GUARD);
    check_eq!(rotated, Err(Error::Range { min: 1, max: 64 }));
    PASSED
}

/// "pivot lookup (also reported as src=1)".
fn the_pivot_lookup_is_reported_as_a_source(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let pivot = stage.node.slot_at(1, 2);
    let failure = LookupFailure::DepthMismatch { bits_left: 2, bits_found: 4 };
    let rotated = stage.slot(0).rotate_from(pivot, NO_GUARD, stage.slot(2), NO_GUARD);
    check_eq!(rotated, Err(Error::source(failure)));
    PASSED
}

/// "pivot==source or pivot==dest -> Illegal".
fn the_pivot_differs_from_source_and_destination(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    check_eq!(stage.rotate(0, 2, 2), Err(Error::IllegalOperation));
    check_eq!(stage.rotate(1, 1, 2), Err(Error::IllegalOperation));
    // Also where all three are empty.
    check_eq!(stage.rotate(5, 5, 5), Err(Error::IllegalOperation));
    PASSED
}

/// "source!=dest and dest occupied -> DeleteFirst".
fn the_destination_is_empty_or_the_source(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    stage.slot(0).copy_from(w.path(stage.pivot), Rights::ALL)?;
    check_eq!(stage.rotate(0, 1, 2), Err(Error::DeleteFirst));
    check_eq!(stage.rotate(2, 1, 2), Ok(()));
    PASSED
}

/// "source empty -> FailedLookup(1,Missing,srcDepth)".
fn an_empty_source_is_missing(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    check_eq!(stage.rotate(0, 1, 5), Err(source_missing(4)));
    // Swapping with nothing is no swap.
    check_eq!(stage.rotate(5, 1, 5), Err(source_missing(4)));
    PASSED
}

/// "pivot empty -> FailedLookup(0,Missing,pivotDepth)".
fn an_empty_pivot_is_missing(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    check_eq!(stage.rotate(0, 5, 2), Err(missing(4)));
    PASSED
}

/// "Mutate and Rotate on an EP or ntfn cap are always Illegal".
fn endpoints_and_notifications_cannot_be_rotated(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let endpoint = w.create::<Endpoint>()?;
    let bell = w.create::<Notification>()?;
    stage.slot(3).copy_from(w.path(endpoint), Rights::ALL)?;
    stage.slot(4).copy_from(w.path(bell), Rights::ALL)?;
    for slot in [3, 4] {
        check_eq!(stage.rotate(0, 1, slot), Err(Error::IllegalOperation));
        check_eq!(stage.rotate(0, slot, 2), Err(Error::IllegalOperation));
    }
    PASSED
}

/// "data invalid for source, then pivot -> Illegal".
fn guards_must_fit(w: &mut World) -> Outcome {
    let node = w.create_sized::<CNode>(2)?;
    let [one, two] = [w.create_sized::<CNode>(4)?, w.create_sized::<CNode>(4)?];
    node.slot_at(1, 2).move_from(w.path(one))?;
    node.slot_at(2, 2).move_from(w.path(two))?;
    let (pivot, source) = (node.slot_at(1, 2), node.slot_at(2, 2));
    let long = GuardWord { bits: 61, guard: 0 };
    let destination = node.slot_at(0, 2);
    let illegal = Err(Error::IllegalOperation);
    check_eq!(destination.rotate_from(pivot, long, source, NO_GUARD), illegal);
    check_eq!(destination.rotate_from(pivot, NO_GUARD, source, long), illegal);
    check!(!occupied(destination) && occupied(pivot) && occupied(source));
    PASSED
}

/// Destination, pivot and source are found through three roots.
fn the_roots_may_differ(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let target = w.create_sized::<CNode>(2)?;
    let source = w.path(stage.source);
    let rotated = target.slot_at(3, 2).rotate_from(stage.slot(1), NO_GUARD, source, NO_GUARD);
    check_eq!(rotated, Ok(()));
    check!(occupied(target.slot_at(3, 2)) && occupied(stage.slot(1)));
    check!(w.is_empty(stage.source));
    PASSED
}

/// The checks come in the order of the text: a message wrong in all ways is mended bit by bit.
fn the_first_failing_check_counts(w: &mut World) -> Outcome {
    let stage = Stage::new(w)?;
    let endpoint = w.create::<Endpoint>()?;
    stage.slot(0).copy_from(w.path(endpoint), Rights::ALL)?;
    stage.slot(3).copy_from(w.path(endpoint), Rights::ALL)?;
    let bad = |destination, pivot, source| stage.rotate(destination, pivot, source);
    check_eq!(bad(0, 0, 5), Err(Error::IllegalOperation));
    check_eq!(bad(0, 6, 5), Err(Error::DeleteFirst));
    check_eq!(bad(7, 6, 5), Err(source_missing(4)));
    check_eq!(bad(7, 6, 3), Err(missing(4)));
    check_eq!(bad(7, 1, 3), Err(Error::IllegalOperation));
    check_eq!(bad(7, 1, 2), Ok(()));
    PASSED
}
