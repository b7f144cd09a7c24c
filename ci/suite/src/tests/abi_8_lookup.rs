//! abi.md §8.2: CSpace lookup.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(a_guard_that_differs_is_reported),
    test!(a_guard_longer_than_the_address_is_reported),
    test!(a_node_longer_than_the_address_is_reported),
    test!(the_second_level_reports_the_bits_left),
    test!(an_exact_lookup_ends_at_the_slot),
    test!(a_cnode_in_the_last_slot_is_not_entered),
    test!(a_deep_path_resolves_level_by_level),
    test!(a_root_that_is_no_cnode_is_invalid),
    test!(a_depth_outside_of_1_to_64_is_a_range_error),
    test!(leftover_bits_of_a_slot_are_a_depth_mismatch),
    test!(leftover_bits_of_an_invocation_are_ignored),
    test!(leftover_bits_of_a_receive_are_ignored),
    test!(an_invocation_has_depth_64),
    test!(an_empty_slot_on_the_way_stops_the_lookup),
    test!(a_thread_without_cspace_has_an_invalid_root),
];

/// A slot of `node` with a chosen depth.
const fn at(node: Cap<CNode>, index: u64, depth: u8) -> SlotPath {
    SlotPath::with_depth(node, index, depth)
}

/// A CNode of `1 << radix` slots behind a guard.
fn node(world: &mut World, radix: u32, guard: u64, bits: u8) -> Outcome<Cap<CNode>> {
    let fresh = world.create_sized::<CNode>(radix)?;
    world.mint(fresh, Rights::ALL, GuardWord { bits, guard }.word())
}

const fn guard_mismatch(bits_left: u64, guard: u64, guard_bits: u64) -> Error {
    Error::destination(LookupFailure::GuardMismatch { bits_left, guard, guard_bits })
}

const fn depth_mismatch(bits_left: u64, bits_found: u64) -> Error {
    Error::destination(LookupFailure::DepthMismatch { bits_left, bits_found })
}

/// "(1) if s > n or the top s of the n bits differ from g -> GuardMismatch(bitsLeft=n,
/// guardFound=g, count=s)"
fn a_guard_that_differs_is_reported(world: &mut World) -> Outcome {
    let node = node(world, 4, 0b101, 3)?;
    at(node, 0b101_0000, 7).delete()?;
    check_err!(at(node, 0b100_0000, 7).delete(), guard_mismatch(7, 0b101, 3));
    // The guard is compared before the depth.
    check_err!(at(node, 0b100, 4).delete(), guard_mismatch(4, 0b101, 3));
    PASSED
}

/// "if s > n": the address has fewer bits than the guard.
fn a_guard_longer_than_the_address_is_reported(world: &mut World) -> Outcome {
    let node = node(world, 4, 0, 8)?;
    check_err!(at(node, 0, 7).delete(), guard_mismatch(7, 0, 8));
    PASSED
}

/// "(2) if s+r > n -> DepthMismatch(bitsLeft=n, bitsFound=s+r)"
fn a_node_longer_than_the_address_is_reported(world: &mut World) -> Outcome {
    let guarded = node(world, 4, 0b11, 2)?;
    check_err!(at(guarded, 0b111, 3).delete(), depth_mismatch(3, 6));
    let plain = node(world, 4, 0, 0)?;
    check_err!(at(plain, 0, 1).delete(), depth_mismatch(1, 4));
    PASSED
}

/// Two levels: a CNode of 4 bits whose slot 9 holds one of 6 bits behind the guard 0b10.
fn two_levels(world: &mut World) -> Outcome<[Cap<CNode>; 2]> {
    let outer = node(world, 4, 0, 0)?;
    let inner = node(world, 6, 0b10, 2)?;
    at(outer, 9, 4).copy_from(world.path(inner), Rights::ALL)?;
    Ok([outer, inner])
}

