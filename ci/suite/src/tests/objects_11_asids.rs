//! Address-space identifiers, and address spaces apart (objects.md §11).

use super::tools::{call, invoke};
use crate::framework::code;
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(pools_need_two_words_and_two_caps),
    test!(pools_are_made_of_4096_bytes),
    test!(pools_are_not_made_of_devices),
    test!(pools_are_made_of_unused_memory),
    test!(pools_look_up_their_destination),
    test!(checks_of_pools_come_in_order),
    test!(pools_are_children_of_their_memory),
    test!(pools_can_be_copied),
    test!(pools_are_128),
    test!(deleted_pools_can_be_made_again),
    test!(assigning_needs_a_space),
    test!(assigning_needs_a_space_without_identifier),
    test!(pools_have_512_identifiers),
    test!(a_deleted_space_gives_its_identifier_back),
    test!(dead_identifiers_map_nothing),
    test!(identifiers_of_others_map_nothing),
    test!(pages_of_deleted_spaces_stay_mapped_to_nothing),
    test!(threads_of_dead_spaces_fault),
    test!(address_spaces_are_apart),
    test!(a_reused_identifier_shows_nothing_old),
];

/// Where the tests map their pages.
const PLACE: u64 = 0x40_0000_0000;

const CONTROL: Cap<AsidControl> = initial::ASID_CONTROL;

const GONE: Error = Error::destination(LookupFailure::InvalidRoot);

/// "Unknown label for an object: Illegal".
fn unknown_labels_are_illegal(_: &mut World) -> Outcome {
    for label in [0, 1, 52, 55, 57] {
        check_err!(call(CONTROL, label, &[0; 4], &[]), Error::IllegalOperation);
        check_err!(call(initial::ASID_POOL, label, &[0; 4], &[]), Error::IllegalOperation);
    }
    check_err!(call(CONTROL, 54, &[], &[]), Error::IllegalOperation);
    check_err!(call(initial::ASID_POOL, 53, &[0; 4], &[]), Error::IllegalOperation);
    PASSED
}

/// MakePool: "len<2/caps Trunc".
fn pools_need_two_words_and_two_caps(w: &mut World) -> Outcome {
    let (memory, slot) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    let make = Invocation::AsidControlMakePool;
    let (words, caps) = ([slot.pointer(), 64], [memory.pointer(), initial::CNODE.pointer()]);
    for length in 0..2 {
        check_err!(invoke(CONTROL, make, &words[..length], &caps), Error::TruncatedMessage);
        check_err!(invoke(CONTROL, make, &words, &caps[..length]), Error::TruncatedMessage);
    }
    check!(invoke(CONTROL, make, &words, &caps).is_ok());
    PASSED
}

/// MakePool: "untyped not an untyped of exactly 12 bits ... InvCap 1".
fn pools_are_made_of_4096_bytes(w: &mut World) -> Outcome {
    let slot = w.slot::<AsidPool>()?;
    let (small, large, page) = (w.untyped(11)?, w.untyped(13)?, w.create::<Page>()?);
    for memory in [small, large, page.cast(), Cap::NULL] {
        let refused = CONTROL.make_pool(memory, w.path(slot));
        check_eq!(refused, Err(Error::InvalidCapability(1)));
    }
    PASSED
}

/// MakePool: "or device InvCap 1".
fn pools_are_not_made_of_devices(w: &mut World) -> Outcome {
    let (device, slot) = (w.device(12)?, w.slot::<AsidPool>()?);
    let refused = CONTROL.make_pool(device, w.path(slot));
    check_eq!(refused, Err(Error::InvalidCapability(1)));
    PASSED
}

/// MakePool: "untyped has children RevokeFirst".
fn pools_are_made_of_unused_memory(w: &mut World) -> Outcome {
    let (memory, slot) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    let endpoint = w.retype::<Endpoint>(memory, 1)?[0];
    check_eq!(CONTROL.make_pool(memory, w.path(slot)), Err(Error::RevokeFirst));
    w.delete(endpoint)?;
    check_eq!(CONTROL.make_pool(memory, w.path(slot)), Ok(()));
    PASSED
}

