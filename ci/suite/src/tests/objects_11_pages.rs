//! Mapping pages (objects.md §11, Page_Map and Page_Unmap).

use super::tools::{call, invoke, missing};
use crate::framework::code;
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(mapping_needs_three_words_and_a_space),
    test!(the_space_has_an_identifier),
    test!(addresses_are_aligned_to_the_page),
    test!(addresses_are_users),
    test!(the_last_page_can_be_mapped),
    test!(missing_tables_are_named_by_their_level),
    test!(large_pages_need_two_tables),
    test!(large_pages_map_all_their_bytes),
    test!(huge_pages_need_one_table),
    test!(a_table_in_the_place_of_a_large_page),
    test!(a_table_in_the_place_of_a_huge_page),
    test!(a_large_page_in_the_place_of_a_table),
    test!(a_mapped_page_stays_at_its_address),
    test!(a_mapped_page_stays_in_its_space),
    test!(a_page_can_be_mapped_again_in_place),
    test!(a_copy_is_mapped_elsewhere),
    test!(a_page_is_simply_replaced),
    test!(a_replaced_page_believes_to_be_mapped),
    test!(read_only_mappings_cannot_be_written),
    test!(mappings_without_read_have_no_access),
    test!(mappings_are_limited_by_the_cap),
    test!(execute_never_is_honoured),
    test!(pages_are_executable_otherwise),
    test!(unmapping_always_succeeds),
    test!(unmapping_removes_the_page),
    test!(unmapping_spares_a_successor),
    test!(an_unmapped_page_is_mapped_elsewhere),
    test!(the_address_is_physical),
    test!(the_first_failing_check_counts),
];

/// Where the tests map their pages.
const PLACE: u64 = 0x40_0000_0000;
/// Normal memory, not to be executed.
const DATA: VmAttributes = VmAttributes { cacheable: true, execute_never: true };

const INVALID_SPACE: Error = Error::InvalidCapability(1);

/// Maps with all rights.
fn map<S: libsys::object::PageSize>(
    page: Cap<Page<S>>,
    space: Cap<VSpace>,
    address: u64,
) -> Result<(), Error> {
    page.map(space, address, Rights::READ_WRITE, DATA)
}