/// "(5) otherwise continue with n-(s+r)": failures on the second level say what is left there.
fn the_second_level_reports_the_bits_left(world: &mut World) -> Outcome {
    let [outer, _] = two_levels(world)?;
    check_err!(at(outer, 0x9 << 8 | 0b01 << 6, 12).delete(), guard_mismatch(8, 0b10, 2));
    check_err!(at(outer, 0x9 << 3 | 0b100, 7).delete(), depth_mismatch(3, 8));
    check_err!(at(outer, 0x9 << 1 | 1, 5).delete(), guard_mismatch(1, 0b10, 2));
    PASSED
}

/// "(3) select slot by next r bits; (4) if n = s+r: done, exact"
fn an_exact_lookup_ends_at_the_slot(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let [outer, inner] = two_levels(world)?;
    at(outer, 0x9 << 8 | 0b10 << 6 | 33, 12).copy_from(world.path(bell), Rights::ALL)?;
    let path = at(inner, 0b10 << 6 | 33, 8);
    check_err!(path.move_from(path), Error::DeleteFirst);
    PASSED
}

/// "(4) if n = s+r: done": the slot itself, though it holds a CNode.
fn a_cnode_in_the_last_slot_is_not_entered(world: &mut World) -> Outcome {
    let [outer, _] = two_levels(world)?;
    let path = at(outer, 9, 4);
    check_err!(path.move_from(path), Error::DeleteFirst);
    path.delete()?;
    let missing = LookupFailure::MissingCapability { bits_left: 4 };
    check_err!(path.move_from(path), Error::source(missing));
    PASSED
}

/// 32 levels of 2 bits make 64.
fn a_deep_path_resolves_level_by_level(world: &mut World) -> Outcome {
    let root = world.create_sized::<CNode>(2)?;
    let mut last = root;
    for _ in 1..32 {
        let next = world.create_sized::<CNode>(2)?;
        at(last, 1, 2).copy_from(world.path(next), Rights::ALL)?;
        last = next;
    }
    let bell = world.create::<Notification>()?;
    let address = 0x5555_5555_5555_5554 | 3;
    at(root, address, 64).copy_from(world.path(bell), Rights::ALL)?;
    let path = at(last, 3, 2);
    check_err!(path.move_from(path), Error::DeleteFirst);
    PASSED
}

/// "Root not a CNode -> InvalidRoot."
fn a_root_that_is_no_cnode_is_invalid(world: &mut World) -> Outcome {
    let empty = world.slot::<()>()?;
    for root in [initial::THREAD.cast::<CNode>(), Cap::NULL] {
        check_err!(
            world.path(empty).copy_from(SlotPath::new(root, 1), Rights::ALL),
            Error::source(LookupFailure::InvalidRoot)
        );
    }
    PASSED
}

/// "depth outside 1..64 -> Range(1,64)"
fn a_depth_outside_of_1_to_64_is_a_range_error(world: &mut World) -> Outcome {
    let node = node(world, 4, 0, 0)?;
    for depth in [0, 65, 128, 255] {
        check_err!(at(node, 0, depth).delete(), Error::Range { min: 1, max: 64 });
    }
    PASSED
}

/// "leftover bits != 0 -> FailedLookup(DepthMismatch, bitsLeft=leftover, bitsFound=0)"
fn leftover_bits_of_a_slot_are_a_depth_mismatch(world: &mut World) -> Outcome {
    let node = node(world, 4, 0, 0)?;
    // An empty slot and one with something that is no CNode.
    check_err!(at(node, 0x35, 8).delete(), depth_mismatch(4, 0));
    let bell = world.create::<Notification>()?;
    at(node, 3, 4).copy_from(world.path(bell), Rights::ALL)?;
    check_err!(at(node, 0x35, 8).delete(), depth_mismatch(4, 0));
    check_err!(at(node, 0x3 << 60, 64).delete(), depth_mismatch(60, 0));
    PASSED
}

/// A bare thread whose CSpace is a CNode of 4 bits: the notification in slot 3, nothing in 5.
fn small_space(world: &mut World, bell: Cap<Notification>) -> Outcome<(Bare, Cap<CNode>)> {
    let root = node(world, 4, 0, 0)?;
    at(root, 3, 4).copy_from(world.path(bell), Rights::ALL)?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_space(bare.endpoint, Space::new(root, initial::VSPACE))?;
    Ok((bare, root))
}