/// MakePool: "slot lookup; occupied DeleteFirst".
fn pools_look_up_their_destination(w: &mut World) -> Outcome {
    let (memory, node) = (w.untyped(12)?, w.create_sized::<CNode>(4)?);
    let short = LookupFailure::DepthMismatch { bits_left: 3, bits_found: 4 };
    let make = |to: SlotPath| CONTROL.make_pool(memory, to);
    check_eq!(make(node.slot_at(1, 3)), Err(Error::destination(short)));
    check_eq!(make(node.slot_at(1, 65)), Err(Error::Range { min: 1, max: 64 }));
    check_eq!(make(memory.cast::<CNode>().slot_at(1, 4)), Err(GONE));
    check_eq!(make(w.path(memory)), Err(Error::DeleteFirst));
    check_eq!(make(node.slot_at(1, 4)), Ok(()));
    PASSED
}

/// The memory comes before the destination.
fn checks_of_pools_come_in_order(w: &mut World) -> Outcome {
    let memory = w.untyped(12)?;
    let bad = SlotPath::with_depth(initial::CNODE, memory.pointer(), 65);
    check_eq!(CONTROL.make_pool(Cap::NULL, bad), Err(Error::InvalidCapability(1)));
    let child = w.retype::<Endpoint>(memory, 1)?[0];
    check_eq!(CONTROL.make_pool(memory, bad), Err(Error::RevokeFirst));
    w.delete(child)?;
    check_eq!(CONTROL.make_pool(memory, bad), Err(Error::Range { min: 1, max: 64 }));
    PASSED
}

/// "The pool becomes a child of the untyped."
fn pools_are_children_of_their_memory(w: &mut World) -> Outcome {
    let (memory, pool) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    CONTROL.make_pool(memory, w.path(pool))?;
    let again = w.slot::<AsidPool>()?;
    check_eq!(CONTROL.make_pool(memory, w.path(again)), Err(Error::RevokeFirst));
    let range = SlotRange::within(initial::CNODE, again.pointer(), 1);
    let full = memory.retype(ObjectType::Endpoint, 0, range);
    check_eq!(full, Err(Error::NotEnoughMemory(0)));
    w.revoke(memory)?;
    check!(w.is_empty(pool));
    check_eq!(CONTROL.make_pool(memory, w.path(again)), Ok(()));
    PASSED
}

/// "everything else (... ASID control/pool ...) copies as is" (§3).
fn pools_can_be_copied(w: &mut World) -> Outcome {
    let pool = w.asid_pool()?;
    let copy = w.copy(pool, Rights::NONE)?;
    let space = w.create::<VSpace>()?;
    check_eq!(copy.assign(space), Ok(()));
    let control = w.copy(CONTROL, Rights::NONE)?;
    let (memory, slot) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    check_eq!(control.make_pool(memory, w.path(slot)), Ok(()));
    PASSED
}

/// MakePool: "no free pool number (128 total, root has one) DeleteFirst", before all others.
fn pools_are_128(w: &mut World) -> Outcome {
    for _ in 0..127 {
        w.asid_pool()?;
    }
    let (memory, slot) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    check_eq!(CONTROL.make_pool(memory, w.path(slot)), Err(Error::DeleteFirst));
    check_eq!(CONTROL.make_pool(Cap::NULL, w.path(memory)), Err(Error::DeleteFirst));
    PASSED
}

/// ASID pool: "pool number freed" (§4).
fn deleted_pools_can_be_made_again(w: &mut World) -> Outcome {
    let (memory, pool) = (w.untyped(12)?, w.slot::<AsidPool>()?);
    for _ in 0..200 {
        CONTROL.make_pool(memory, w.path(pool))?;
        w.delete(pool)?;
    }
    PASSED
}

/// Assign: "missing Trunc".
fn assigning_needs_a_space(w: &mut World) -> Outcome {
    let pool = w.asid_pool()?;
    let refused = invoke(pool, Invocation::AsidPoolAssign, &[], &[]);
    check_err!(refused, Error::TruncatedMessage);
    let (table, page) = (w.create::<PageTable>()?, w.create::<Page>()?);
    for other in [table.cast(), page.cast(), Cap::NULL] {
        check_eq!(pool.assign(other), Err(Error::InvalidCapability(1)));
    }
    PASSED
}

