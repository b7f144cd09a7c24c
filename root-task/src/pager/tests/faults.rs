//! Single faults: what they bring, and whom they blame.

use std::string::ToString;

use libsys::pager::{Protection, Purpose, Usage};

use super::fake::{Client, Fake, to};
use super::invariants::check;
use crate::pager::{Access, Cause, ClientId, Intent, Outcome, Pager, Reach, Region};

fn with_heap(quota: u64, reach: Reach) -> (Pager<Fake>, ClientId) {
    let mut pager = Pager::new(Fake::with_pages(1000));
    let client = pager.client(quota);
    let heap = Region::zeros(0x22..0x40, Purpose::Heap).with_reach(reach);
    pager.add_region(client, heap).expect("room");
    (pager, client)
}

fn usage(pager: &Pager<Fake>, client: ClientId) -> Usage {
    pager.usage(client).expect("a client")
}

#[test]
fn a_page_comes_when_it_is_touched() {
    let (mut pager, client) = with_heap(10, Reach::ONE);
    assert_eq!(usage(&pager, client).pages, 0);
    assert_eq!(pager.write(client, 0x25, 7), Ok(()));
    assert_eq!(pager.read(client, 0x25), Ok(7));
    let Usage { pages, tables, faults, copies, .. } = usage(&pager, client);
    assert_eq!((pages, tables, faults, copies), (1, 3, 1, 0));
    check(&pager);
}

#[test]
fn a_read_brings_a_page_that_can_be_written() {
    let (mut pager, client) = with_heap(10, Reach::ONE);
    assert_eq!(pager.read(client, 0x25), Ok(0));
    assert_eq!(pager.write(client, 0x25, 7), Ok(()));
    assert_eq!(usage(&pager, client).faults, 1, "nobody else has the page");
}

#[test]
fn a_block_comes_with_its_page() {
    let (mut pager, client) = with_heap(100, Reach { around: 2, large: false });
    assert_eq!(pager.write(client, 0x23, 1), Ok(()));
    assert_eq!(usage(&pager, client).pages, 2, "the region begins in the middle of the block");
    assert_eq!(pager.write(client, 0x26, 1), Ok(()));
    assert_eq!(usage(&pager, client).pages, 6);
    for page in 0x22..0x28 {
        assert!(pager.read(client, page).is_ok());
    }
    assert_eq!(usage(&pager, client).faults, 2);
    check(&pager);
}

#[test]
fn a_large_page_comes_where_it_fits() {
    let (mut pager, client) = with_heap(100, Reach { around: 0, large: true });
    assert_eq!(pager.write(client, 0x23, 1), Ok(()));
    assert_eq!(usage(&pager, client).pages, 1, "the region begins in the middle of it");
    assert_eq!(pager.write(client, 0x27, 2), Ok(()));
    assert_eq!((usage(&pager, client).pages, pager.frames()), (5, (1, 1)));
    assert_eq!(pager.read(client, 0x24), Ok(0));
    assert_eq!(usage(&pager, client).faults, 2);
    check(&pager);
}

#[test]
fn the_quota_limits_what_comes_and_then_what_is_touched() {
    let (mut pager, client) = with_heap(3 + 5, Reach { around: 2, large: true });
    assert_eq!(pager.write(client, 0x23, 1), Ok(()));
    assert_eq!(pager.write(client, 0x27, 1), Ok(()), "no large page any more, but a block");
    assert_eq!(usage(&pager, client).left(), 0);
    assert_eq!(pager.frames(), (4, 0));
    let refused = pager.write(client, 0x28, 1);
    let access = to(0x28, Intent::Write);
    assert_eq!(refused, Err(Cause::Quota { access, usage: usage(&pager, client) }));
    assert_eq!(pager.read(client, 0x26), Ok(0), "what is there stays");
    check(&pager);
}

#[test]
fn tables_are_paid_for() {
    let (mut pager, client) = with_heap(3, Reach::ONE);
    assert!(matches!(pager.write(client, 0x25, 1), Err(Cause::Quota { .. })));
    assert_eq!(usage(&pager, client).pages, 0);
    check(&pager);
}

#[test]
fn who_leaves_its_regions_is_told_so() {
    let (mut pager, client) = with_heap(10, Reach::ONE);
    let stack = Region::zeros(0x50..0x58, Purpose::Stack);
    pager.add_region(client, stack).expect("room");
    let code =
        Region { protection: Protection::ReadExecute, ..Region::zeros(0x60..0x61, Purpose::Code) };
    pager.add_region(client, code).expect("room");
    let outside = to(0x41, Intent::Read);
    assert_eq!(pager.fault(client, outside), Err(Cause::Outside(outside)));
    let below = to(0x4f, Intent::Write);
    let overflow = Cause::Overflow { access: below, stack: 0x5_0000..0x5_8000 };
    assert_eq!(pager.fault(client, below), Err(overflow.clone()));
    assert_eq!(overflow.to_string(), "write at 0x4f008, below the stack at 0x50000 to 0x58000");
    let to_code = to(0x60, Intent::Write);
    let (purpose, protection) = (Purpose::Code, Protection::ReadExecute);
    let forbidden = Cause::Forbidden { access: to_code, purpose, protection };
    assert_eq!(pager.fault(client, to_code), Err(forbidden));
    let of_data = to(0x30, Intent::Execute);
    let (purpose, protection) = (Purpose::Heap, Protection::ReadWrite);
    let forbidden = Cause::Forbidden { access: of_data, purpose, protection };
    assert_eq!(forbidden.to_string(), "execution of 0x30008, which is writable (heap)");
    assert_eq!(pager.fault(client, of_data), Err(forbidden));
    assert_eq!(pager.fault(ClientId::of(77), outside), Err(Cause::Stranger));
    assert_eq!(usage(&pager, client).pages, 0);
    check(&pager);
}

#[test]
fn two_threads_may_touch_the_same_page() {
    let (mut pager, client) = with_heap(10, Reach::ONE);
    let access = to(0x25, Intent::Write);
    assert_eq!(pager.fault(client, access), Ok(Outcome::Resume));
    assert_eq!(pager.fault(client, access), Ok(Outcome::Resume));
    assert_eq!(usage(&pager, client).faults, 1);
}

#[test]
fn no_address_is_too_far() {
    let (mut pager, client) = with_heap(10, Reach::LARGE);
    for address in [0, 1, u64::MAX, 1 << 63, 0x2_2000 - 1, 0x4_0000] {
        for intent in [Intent::Read, Intent::Write, Intent::Execute] {
            let access = Access { address, intent };
            assert_eq!(pager.fault(client, access), Err(Cause::Outside(access)));
        }
    }
}
