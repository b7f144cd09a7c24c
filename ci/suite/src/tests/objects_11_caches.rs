//! Cache maintenance of pages and address spaces (objects.md §11).

use super::tools::{call, invoke};
use crate::framework::code;
use crate::framework::prelude::*;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(pages_need_two_words),
    test!(pages_must_be_mapped),
    test!(page_ranges_are_not_empty),
    test!(page_ranges_stay_in_the_page),
    test!(page_ranges_of_large_pages_are_large),
    test!(stale_mappings_of_pages_are_refused),
    test!(pages_are_invalidated_when_writable),
    test!(pages_of_dead_spaces_are_refused),
    test!(checks_of_pages_come_in_order),
    test!(maintained_pages_keep_their_data),
    test!(unified_pages_can_be_executed),
    test!(unknown_labels_of_spaces_are_illegal),
    test!(spaces_need_two_words),
    test!(space_ranges_are_not_empty),
    test!(space_ranges_are_users),
    test!(spaces_need_an_identifier),
    test!(dead_spaces_are_refused),
    test!(nothing_mapped_is_nothing_to_do),
    test!(space_ranges_stay_in_one_page),
    test!(space_ranges_in_large_pages_are_large),
    test!(spaces_are_invalidated_where_writable),
    test!(checks_of_spaces_come_in_order),
];

/// Where the tests map their pages.
const PLACE: u64 = 0x40_0000_0000;

const OF_PAGE: [Invocation; 4] = [
    Invocation::PageCleanData,
    Invocation::PageInvalidateData,
    Invocation::PageCleanInvalidateData,
    Invocation::PageUnifyInstruction,
];

const OF_SPACE: [Invocation; 4] = [
    Invocation::VSpaceCleanData,
    Invocation::VSpaceInvalidateData,
    Invocation::VSpaceCleanInvalidateData,
    Invocation::VSpaceUnifyInstruction,
];

/// A page of an address space, and the space.
fn mapped(w: &mut World, rights: Rights) -> Outcome<(Cap<Page>, Cap<VSpace>)> {
    let space = w.space_with_tables(PLACE)?;
    let page = w.create::<Page>()?;
    page.map(space, PLACE, rights, VmAttributes::DEFAULT)?;
    Ok((page, space))
}

/// An address space whose identifier is gone: its pool was deleted.
fn dead_space(w: &mut World) -> Outcome<(Cap<Page>, Cap<VSpace>)> {
    let pool = w.asid_pool()?;
    let space = w.create::<VSpace>()?;
    pool.assign(space)?;
    for _ in 0..3 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let page = w.create::<Page>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    w.delete(pool)?;
    Ok((page, space))
}

/// Page operations: "len<2 Trunc".
fn pages_need_two_words(w: &mut World) -> Outcome {
    let (page, _) = mapped(w, Rights::ALL)?;
    for operation in OF_PAGE {
        check_err!(invoke(page, operation, &[], &[]), Error::TruncatedMessage);
        check_err!(invoke(page, operation, &[0], &[]), Error::TruncatedMessage);
        check!(invoke(page, operation, &[0, 64], &[]).is_ok());
    }
    PASSED
}