/// Assign: "already assigned InvCap 1".
fn assigning_needs_a_space_without_identifier(w: &mut World) -> Outcome {
    let (pool, space) = (w.asid_pool()?, w.create::<VSpace>()?);
    check_eq!(pool.assign(space), Ok(()));
    check_eq!(pool.assign(space), Err(Error::InvalidCapability(1)));
    check_eq!(initial::ASID_POOL.assign(space), Err(Error::InvalidCapability(1)));
    check_eq!(pool.assign(initial::VSPACE), Err(Error::InvalidCapability(1)));
    PASSED
}

/// Assign: "full DeleteFirst. 512 ASIDs per pool".
fn pools_have_512_identifiers(w: &mut World) -> Outcome {
    let pool = w.asid_pool()?;
    for _ in 0..512 {
        pool.assign(w.create::<VSpace>()?)?;
    }
    let one_more = w.create::<VSpace>()?;
    check_eq!(pool.assign(one_more), Err(Error::DeleteFirst));
    check_eq!(initial::ASID_POOL.assign(one_more), Ok(()));
    PASSED
}

/// VSpace: "its ASID freed" (§4).
fn a_deleted_space_gives_its_identifier_back(w: &mut World) -> Outcome {
    let (pool, memory) = (w.asid_pool()?, w.untyped(12)?);
    for _ in 0..600 {
        let space = w.slot::<VSpace>()?;
        let range = SlotRange::within(initial::CNODE, space.pointer(), 1);
        memory.retype(ObjectType::VSpace, 0, range)?;
        pool.assign(space)?;
        w.delete(space)?;
    }
    PASSED
}

/// A space whose pool is deleted, and a page mapped in it.
fn dead_space(w: &mut World) -> Outcome<(Cap<VSpace>, Cap<Page>)> {
    let pool = w.asid_pool()?;
    let space = w.create::<VSpace>()?;
    pool.assign(space)?;
    for _ in 0..3 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    w.delete(pool)?;
    Ok((space, page))
}

/// Page_Map and PageTable_Map: "ASID dead FailedLookup(0,InvalidRoot)".
fn dead_identifiers_map_nothing(w: &mut World) -> Outcome {
    let (space, mapped) = dead_space(w)?;
    let (page, table) = (w.create::<Page>()?, w.create::<PageTable>()?);
    let attributes = VmAttributes::DEFAULT;
    check_eq!(page.map(space, PLACE, Rights::ALL, attributes), Err(GONE));
    check_eq!(mapped.map(space, PLACE, Rights::ALL, attributes), Err(GONE));
    check_eq!(table.map(space, PLACE), Err(GONE));
    // For pages that comes before the address, for tables behind it.
    check_eq!(page.map(space, 1, Rights::ALL, attributes), Err(GONE));
    check_eq!(table.map(space, 1 << 47), Err(Error::InvalidArgument(0)));
    PASSED
}

/// "ASID names another VSpace InvCap 1", "mismatch InvCap 0" for cache operations: a new pool
/// gets the number of the dead one, and its first space the identifier.
fn identifiers_of_others_map_nothing(w: &mut World) -> Outcome {
    let (old, old_page) = dead_space(w)?;
    let pool = w.asid_pool()?;
    let new = w.create::<VSpace>()?;
    pool.assign(new)?;
    let (page, table) = (w.create::<Page>()?, w.create::<PageTable>()?);
    let attributes = VmAttributes::DEFAULT;
    let refused = page.map(old, PLACE, Rights::ALL, attributes);
    skip_if!(refused == Err(GONE), "the kernel gave out another identifier");
    check_eq!(refused, Err(Error::InvalidCapability(1)));
    check_eq!(table.map(old, PLACE), Err(Error::InvalidCapability(1)));
    check_eq!(old.clean_data(PLACE..PLACE + 8), Err(Error::InvalidCapability(0)));
    check_eq!(old_page.unmap(), Ok(()));
    check_eq!(table.map(new, PLACE), Ok(()));
    PASSED
}

