//! What happens when there is not enough, or the machine refuses.

use libsys::pager::{File, Protection, Purpose, Refusal};

use super::fake::{Client, Fake, to};
use super::invariants::check;
use crate::pager::{Backing, Cause, Intent, Pager, Reach, Region, Source};

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
    let unavailable = Cause::Unavailable(to(0x21, Intent::Read));
    assert_eq!(pager.read(client, 0x21), Err(unavailable));
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
        assert_eq!(pager.machine.left, 200, "operation {failing}");
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