/// Page operations: "cap not mapped Illegal".
fn pages_must_be_mapped(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    for operation in OF_PAGE {
        check_err!(invoke(page, operation, &[0, 64], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// Page operations: "end<=start InvArg 1".
fn page_ranges_are_not_empty(w: &mut World) -> Outcome {
    let (page, _) = mapped(w, Rights::ALL)?;
    for operation in OF_PAGE {
        for range in [[0, 0], [64, 64], [65, 64], [u64::MAX, 0]] {
            check_err!(invoke(page, operation, &range, &[]), Error::InvalidArgument(1));
        }
    }
    PASSED
}

/// Page operations: "start>=size or end>size InvArg 0".
fn page_ranges_stay_in_the_page(w: &mut World) -> Outcome {
    let (page, _) = mapped(w, Rights::ALL)?;
    for operation in OF_PAGE {
        for range in [[4096, 4097], [0, 4097], [4095, 5000], [0, u64::MAX]] {
            check_err!(invoke(page, operation, &range, &[]), Error::InvalidArgument(0));
        }
        for range in [[0, 4096], [4095, 4096], [1, 2]] {
            check!(invoke(page, operation, &range, &[]).is_ok());
        }
    }
    PASSED
}

/// The size is that of the page.
fn page_ranges_of_large_pages_are_large(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    for _ in 0..2 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let page = w.create::<Page<Large>>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    for operation in OF_PAGE {
        check!(invoke(page, operation, &[0, 1 << 21], &[]).is_ok());
        let refused = invoke(page, operation, &[0, (1 << 21) + 1], &[]);
        check_err!(refused, Error::InvalidArgument(0));
    }
    PASSED
}

/// Page operations: "mapping stale InvCap 0": another page took the place.
fn stale_mappings_of_pages_are_refused(w: &mut World) -> Outcome {
    let (old, space) = mapped(w, Rights::ALL)?;
    let new = w.create::<Page>()?;
    new.map(space, PLACE, Rights::ALL, VmAttributes::DEFAULT)?;
    for operation in OF_PAGE {
        check_err!(invoke(old, operation, &[0, 64], &[]), Error::InvalidCapability(0));
        check!(invoke(new, operation, &[0, 64], &[]).is_ok());
    }
    PASSED
}

/// Page operations: "Invalidate on a non-writable mapping Illegal"; the others are fine there.
fn pages_are_invalidated_when_writable(w: &mut World) -> Outcome {
    for rights in [Rights::READ, Rights::NONE] {
        let (page, _) = mapped(w, rights)?;
        for operation in OF_PAGE {
            let answer = invoke(page, operation, &[0, 64], &[]).map(|_| ());
            let is_invalidate = operation == Invocation::PageInvalidateData;
            let expected = if is_invalidate { Err(Error::IllegalOperation) } else { Ok(()) };
            check_eq!((operation, answer), (operation, expected));
        }
    }
    PASSED
}

/// Page operations: "ASID dead FailedLookup".
fn pages_of_dead_spaces_are_refused(w: &mut World) -> Outcome {
    let (page, _) = dead_space(w)?;
    for operation in OF_PAGE {
        let gone = Error::destination(LookupFailure::InvalidRoot);
        check_err!(invoke(page, operation, &[0, 64], &[]), gone);
        // Before the range is looked at.
        check_err!(invoke(page, operation, &[64, 0], &[]), gone);
    }
    PASSED
}

/// "cap not mapped ...; end<=start ...; start>=size ...; mapping stale ...".
fn checks_of_pages_come_in_order(w: &mut World) -> Outcome {
    let unmapped = w.create::<Page>()?;
    let (old, space) = mapped(w, Rights::ALL)?;
    let new = w.create::<Page>()?;
    new.map(space, PLACE, Rights::ALL, VmAttributes::DEFAULT)?;
    for operation in OF_PAGE {
        check_err!(invoke(unmapped, operation, &[9, 9], &[]), Error::IllegalOperation);
        check_err!(invoke(old, operation, &[9999, 9999], &[]), Error::InvalidArgument(1));
        check_err!(invoke(old, operation, &[9999, 99999], &[]), Error::InvalidArgument(0));
    }
    PASSED
}

/// Cleaning loses nothing.
fn maintained_pages_keep_their_data(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    for offset in (0..4096).step_by(8) {
        window.write_word(offset, !offset);
    }
    page.clean_data(0..4096)?;
    page.clean_invalidate_data(0..4096)?;
    page.unify_instruction(0..4096)?;
    initial::VSPACE.clean_data(window.address()..window.end())?;
    initial::VSPACE.clean_invalidate_data(window.address()..window.end())?;
    check!((0..4096).step_by(8).all(|offset| window.read_word(offset) == !offset));
    PASSED
}

/// Unify makes written instructions visible, once and again at the same place.
fn unified_pages_can_be_executed(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    let start = window.address();
    page.map(initial::VSPACE, start, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    window.write_bytes(4, &code::svc(0).to_le_bytes());
    for number in [1, 2, 3] {
        window.write_bytes(0, &code::mov(7, number).to_le_bytes());
        initial::VSPACE.unify_instruction(start..start + 8)?;
        thread.write_registers(true, &UserContext::starting_at(start, 0))?;
        let number = u64::from(number);
        check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number }));
    }
    PASSED
}

/// "Unknown label for an object: Illegal".
fn unknown_labels_of_spaces_are_illegal(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    for label in [0, 1, 38, 43, 44, 47, 54, 57] {
        check_err!(call(space, label, &[PLACE, PLACE + 8], &[]), Error::IllegalOperation);
    }
    PASSED
}

/// Operations of spaces: "len<2 Trunc".
fn spaces_need_two_words(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::ALL)?;
    for operation in OF_SPACE {
        check_err!(invoke(space, operation, &[], &[]), Error::TruncatedMessage);
        check_err!(invoke(space, operation, &[PLACE], &[]), Error::TruncatedMessage);
        check!(invoke(space, operation, &[PLACE, PLACE + 64], &[]).is_ok());
    }
    PASSED
}

/// Operations of spaces: "end<=start InvArg 1".
fn space_ranges_are_not_empty(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::ALL)?;
    for operation in OF_SPACE {
        for range in [[PLACE, PLACE], [PLACE + 1, PLACE], [u64::MAX, 0]] {
            check_err!(invoke(space, operation, &range, &[]), Error::InvalidArgument(1));
        }
    }
    PASSED
}