/// "Deleting a VSpace leaves page caps 'mapped' with a dead ASID: Unmap still succeeds, flush ->
/// FailedLookup, Map elsewhere -> InvCap 1 until Unmap."
fn pages_of_deleted_spaces_stay_mapped_to_nothing(w: &mut World) -> Outcome {
    let [space, other] = [w.space_with_tables(PLACE)?, w.space_with_tables(PLACE)?];
    let page = w.create::<Page>()?;
    let map = |space| page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT);
    map(space)?;
    w.delete(space)?;
    check_eq!(page.clean_data(0..8), Err(GONE));
    check_eq!(map(other), Err(Error::InvalidCapability(1)));
    check_eq!(page.unmap(), Ok(()));
    check_eq!(map(other), Ok(()));
    PASSED
}

/// Gives a thread its own space with this page of code at `PLACE`, and lets it run there.
fn run_in(
    w: &mut World,
    space: Cap<VSpace>,
    code: Cap<Page>,
    handler: Cap<Endpoint>,
) -> Outcome<Cap<Thread>> {
    let thread = w.helper(w.options(10))?.thread();
    code.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT)?;
    let spaces = Space::new(initial::CNODE, space);
    thread.set_space(handler, spaces)?;
    let registers =
        UserContext::starting_at(PLACE, 0).with(abi::registers::Register::X(0), PLACE + 0x1000);
    thread.write_registers(true, &registers)?;
    Ok(thread)
}

/// A page with instructions that is mapped nowhere.
fn code_page(w: &mut World, instructions: &[u32]) -> Outcome<Cap<Page>> {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    for (offset, instruction) in (0..).step_by(4).zip(instructions) {
        window.write_bytes(offset, &instruction.to_le_bytes());
    }
    page.unify_instruction(0..4096)?;
    page.unmap()?;
    Ok(page)
}

/// Loads a word, and says so with an unknown system call of that number.
const LOADER: [u32; 2] = [code::load(7, 0), code::svc(0)];

/// ASID pool: "threads using those VSpaces fault into nothing" (§4): whatever they do there,
/// nothing of the old space can be executed any more.
fn threads_of_dead_spaces_fault(w: &mut World) -> Outcome {
    let pool = w.asid_pool()?;
    let space = w.create::<VSpace>()?;
    pool.assign(space)?;
    for _ in 0..3 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let handler = w.create::<Endpoint>()?;
    let spin = code_page(w, &[code::SPIN])?;
    run_in(w, space, spin, handler)?;
    // The thread spins: let it run for a while by waiting for one of higher priority.
    w.spawn(20, || ())?.join();
    w.delete(pool)?;
    let fault = handler.wait().fault();
    check!(matches!(fault, Some(Fault::Vm { prefetch: true, address: PLACE, .. })));
    PASSED
}

/// A data page with this first word, mapped behind the code of a space.
fn data_page(w: &mut World, space: Cap<VSpace>, word: u64) -> Outcome<Cap<Page>> {
    let page = w.create::<Page>()?;
    let copy = w.copy(page, Rights::ALL)?;
    w.map(copy)?.write_word(0, word);
    page.map(space, PLACE + 0x1000, Rights::READ, VmAttributes::DEFAULT)?;
    Ok(page)
}

/// The same address is another page in each space, also when threads take turns.
fn address_spaces_are_apart(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let mut threads = [Cap::NULL; 3];
    for (index, thread) in (1..).zip(&mut threads) {
        let space = w.space_with_tables(PLACE)?;
        data_page(w, space, 0x1000 * index)?;
        let code = code_page(w, &LOADER)?;
        *thread = run_in(w, space, code, handler)?;
        let number = 0x1000 * index;
        check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number }));
    }
    for (index, thread) in (1..).zip(threads) {
        thread.write_first_registers(true, &[PLACE])?;
        let number = 0x1000 * index;
        check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number }));
    }
    PASSED
}

/// "TLB flushed" (§4, VSpace): the next owner of an identifier sees none of the old pages.
fn a_reused_identifier_shows_nothing_old(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let pool = w.asid_pool()?;
    for round in 1..4 {
        let space = w.create::<VSpace>()?;
        pool.assign(space)?;
        for _ in 0..3 {
            w.create::<PageTable>()?.map(space, PLACE)?;
        }
        data_page(w, space, 0x100 * round)?;
        let code = code_page(w, &LOADER)?;
        let thread = run_in(w, space, code, handler)?;
        let number = 0x100 * round;
        check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number }));
        w.delete(thread)?;
        w.delete(space)?;
    }
    PASSED
}