/// "Unknown label for an object: Illegal".
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    for label in [0, 44, 45, 53, 57] {
        check_err!(call(page, label, &[0; 4], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// "len<3/cap Trunc".
fn mapping_needs_three_words_and_a_space(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let page = w.create::<Page>()?;
    let words = [PLACE, 3, 1];
    for length in 0..3 {
        let refused = invoke(page, Invocation::PageMap, &words[..length], &[space.pointer()]);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(page, Invocation::PageMap, &words, &[]), Error::TruncatedMessage);
    check!(invoke(page, Invocation::PageMap, &words, &[space.pointer()]).is_ok());
    PASSED
}

/// "vspace not VSpace-with-ASID InvCap 1".
fn the_space_has_an_identifier(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let without = w.create::<VSpace>()?;
    let table = w.create::<PageTable>()?;
    for space in [without, table.cast(), page.cast(), Cap::NULL] {
        check_eq!(map(page, space, PLACE), Err(INVALID_SPACE));
    }
    PASSED
}

/// "vaddr not aligned to page size AlignmentError".
fn addresses_are_aligned_to_the_page(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let small = w.create::<Page>()?;
    for offset in [1, 8, 0x800, 0xfff] {
        check_eq!(map(small, space, PLACE + offset), Err(Error::Alignment));
    }
    let large = w.create::<Page<Large>>()?;
    for offset in [0x1000, 0x10_0000, 0x1f_f000] {
        check_eq!(map(large, space, PLACE + offset), Err(Error::Alignment));
    }
    PASSED
}

/// "vaddr+size-1 > USER_TOP InvArg 0".
fn addresses_are_users(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let page = w.create::<Page>()?;
    for address in [1 << 47, 1 << 48, 0xffff_0000_0000_0000, 0xffff_ffff_ffff_f000] {
        check_eq!(map(page, space, address), Err(Error::InvalidArgument(0)));
    }
    PASSED
}

/// "User address space: 0..0x7fff_ffff_ffff inclusive" (abi.md §6): its first and last page.
fn the_last_page_can_be_mapped(w: &mut World) -> Outcome {
    for address in [0, (1 << 47) - 4096] {
        let space = w.space_with_tables(address)?;
        let page = w.create::<Page>()?;
        check_eq!(map(page, space, address), Ok(()));
    }
    PASSED
}

/// "FailedLookup(0, Missing, bitsLeft = level where the walk stopped)": 39, 30, 21.
fn missing_tables_are_named_by_their_level(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let page = w.create::<Page>()?;
    for level in [39, 30, 21] {
        check_eq!(map(page, space, PLACE), Err(missing(level)));
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    check_eq!(map(page, space, PLACE), Ok(()));
    PASSED
}

/// A page of 2 MiB needs the tables above its level.
fn large_pages_need_two_tables(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    let page = w.create::<Page<Large>>()?;
    for level in [39, 30] {
        check_eq!(map(page, space, PLACE), Err(missing(level)));
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    check_eq!(map(page, space, PLACE), Ok(()));
    PASSED
}

/// All of its 2 MiB are there, and nothing beyond.
fn large_pages_map_all_their_bytes(w: &mut World) -> Outcome {
    const START: u64 = 0x7100_0000_0000;
    const END: u64 = START + (1 << 21);
    for _ in 0..2 {
        w.create::<PageTable>()?.map(initial::VSPACE, START)?;
    }
    let page = w.create::<Page<Large>>()?;
    map(page, initial::VSPACE, START)?;
    for address in [START, START + 0x1000, START + 0x10_0008, END - 8] {
        check_eq!(w.fault_of_store(address)?, None);
    }
    check!(w.fault_of_load(START - 8)?.is_some() && w.fault_of_load(END)?.is_some());
    page.unmap()?;
    check!(w.fault_of_load(START + 0x10_0008)?.is_some());
    PASSED
}

/// A page of 1 GiB needs one table. (Of device memory, so that no test needs so much RAM.)
fn huge_pages_need_one_table(w: &mut World) -> Outcome {
    let device = w.device(30)?;
    let page = w.retype::<Page<Huge>>(device, 1)?[0];
    let space = w.vspace()?;
    check_eq!(map(page, space, PLACE + 4096), Err(Error::Alignment));
    check_eq!(map(page, space, PLACE), Err(missing(39)));
    w.create::<PageTable>()?.map(space, PLACE)?;
    check_eq!(map(page, space, PLACE), Ok(()));
    PASSED
}

/// "A table in that entry makes the walk go deeper and hence FailedLookup with a smaller
/// bitsLeft."
fn a_table_in_the_place_of_a_large_page(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let page = w.create::<Page<Large>>()?;
    check_eq!(map(page, space, PLACE), Err(missing(12)));
    check_eq!(map(page, space, PLACE + (1 << 21)), Ok(()));
    PASSED
}

/// The same one level up: the walk ends where the deeper table has no entry.
fn a_table_in_the_place_of_a_huge_page(w: &mut World) -> Outcome {
    let device = w.device(30)?;
    let page = w.retype::<Page<Huge>>(device, 1)?[0];
    let space = w.vspace()?;
    for table in [w.create::<PageTable>()?, w.create::<PageTable>()?] {
        table.map(space, PLACE)?;
    }
    check_eq!(map(page, space, PLACE), Err(missing(21)));
    PASSED
}

/// A larger page ends the walk of a smaller one at its own level.
fn a_large_page_in_the_place_of_a_table(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    for table in [w.create::<PageTable>()?, w.create::<PageTable>()?] {
        table.map(space, PLACE)?;
    }
    let (large, small) = (w.create::<Page<Large>>()?, w.create::<Page>()?);
    map(large, space, PLACE)?;
    check_eq!(map(small, space, PLACE + 0x3000), Err(missing(21)));
    PASSED
}

/// "cap already mapped: ... at other vaddr InvArg 0".
fn a_mapped_page_stays_at_its_address(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let page = w.create::<Page>()?;
    map(page, space, PLACE)?;
    check_eq!(map(page, space, PLACE + 0x1000), Err(Error::InvalidArgument(0)));
    PASSED
}

/// "cap already mapped: in other ASID InvCap 1".
fn a_mapped_page_stays_in_its_space(w: &mut World) -> Outcome {
    let [first, second] = [w.space_with_tables(PLACE)?, w.space_with_tables(PLACE)?];
    let page = w.create::<Page>()?;
    map(page, first, PLACE)?;
    check_eq!(map(page, second, PLACE), Err(INVALID_SPACE));
    check_eq!(map(page, second, PLACE + 0x1000), Err(INVALID_SPACE));
    PASSED
}

/// "same place = remap with new rights/attributes, allowed".
fn a_page_can_be_mapped_again_in_place(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    window.write_word(0, 9);
    page.map(initial::VSPACE, window.address(), Rights::READ, DATA)?;
    check!(w.fault_of_store(window.address())?.is_some());
    check_eq!(window.read_word(0), 9);
    page.map(initial::VSPACE, window.address(), Rights::READ_WRITE, DATA)?;
    window.write_word(0, 10);
    check_eq!(window.read_word(0), 10);
    PASSED
}

/// "A copy of the page cap must be made for a second mapping."
fn a_copy_is_mapped_elsewhere(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let copy = w.copy(page, Rights::ALL)?;
    let (first, second) = (w.map(page)?, w.map(copy)?);
    first.write_word(16, 0x1616);
    check_eq!(second.read_word(16), 0x1616);
    PASSED
}

/// "There is **no DeleteFirst**: another page already in that entry is simply replaced (TLB
/// flushed ...)".
fn a_page_is_simply_replaced(w: &mut World) -> Outcome {
    let (old, new) = (w.create::<Page>()?, w.create::<Page>()?);
    let elsewhere = w.copy(new, Rights::ALL)?;
    let window = w.map(old)?;
    window.write_word(0, 1);
    w.map(elsewhere)?.write_word(0, 2);
    check_eq!(window.read_word(0), 1);
    check_eq!(map(new, initial::VSPACE, window.address()), Ok(()));
    check_eq!(window.read_word(0), 2);
    PASSED
}

/// "the other cap still believes it is mapped".
fn a_replaced_page_believes_to_be_mapped(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let (old, new) = (w.create::<Page>()?, w.create::<Page>()?);
    map(old, space, PLACE)?;
    map(new, space, PLACE)?;
    check_eq!(old.clean_data(0..8), Err(Error::InvalidCapability(0)));
    check_eq!(map(old, space, PLACE + 0x1000), Err(Error::InvalidArgument(0)));
    check_eq!(new.clean_data(0..8), Ok(()));
    // Mapped in its place again, it replaces the other.
    check_eq!(map(old, space, PLACE), Ok(()));
    check_eq!(new.clean_data(0..8), Err(Error::InvalidCapability(0)));
    PASSED
}

/// Which of reading and writing a mapping lets through.
fn access(w: &mut World, rights: Rights, asked: Rights) -> Outcome<[bool; 2]> {
    let page = w.create::<Page>()?;
    let address = w.map(page)?.address();
    let copy = w.copy(page, rights)?;
    page.unmap()?;
    copy.map(initial::VSPACE, address, asked, DATA)?;
    let reads = w.fault_of_load(address)?.is_none();
    Ok([reads, w.fault_of_store(address)?.is_none()])
}

/// "read RO".
fn read_only_mappings_cannot_be_written(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::ALL, Rights::READ)?, [true, false]);
    check_eq!(access(w, Rights::ALL, Rights::READ.or(Rights::GRANT))?, [true, false]);
    check_eq!(access(w, Rights::ALL, Rights::READ_WRITE)?, [true, true]);
    PASSED
}

/// "anything without read = no user access".
fn mappings_without_read_have_no_access(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::ALL, Rights::WRITE)?, [false, false]);
    check_eq!(access(w, Rights::ALL, Rights::NONE)?, [false, false]);
    PASSED
}

/// "Effective rights = cap rights AND requested".
fn mappings_are_limited_by_the_cap(w: &mut World) -> Outcome {
    check_eq!(access(w, Rights::READ, Rights::ALL)?, [true, false]);
    check_eq!(access(w, Rights::READ, Rights::WRITE)?, [false, false]);
    check_eq!(access(w, Rights::WRITE, Rights::READ)?, [false, false]);
    PASSED
}

/// What a helper's fetch from a page with one instruction does under these attributes.
fn fetch(w: &mut World, execute_never: bool) -> Outcome<Option<Fault>> {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    for (offset, instruction) in (0..).step_by(4).zip([code::mov(7, 0), code::svc(0)]) {
        window.write_bytes(offset, &instruction.to_le_bytes());
    }
    page.unify_instruction(0..4096)?;
    let attributes = VmAttributes { cacheable: true, execute_never };
    page.map(initial::VSPACE, window.address(), Rights::READ, attributes)?;
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    thread.write_registers(true, &UserContext::starting_at(window.address(), 0))?;
    Ok(handler.wait().fault())
}

/// "execute-never honoured".
fn execute_never_is_honoured(w: &mut World) -> Outcome {
    check!(matches!(fetch(w, true)?, Some(Fault::Vm { prefetch: true, .. })));
    PASSED
}

/// Without that attribute a readable page is executable.
fn pages_are_executable_otherwise(w: &mut World) -> Outcome {
    check_eq!(fetch(w, false)?, Some(Fault::UnknownSyscall { number: 0 }));
    PASSED
}

/// Unmap "always succeeds".
fn unmapping_always_succeeds(w: &mut World) -> Outcome {
    let space = w.space_with_tables(PLACE)?;
    let page = w.create::<Page>()?;
    check_eq!(page.unmap(), Ok(()));
    map(page, space, PLACE)?;
    check_eq!(page.unmap(), Ok(()));
    check_eq!(page.unmap(), Ok(()));
    PASSED
}

/// Unmap "clears the entry", and no stale translation is left.
fn unmapping_removes_the_page(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    window.write_word(0, 1);
    page.unmap()?;
    let fault = w.fault_of_load(window.address())?;
    let address = window.address();
    check!(matches!(fault, Some(Fault::Vm { address: a, prefetch: false, .. }) if a == address));
    PASSED
}

/// Unmap "clears the entry only if it still maps this frame at this size".
fn unmapping_spares_a_successor(w: &mut World) -> Outcome {
    let (old, new) = (w.create::<Page>()?, w.create::<Page>()?);
    let window = w.map(old)?;
    map(new, initial::VSPACE, window.address())?;
    check_eq!(old.unmap(), Ok(()));
    check_eq!(window.read_word(0), 0);
    PASSED
}

/// After an unmap the cap is free for another place and another space.
fn an_unmapped_page_is_mapped_elsewhere(w: &mut World) -> Outcome {
    let [first, second] = [w.space_with_tables(PLACE)?, w.space_with_tables(PLACE)?];
    let page = w.create::<Page>()?;
    map(page, first, PLACE)?;
    page.unmap()?;
    check_eq!(map(page, first, PLACE + 0x1000), Ok(()));
    page.unmap()?;
    check_eq!(map(page, second, PLACE), Ok(()));
    PASSED
}

/// GetAddress: "MR0 physical address (no length check)".
fn the_address_is_physical(w: &mut World) -> Outcome {
    let (_, start, _) = w.device_untyped()?;
    let device = w.device(13)?;
    let pages = w.retype::<Page>(device, 2)?;
    check_eq!(pages[0].address(), Ok(start));
    let reply = invoke(pages[1], Invocation::PageAddress, &[1, 2, 3], &[])?;
    check_eq!((reply.info.length(), reply.word(0)), (1, start + 4096));
    PASSED
}

/// The checks come in the order of the text.
fn the_first_failing_check_counts(w: &mut World) -> Outcome {
    let [space, other] = [w.space_with_tables(PLACE)?, w.vspace()?];
    let page = w.create::<Page>()?;
    map(page, space, PLACE)?;
    check_eq!(map(page, Cap::NULL, 1), Err(INVALID_SPACE));
    check_eq!(map(page, other, 1), Err(Error::Alignment));
    check_eq!(map(page, other, 1 << 47), Err(INVALID_SPACE));
    page.unmap()?;
    check_eq!(map(page, other, 1 << 47), Err(Error::InvalidArgument(0)));
    check_eq!(map(page, other, PLACE), Err(missing(39)));
    PASSED
}
