//! What happens when there is not enough, or the machine refuses.

use libsys::pager::{File, Protection, Purpose, Refusal};

use super::fake::{Client, Fake, to};
use super::invariants::check;
use crate::pager::{Backing, Cause, ClientId, Intent, Outcome, Pager, Reach, Region, Source};

#[test]
fn with_little_memory_less_comes() {
    let mut pager = Pager::new(Fake::with_pages(3));
    let client = pager.client(100);
    let reach = Reach { around: 2, large: true };
    let heap = Region::zeros(0x20..0x30, Purpose::Heap).with_reach(reach);
    pager.add_region(client, heap).expect("room");
    assert_eq!(pager.write(client, 0x21, 1), Ok(()));
    assert_eq!(pager.frames(), (3, 0), "no large page, and not the whole block");
    assert_eq!(pager.write(client, 0x25, 1), Err(Cause::Memory(to(0x25, Intent::Write))));
    check(&pager);
    pager.unmap(client, 0x20..0x21).expect("memory");
    assert_eq!(pager.write(client, 0x25, 1), Ok(()));
    check(&pager);
}

#[test]
fn pages_of_files_make_room() {
    let mut pager = Pager::new(Fake::with_pages(4));
    let file =
        pager.add_object(Source::File { server: 0, file: File { number: 1, bytes: 4 << 12 } });
    let client = pager.client(100);
    let reach = Reach { around: 2, large: false };
    let region = Region::of(Backing::Shared(file, 0), 0x20..0x24, Purpose::File, Protection::Read);
    pager.add_region(client, region.clone().with_reach(reach)).expect("room");
    assert_eq!(pager.read(client, 0x21), Ok(101));
    assert_eq!(pager.frames(), (3, 0), "from the page touched on");
    pager.unmap(client, 0x20..0x24).expect("a region");
    assert_eq!(pager.frames(), (3, 0), "the owner of the file may want them again");
    let heap = Region::zeros(0x40..0x44, Purpose::Heap).with_reach(Reach::ONE);
    pager.add_region(client, heap).expect("room");
    for page in 0x40..0x44 {
        assert_eq!(pager.write(client, page, 1), Ok(()));
        check(&pager);
    }
    pager.add_region(client, region.with_reach(reach)).expect("room");
    let lack = Cause::Memory(to(0x21, Intent::Read));
    assert_eq!(pager.read(client, 0x21), Err(lack.clone()));
    check(&pager);
    assert_eq!(pager.read(client, 0x21), Err(lack), "not for want of asking");
    pager.unmap(client, 0x40..0x44).expect("a region");
    assert_eq!(pager.read(client, 0x22), Ok(102), "its neighbour's failure is not its own");
    check(&pager);
}

/// A pager with a file of four pages, which a client has at 0x20.
fn with_file(pages: u64) -> (Pager<Fake>, ClientId) {
    let mut pager = Pager::new(Fake::with_pages(pages));
    let file =
        pager.add_object(Source::File { server: 0, file: File { number: 1, bytes: 4 << 12 } });
    let client = pager.client(100);
    let region = Region::of(Backing::Shared(file, 0), 0x20..0x24, Purpose::File, Protection::Read);
    let reach = Reach { around: 2, large: false };
    pager.add_region(client, region.with_reach(reach)).expect("room");
    (pager, client)
}

#[test]
fn pages_fetched_ahead_do_not_drive_out_the_one_that_was_touched() {
    let (mut pager, client) = with_file(1);
    assert_eq!(pager.read(client, 0x20), Ok(100));
    let lack = Cause::Memory(to(0x21, Intent::Read));
    assert_eq!(pager.read(client, 0x21), Err(lack));
    check(&pager);
}

