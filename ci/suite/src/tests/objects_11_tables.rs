//! Mapping translation tables (objects.md §11, PageTable_Map and PageTable_Unmap).

use super::tools::{call, invoke, missing};
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(unknown_labels_are_illegal),
    test!(mapping_needs_two_words_and_a_space),
    test!(a_mapped_table_is_refused),
    test!(the_space_has_an_identifier),
    test!(addresses_are_users),
    test!(tables_fill_the_first_missing_level),
    test!(a_fourth_table_is_refused),
    test!(a_page_in_the_place_is_refused),
    test!(addresses_are_rounded_down),
    test!(attributes_are_ignored),
    test!(a_failed_mapping_leaves_the_table_free),
    test!(unmapping_an_unmapped_table_succeeds),
    test!(unmapping_needs_the_last_cap),
    test!(unmapping_removes_the_table),
    test!(unmapping_unmaps_the_pages_in_it),
    test!(an_unmapped_table_is_empty),
    test!(unmapping_flushes_translations),
    test!(the_first_failing_check_counts),
];

/// Where the tests map their tables.
const PLACE: u64 = 0x40_0000_0000;

/// Tables that are not mapped.
fn tables<const N: usize>(w: &mut World) -> Outcome<[Cap<PageTable>; N]> {
    let mut tables = [Cap::NULL; N];
    for table in &mut tables {
        *table = w.create()?;
    }
    Ok(tables)
}

/// "Unknown label for an object: Illegal".
fn unknown_labels_are_illegal(w: &mut World) -> Outcome {
    let [table] = tables(w)?;
    for label in [0, 43, 46, 47, 57] {
        check_err!(call(table, label, &[0; 4], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// "len<2/cap Trunc".
fn mapping_needs_two_words_and_a_space(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.vspace()?);
    for length in 0..2 {
        let words = &[PLACE, 0][..length];
        let refused = invoke(table, Invocation::PageTableMap, words, &[space.pointer()]);
        check_err!(refused, Error::TruncatedMessage);
    }
    check_err!(invoke(table, Invocation::PageTableMap, &[PLACE, 0], &[]), Error::TruncatedMessage);
    PASSED
}

/// "table already mapped InvCap 0", also in another place or space.
fn a_mapped_table_is_refused(w: &mut World) -> Outcome {
    let ([table], space, other) = (tables(w)?, w.vspace()?, w.vspace()?);
    check_eq!(table.map(space, PLACE), Ok(()));
    for (space, address) in [(space, PLACE), (space, 0), (other, PLACE), (Cap::NULL, PLACE)] {
        check_eq!(table.map(space, address), Err(Error::InvalidCapability(0)));
    }
    PASSED
}

/// "vspace not VSpace-with-ASID InvCap 1".
fn the_space_has_an_identifier(w: &mut World) -> Outcome {
    let ([table, other], space) = (tables(w)?, w.create::<VSpace>()?);
    for space in [space, other.cast(), Cap::NULL] {
        check_eq!(table.map(space, PLACE), Err(Error::InvalidCapability(1)));
    }
    PASSED
}

/// "vaddr > USER_TOP InvArg 0".
fn addresses_are_users(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.vspace()?);
    for address in [1 << 47, 1 << 48, u64::MAX] {
        check_eq!(table.map(space, address), Err(Error::InvalidArgument(0)));
    }
    check_eq!(table.map(space, (1 << 47) - 1), Ok(()));
    PASSED
}

/// "walk to the first absent level ... Installed at that level": the one after the other.
fn tables_fill_the_first_missing_level(w: &mut World) -> Outcome {
    let (tables, space) = (tables::<3>(w)?, w.vspace()?);
    let page = w.create::<Page>()?;
    let attributes = VmAttributes::DEFAULT;
    for (table, level) in tables.into_iter().zip([39, 30, 21]) {
        check_eq!(page.map(space, PLACE, Rights::READ, attributes), Err(missing(level)));
        check_eq!(table.map(space, PLACE), Ok(()));
    }
    check_eq!(page.map(space, PLACE, Rights::READ, attributes), Ok(()));
    PASSED
}

/// "if none is absent (a level-3 table exists) ...: DeleteFirst".
fn a_fourth_table_is_refused(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.space_with_tables(PLACE)?);
    check_eq!(table.map(space, PLACE), Err(Error::DeleteFirst));
    check_eq!(table.map(space, PLACE + 0x1f_ffff), Err(Error::DeleteFirst));
    check_eq!(table.map(space, PLACE + 0x20_0000), Ok(()));
    PASSED
}

/// "or a page occupies the slot: DeleteFirst".
fn a_page_in_the_place_is_refused(w: &mut World) -> Outcome {
    let ([first, second, third], space) = (tables(w)?, w.vspace()?);
    first.map(space, PLACE)?;
    second.map(space, PLACE)?;
    let page = w.create::<Page<Large>>()?;
    page.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT)?;
    check_eq!(third.map(space, PLACE), Err(Error::DeleteFirst));
    page.unmap()?;
    check_eq!(third.map(space, PLACE), Ok(()));
    PASSED
}