/// Operations of spaces: "end > USER_TOP Illegal".
fn space_ranges_are_users(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::ALL)?;
    for operation in OF_SPACE {
        for end in [1 << 47, 1 << 48, u64::MAX] {
            check_err!(invoke(space, operation, &[PLACE, end], &[]), Error::IllegalOperation);
        }
    }
    PASSED
}

/// Operations of spaces: "VSpace without ASID InvCap 0".
fn spaces_need_an_identifier(w: &mut World) -> Outcome {
    let space = w.create::<VSpace>()?;
    for operation in OF_SPACE {
        let refused = invoke(space, operation, &[PLACE, PLACE + 8], &[]);
        check_err!(refused, Error::InvalidCapability(0));
    }
    PASSED
}

/// Operations of spaces: "ASID dead FailedLookup".
fn dead_spaces_are_refused(w: &mut World) -> Outcome {
    let (_, space) = dead_space(w)?;
    for operation in OF_SPACE {
        let gone = Error::destination(LookupFailure::InvalidRoot);
        check_err!(invoke(space, operation, &[PLACE, PLACE + 8], &[]), gone);
    }
    PASSED
}

/// "no page mapped at start: success, nothing done", however long the range is.
fn nothing_mapped_is_nothing_to_do(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::ALL)?;
    let empty = w.vspace()?;
    for operation in OF_SPACE {
        let absent = PLACE + 4096;
        check!(invoke(space, operation, &[absent, absent + 8], &[]).is_ok());
        check!(invoke(space, operation, &[absent, absent + 9999], &[]).is_ok());
        check!(invoke(empty, operation, &[0, (1 << 47) - 1], &[]).is_ok());
    }
    PASSED
}

/// "range crosses the page: Range(start, last byte of page)".
fn space_ranges_stay_in_one_page(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::ALL)?;
    for operation in OF_SPACE {
        for start in [PLACE, PLACE + 100, PLACE + 4095] {
            let range = Error::Range { min: start, max: PLACE + 4095 };
            check_err!(invoke(space, operation, &[start, PLACE + 4097], &[]), range);
        }
        check!(invoke(space, operation, &[PLACE, PLACE + 4096], &[]).is_ok());
    }
    PASSED
}

/// The page is as large as it is.
fn space_ranges_in_large_pages_are_large(w: &mut World) -> Outcome {
    let space = w.vspace()?;
    for _ in 0..2 {
        w.create::<PageTable>()?.map(space, PLACE)?;
    }
    let page = w.create::<Page<Large>>()?;
    page.map(space, PLACE, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    for operation in OF_SPACE {
        let end = PLACE + (1 << 21);
        check!(invoke(space, operation, &[PLACE + 8, end], &[]).is_ok());
        let range = Error::Range { min: PLACE + 8, max: end - 1 };
        check_err!(invoke(space, operation, &[PLACE + 8, end + 1], &[]), range);
    }
    PASSED
}

/// "Invalidate on non-writable Illegal".
fn spaces_are_invalidated_where_writable(w: &mut World) -> Outcome {
    let (_, space) = mapped(w, Rights::READ)?;
    for operation in OF_SPACE {
        let answer = invoke(space, operation, &[PLACE, PLACE + 64], &[]).map(|_| ());
        let is_invalidate = operation == Invocation::VSpaceInvalidateData;
        let expected = if is_invalidate { Err(Error::IllegalOperation) } else { Ok(()) };
        check_eq!((operation, answer), (operation, expected));
    }
    PASSED
}

/// "end<=start ...; end > USER_TOP ...; VSpace without ASID ...".
fn checks_of_spaces_come_in_order(w: &mut World) -> Outcome {
    let space = w.create::<VSpace>()?;
    for operation in OF_SPACE {
        let refused = invoke(space, operation, &[1 << 48, 1 << 48], &[]);
        check_err!(refused, Error::InvalidArgument(1));
        let refused = invoke(space, operation, &[1 << 48, (1 << 48) + 1], &[]);
        check_err!(refused, Error::IllegalOperation);
    }
    PASSED
}