#[test]
fn a_page_that_the_machine_refuses_does_not_keep_the_others() {
    for failing in 0..12 {
        let (mut pager, client) = with_file(100);
        let server = pager.client(100);
        let heap = Region::zeros(0x20..0x24, Purpose::Heap);
        let reach = Reach { around: 0, large: true };
        pager.add_region(server, heap.with_reach(reach)).expect("room");
        pager.write(server, 0x20, 7).expect("memory");
        let Ok(Outcome::Fetch(fetch)) = pager.fault(client, to(0x20, Intent::Read)) else {
            panic!("the page is not there")
        };
        pager.machine.until_failure = Some(failing);
        let _ = pager.supply_from(&fetch, server, 0x20);
        pager.machine.until_failure = None;
        check(&pager);
        for page in 0x21..0x24 {
            // `read` panics when a page is still said to be coming.
            assert!(pager.read(client, page).is_ok(), "operation {failing}, page {page:#x}");
        }
    }
}

#[test]
fn what_a_lost_server_was_asked_for_does_not_come() {
    let (mut pager, client) = with_file(100);
    let access = to(0x20, Intent::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(client, access) else {
        panic!("the page is not there")
    };
    assert_eq!(pager.fault(client, access), Ok(Outcome::Wait));
    pager.give_up_server(1);
    assert_eq!(pager.fault(client, access), Ok(Outcome::Wait), "another server");
    pager.give_up_server(0);
    assert_eq!(pager.fault(client, access), Ok(Outcome::Fetch(fetch)));
    check(&pager);
}

/// Whatever operation fails, the pager is as good as before, and the next try succeeds.
#[test]
fn any_operation_may_fail() {
    for failing in 0..60 {
        let mut pager = Pager::new(Fake::with_pages(200));
        let parent = pager.client(100);
        let heap = Region::zeros(0x20..0x30, Purpose::Heap);
        pager.add_region(parent, heap).expect("room");
        for page in [0x21, 0x26, 0x2b] {
            pager.write(parent, page, page as u8).expect("memory");
        }
        let child = pager.client(100);
        pager.clone_client(parent, child).expect("a clone");
        pager.machine.until_failure = Some(failing);
        let _ = pager.write(parent, 0x21, 1);
        check(&pager);
        let _ = pager.unmap(child, 0x26..0x27);
        check(&pager);
        let _ = pager.duplicate(child, 0x29..0x2a);
        check(&pager);
        let _ = pager.protect(parent, 0x24..0x2e, Protection::ReadExecute);
        check(&pager);
        let _ = pager.protect(parent, 0x24..0x2e, Protection::ReadWrite);
        check(&pager);
        let _ = pager.write(child, 0x2c, 1);
        check(&pager);
        pager.machine.until_failure = None;
        assert_eq!(pager.write(parent, 0x21, 2), Ok(()));
        assert_eq!(pager.read(child, 0x21), Ok(0x21));
        assert_eq!(pager.write(child, 0x2c, 3), Ok(()));
        assert_eq!(pager.read(parent, 0x2c), Ok(0));
        check(&pager);
        for client in [parent, child] {
            pager.remove_client(client).expect("a client");
        }
        let held: usize = pager.machine.frames.values().map(std::vec::Vec::len).sum();
        assert_eq!(pager.machine.left + held as u64, 200, "operation {failing}");
        assert_eq!(pager.machine.frames.len() as u64, pager.machine.lost);
    }
}

#[test]
fn regions_are_not_without_number() {
    let mut pager = Pager::new(Fake::with_pages(10));
    let client = pager.client(9);
    pager.add_region(client, Region::zeros(0x20..0xff0, Purpose::Heap)).expect("room");
    let mut page = 0x20;
    let refused = loop {
        // Each one cuts off another region.
        let protection = [Protection::Read, Protection::ReadWrite][page as usize % 2];
        match pager.protect(client, page..page + 1, protection) {
            Ok(()) => page += 1,
            Err(reason) => break reason,
        }
    };
    assert_eq!(refused, Refusal::Quota);
    assert!(page > 0x20 + 1000, "that is many");
    assert_eq!(pager.unmap(client, 0x20..0x21), Ok(()), "a whole one can always go");
    assert_eq!(pager.protect(client, page..page + 1, Protection::None), Ok(()));
    check(&pager);
    assert_eq!(pager.remove_client(client), Ok(client.number()));
}