/// "vaddr silently rounded down to the level's span": any address in it names the table.
fn addresses_are_rounded_down(w: &mut World) -> Outcome {
    let (tables, space) = (tables::<3>(w)?, w.vspace()?);
    let (page, place) = (w.create::<Page>()?, 1 << 39);
    // The last byte of the spans of 512 GiB, 1 GiB and 2 MiB.
    for (table, span) in tables.into_iter().zip([1 << 39, 1 << 30, 1 << 21]) {
        check_eq!(table.map(space, place + span - 1), Ok(()));
    }
    let attributes = VmAttributes::DEFAULT;
    let last = place + (1 << 39) - (1 << 12);
    check_eq!(page.map(space, last, Rights::READ, attributes), Err(missing(30)));
    check_eq!(page.map(space, place, Rights::READ, attributes), Ok(()));
    PASSED
}

/// "attr(ignored)".
fn attributes_are_ignored(w: &mut World) -> Outcome {
    let (tables, space) = (tables::<2>(w)?, w.vspace()?);
    for (table, attributes) in tables.into_iter().zip([0, u64::MAX]) {
        let words = [PLACE, attributes];
        check!(invoke(table, Invocation::PageTableMap, &words, &[space.pointer()]).is_ok());
    }
    PASSED
}

/// "Every check error leaves all state unchanged".
fn a_failed_mapping_leaves_the_table_free(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.space_with_tables(PLACE)?);
    check!(table.map(space, PLACE).is_err());
    check!(table.map(space, 1 << 47).is_err());
    check_eq!(table.map(space, PLACE + (1 << 30)), Ok(()));
    PASSED
}

/// Unmap: "unmapped: success".
fn unmapping_an_unmapped_table_succeeds(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.vspace()?);
    check_eq!(table.unmap(), Ok(()));
    table.map(space, PLACE)?;
    check_eq!(table.unmap(), Ok(()));
    check_eq!(table.unmap(), Ok(()));
    PASSED
}

/// Unmap: "not the final cap: RevokeFirst".
fn unmapping_needs_the_last_cap(w: &mut World) -> Outcome {
    let ([table], space) = (tables(w)?, w.vspace()?);
    table.map(space, PLACE)?;
    let copy = w.copy(table, Rights::ALL)?;
    check_eq!(table.unmap(), Err(Error::RevokeFirst));
    check_eq!(copy.unmap(), Err(Error::RevokeFirst));
    w.delete(table)?;
    check_eq!(copy.unmap(), Ok(()));
    PASSED
}

/// Unmap: "if mapped: entry removed".
fn unmapping_removes_the_table(w: &mut World) -> Outcome {
    let ([first, second, third], space) = (tables(w)?, w.vspace()?);
    for table in [first, second, third] {
        table.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    let attempt = || page.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT);
    third.unmap()?;
    check_eq!(attempt(), Err(missing(21)));
    second.unmap()?;
    check_eq!(attempt(), Err(missing(30)));
    first.unmap()?;
    check_eq!(attempt(), Err(missing(39)));
    PASSED
}

/// Unmap: "table contents cleared (pages in it become unmapped)": their caps notice when used.
fn unmapping_unmaps_the_pages_in_it(w: &mut World) -> Outcome {
    let (tables, space) = (tables::<3>(w)?, w.vspace()?);
    for table in tables {
        table.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    tables[2].unmap()?;
    check_eq!(page.clean_data(0..8), Err(Error::InvalidCapability(0)));
    check_eq!(page.unmap(), Ok(()));
    PASSED
}

/// A table that is mapped again shows nothing of what was in it.
fn an_unmapped_table_is_empty(w: &mut World) -> Outcome {
    let (tables, space) = (tables::<3>(w)?, w.vspace()?);
    for table in tables {
        table.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    tables[2].unmap()?;
    tables[2].map(space, PLACE)?;
    check_eq!(page.clean_data(0..8), Err(Error::InvalidCapability(0)));
    // Likewise for a table of tables.
    tables[1].unmap()?;
    tables[1].map(space, PLACE)?;
    let attempt = page.map(space, PLACE, Rights::READ, VmAttributes::DEFAULT);
    check_eq!(attempt, Err(missing(21)));
    PASSED
}

/// Unmap: "TLB flushed": what was just read is gone.
fn unmapping_flushes_translations(w: &mut World) -> Outcome {
    let (tables, place) = (tables::<3>(w)?, 0x7000_0000_0000);
    for table in tables {
        table.map(initial::VSPACE, place)?;
    }
    let page = w.create::<Page>()?;
    page.map(initial::VSPACE, place, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    check!(w.fault_of_load(place)?.is_none());
    tables[2].unmap()?;
    check!(w.fault_of_load(place)?.is_some());
    PASSED
}

/// The checks come in the order of the text.
fn the_first_failing_check_counts(w: &mut World) -> Outcome {
    let ([mapped, table], space) = (tables(w)?, w.vspace()?);
    mapped.map(space, PLACE)?;
    check_eq!(mapped.map(Cap::NULL, 1 << 47), Err(Error::InvalidCapability(0)));
    check_eq!(table.map(Cap::NULL, 1 << 47), Err(Error::InvalidCapability(1)));
    check_eq!(table.map(space, 1 << 47), Err(Error::InvalidArgument(0)));
    PASSED
}