/// "Cap invocation and receive lookups use depth 64 and accept leftover bits (the remaining bits
/// are ignored)."
fn leftover_bits_of_an_invocation_are_ignored(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let rings = world.mint(bell, Rights::ALL, 6)?;
    let (bare, _) = small_space(world, rings)?;
    for rest in [0, 1, 0x0fff_ffff_ffff_ffff] {
        let start = bare.with_arguments(&[3 << 60 | rest, 0]);
        let fault = bare.run(&start.with(Register::X(7), Syscall::Send.number()))?;
        check_eq!(fault.info.label(), abi::fault::USER_EXCEPTION);
        check_eq!(bell.poll(), 6);
    }
    PASSED
}

/// The same for a receive.
fn leftover_bits_of_a_receive_are_ignored(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let (bare, _) = small_space(world, bell)?;
    world.mint(bell, Rights::ALL, 6)?.signal();
    let start = bare.with_arguments(&[3 << 60 | 0x777, 0]);
    let fault = bare.run(&start.with(Register::X(7), Syscall::Wait.number()))?;
    check_eq!(fault.info.label(), abi::fault::USER_EXCEPTION);
    check_eq!(bare.read()?.register(Register::X(0)), 6);
    PASSED
}

/// Runs a bare thread that sends to an address of its CSpace. Answers the lookup failure.
fn failure(bare: &Bare, address: u64) -> Outcome<LookupFailure> {
    let start = bare.with_arguments(&[address, 0]);
    match bare.run(&start.with(Register::X(7), Syscall::Send.number()))?.fault() {
        Some(Fault::Cap { address: found, receiving: false, failure }) if found == address => {
            Ok(failure)
        }
        other => Err(Ending::failed(format_args!("expected a capability fault, found {other:x?}"))),
    }
}

/// "use depth 64": all 64 bits are left at the root, 60 one level down.
fn an_invocation_has_depth_64(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let (bare, root) = small_space(world, bell)?;
    let inner = node(world, 2, 1, 40)?;
    at(root, 7, 4).copy_from(world.path(inner), Rights::ALL)?;
    let expected = LookupFailure::GuardMismatch { bits_left: 60, guard: 1, guard_bits: 40 };
    check_eq!(failure(&bare, 7 << 60)?, expected);
    let long = node(world, 2, 0, 60)?;
    at(root, 8, 4).copy_from(world.path(long), Rights::ALL)?;
    let expected = LookupFailure::DepthMismatch { bits_left: 60, bits_found: 62 };
    check_eq!(failure(&bare, 8 << 60)?, expected);
    PASSED
}

/// "else stop with leftover bits": an empty slot is found, whatever bits are left; a call to it
/// is answered with InvalidCapability 0 (§8.3).
fn an_empty_slot_on_the_way_stops_the_lookup(world: &mut World) -> Outcome {
    let bell = world.create::<Notification>()?;
    let (bare, _) = small_space(world, bell)?;
    let start = bare.with_arguments(&[5 << 60 | 0x123, 0]);
    let fault = bare.run(&start.with(Register::X(7), Syscall::Call.number()))?;
    check_eq!(fault.info.label(), abi::fault::USER_EXCEPTION);
    let registers = bare.read()?;
    check_eq!(registers.register(Register::X(1)), MessageInfo::new(2, 0, 1).0);
    check_eq!(registers.register(Register::X(2)), 0);
    PASSED
}

/// "Root not a CNode -> InvalidRoot": a thread whose CSpace was revoked.
fn a_thread_without_cspace_has_an_invalid_root(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?;
    let bare = world.bare(&[code::svc(0), code::UDF])?;
    bare.thread.set_space(bare.endpoint, Space::new(node, initial::VSPACE))?;
    // The thread's copy of the capability goes with the original.
    world.revoke(node)?;
    check_eq!(failure(&bare, 3 << 60)?, LookupFailure::InvalidRoot);
    PASSED
}
