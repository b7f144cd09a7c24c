//! Objects, clones and what comes back.

use libsys::pager::{File, Protection, Purpose, Refusal};

use super::fake::{Client, Fake, to};
use super::invariants::check;
use crate::pager::{
    Backing, Cause, ClientId, Intent, ObjectId, Outcome, Pager, Reach, Region, Source,
};

const FILE: Source = Source::File { server: 0, file: File { number: 9, bytes: 5 * 4096 + 1 } };

fn map(pager: &mut Pager<Fake>, client: ClientId, backing: Backing, protection: Protection) {
    let region = Region::of(backing, 0x20..0x28, Purpose::File, protection);
    pager.add_region(client, region.with_reach(Reach { around: 2, large: false })).expect("room");
}

fn with_file(clients: usize, protection: Protection) -> (Pager<Fake>, std::vec::Vec<ClientId>) {
    let mut pager = Pager::new(Fake::with_pages(100));
    let file = pager.add_object(FILE);
    let clients: std::vec::Vec<_> = (0..clients).map(|_| pager.client(50)).collect();
    for client in &clients {
        map(&mut pager, *client, Backing::Private(file, 0), protection);
    }
    pager.forget_object(file).expect("regions refer to it");
    (pager, clients)
}

fn remove_all(mut pager: Pager<Fake>, clients: &[ClientId]) {
    for client in clients {
        assert_eq!(pager.remove_client(*client), Ok(client.number()));
        check(&pager);
    }
    assert_eq!(pager.frames(), (0, 0));
    assert_eq!(pager.machine.left, 100, "everything came back");
}

#[test]
fn a_page_of_a_file_is_fetched_once() {
    let (mut pager, clients) = with_file(2, Protection::Read);
    let access = to(0x21, Intent::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(clients[0], access) else {
        panic!("the file is elsewhere")
    };
    assert_eq!((fetch.pages.clone(), fetch.file.number), (1..4, 9));
    assert_eq!(pager.fault(clients[1], access), Ok(Outcome::Wait), "it is coming already");
    check(&pager);
    let supplied = pager.supply(&fetch, |_, _, _| Ok(()));
    assert_eq!(supplied, Ok(()));
    for client in &clients {
        assert_eq!(pager.fault(*client, access), Ok(Outcome::Resume));
    }
    assert_eq!(pager.frames(), (3, 0));
    check(&pager);
    remove_all(pager, &clients);
}

#[test]
fn files_end() {
    let (mut pager, clients) = with_file(1, Protection::Read);
    assert_eq!(pager.read(clients[0], 0x25), Ok(105), "the last page is not full");
    let beyond = to(0x26, Intent::Read);
    assert_eq!(pager.fault(clients[0], beyond), Err(Cause::BeyondFile(beyond)));
    remove_all(pager, &clients);
}

#[test]
fn a_server_may_fail_and_is_asked_again() {
    let (mut pager, clients) = with_file(2, Protection::Read);
    let access = to(0x20, Intent::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(clients[0], access) else {
        panic!("the file is elsewhere")
    };
    pager.give_up(&fetch);
    assert_eq!(pager.fault(clients[0], access), Err(Cause::Unavailable(access)));
    assert_eq!(pager.read(clients[1], 0x20), Ok(100), "better luck");
    check(&pager);
    remove_all(pager, &clients);
}

#[test]
fn what_comes_too_late_is_not_kept() {
    let (mut pager, clients) = with_file(1, Protection::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(clients[0], to(0x20, Intent::Read)) else {
        panic!("the file is elsewhere")
    };
    pager.remove_client(clients[0]).expect("a client");
    assert_eq!(pager.supply(&fetch, |_, _, _| Ok(())), Ok(()));
    assert_eq!(pager.frames(), (0, 0));
    check(&pager);
}

#[test]
fn a_write_to_a_private_page_is_nobody_elses() {
    let (mut pager, clients) = with_file(2, Protection::ReadWrite);
    assert_eq!(pager.write(clients[0], 0x22, 1), Ok(()));
    assert_eq!(pager.read(clients[0], 0x22), Ok(1));
    assert_eq!(pager.read(clients[1], 0x22), Ok(102));
    assert_eq!(pager.usage(clients[0]).map(|usage| usage.copies), Some(1));
    check(&pager);
    remove_all(pager, &clients);
}

#[test]
fn shared_files_are_not_written() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let file = pager.add_object(FILE);
    let client = pager.client(50);
    let region =
        |protection| Region::of(Backing::Shared(file, 0), 0x20..0x28, Purpose::File, protection);
    let refused = pager.add_region(client, region(Protection::ReadWrite));
    assert_eq!(refused, Err(Refusal::Protection));
    assert_eq!(pager.add_region(client, region(Protection::Read)), Ok(()));
    let refused = pager.protect(client, 0x20..0x22, Protection::ReadWrite);
    assert_eq!(refused, Err(Refusal::Protection));
    check(&pager);
}

fn shared(pager: &mut Pager<Fake>) -> (ObjectId, [ClientId; 2]) {
    let object = pager.add_object(Source::Zeros);
    let clients = [pager.client(50), pager.client(50)];
    for client in clients {
        map(pager, client, Backing::Shared(object, 3), Protection::ReadWrite);
    }
    (object, clients)
}

#[test]
fn shared_memory_is_the_same_for_all() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let (object, [one, other]) = shared(&mut pager);
    assert_eq!(pager.write(one, 0x21, 5), Ok(()));
    assert_eq!(pager.read(other, 0x21), Ok(5));
    assert_eq!(pager.write(other, 0x21, 6), Ok(()));
    assert_eq!(pager.read(one, 0x21), Ok(6));
    assert_eq!(pager.frames(), (1, 0));
    check(&pager);
    pager.forget_object(object).expect("it exists");
    remove_all(pager, &[one, other]);
}

#[test]
fn clones_share_until_they_write() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let parent = pager.client(50);
    let heap = Region::zeros(0x20..0x30, Purpose::Heap).with_reach(Reach::ONE);
    pager.add_region(parent, heap).expect("room");
    for page in 0x20..0x24 {
        assert_eq!(pager.write(parent, page, page as u8), Ok(()));
    }
    let child = pager.client(50);
    assert_eq!(pager.clone_client(parent, child), Ok(()));
    check(&pager);
    assert_eq!(pager.frames(), (4, 0), "none was copied");
    assert_eq!(pager.write(parent, 0x20, 1), Ok(()));
    assert_eq!(pager.write(child, 0x21, 2), Ok(()));
    check(&pager);
    let seen = |pager: &mut Pager<Fake>, client| {
        [0x20, 0x21, 0x22].map(|page| pager.read(client, page).expect("a page"))
    };
    assert_eq!(seen(&mut pager, parent), [1, 0x21, 0x22]);
    assert_eq!(seen(&mut pager, child), [0x20, 2, 0x22]);
    assert_eq!(pager.frames(), (6, 0));
    remove_all(pager, &[parent, child]);
}

#[test]
fn the_last_one_who_has_a_page_writes_in_place() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let first = pager.client(50);
    pager.add_region(first, Region::zeros(0x20..0x24, Purpose::Heap)).expect("room");
    assert_eq!(pager.write(first, 0x21, 1), Ok(()));
    // Clones of clones: what others would call a chain.
    let mut last = first;
    let mut clients = std::vec![first];
    for _ in 0..5 {
        let next = pager.client(50);
        pager.clone_client(last, next).expect("a clone");
        clients.push(next);
        last = next;
    }
    for client in &clients[..5] {
        pager.remove_client(*client).expect("a client");
        check(&pager);
    }
    let before = pager.machine.copies;
    assert_eq!(pager.write(last, 0x21, 2), Ok(()));
    assert_eq!(pager.machine.copies, before, "nothing is left to copy from");
    remove_all(pager, &[last]);
}

#[test]
fn a_large_page_is_copied_as_one_or_divided() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let parent = pager.client(50);
    let heap = Region::zeros(0x20..0x28, Purpose::Heap);
    pager.add_region(parent, heap).expect("room");
    assert_eq!(pager.write(parent, 0x21, 1), Ok(()));
    assert_eq!(pager.write(parent, 0x25, 2), Ok(()));
    assert_eq!(pager.frames(), (0, 2));
    let child = pager.client(50);
    pager.clone_client(parent, child).expect("a clone");
    assert_eq!(pager.write(child, 0x22, 3), Ok(()));
    assert_eq!(pager.frames(), (0, 3));
    assert_eq!(pager.read(child, 0x21), Ok(1));
    // The end of one of the child's pages goes; the parent keeps its own.
    assert_eq!(pager.unmap(child, 0x27..0x28), Ok(()));
    check(&pager);
    assert_eq!(pager.frames(), (3, 3));
    assert_eq!(pager.read(child, 0x25), Ok(2));
    assert_eq!(pager.read(parent, 0x27), Ok(0));
    remove_all(pager, &[parent, child]);
}

#[test]
fn a_clone_must_fit_its_quota() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let parent = pager.client(50);
    let heap = Region::zeros(0x20..0x24, Purpose::Heap);
    pager.add_region(parent, heap).expect("room");
    assert_eq!(pager.write(parent, 0x20, 1), Ok(()));
    let (small, full) = (pager.client(3), pager.client(50));
    assert_eq!(pager.clone_client(parent, small), Err(Refusal::Quota));
    let without_tables = pager.client(4);
    assert_eq!(pager.clone_client(parent, without_tables), Err(Refusal::Quota));
    pager.add_region(full, Region::zeros(0x80..0x81, Purpose::Data)).expect("room");
    assert_eq!(pager.clone_client(parent, full), Err(Refusal::Addresses));
    assert_eq!(pager.clone_client(parent, ClientId::of(9)), Err(Refusal::Stranger));
    check(&pager);
    remove_all(pager, &[parent, small, full, without_tables]);
}

#[test]
fn duplicates_are_private() {
    let mut pager = Pager::new(Fake::with_pages(100));
    let client = pager.client(50);
    let heap = Region::zeros(0x20..0x28, Purpose::Heap);
    pager.add_region(client, heap).expect("room");
    assert_eq!(pager.write(client, 0x21, 1), Ok(()));
    let copy = pager.duplicate(client, 0x21..0x26).expect("a copy");
    assert_eq!(copy.end - copy.start, 5);
    check(&pager);
    assert_eq!(pager.write(client, 0x21, 2), Ok(()));
    assert_eq!(pager.read(client, copy.start), Ok(1));
    assert_eq!(pager.duplicate(client, 0x27..0x29), Err(Refusal::Nothing));
    check(&pager);
    remove_all(pager, &[client]);
}

#[test]
fn pages_come_out_of_a_servers_memory() {
    let (mut pager, clients) = with_file(2, Protection::ReadWrite);
    let server = pager.client(50);
    pager.add_region(server, Region::zeros(0x80..0x88, Purpose::Heap)).expect("room");
    for page in 0x80..0x87 {
        assert_eq!(pager.write(server, page, page as u8), Ok(()));
    }
    let access = to(0x21, Intent::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(clients[0], access) else {
        panic!("the file is elsewhere")
    };
    // Of pages 1 to 3 of the file two come: behind the server's region there is nothing.
    assert_eq!(pager.supply_from(&fetch, server, 0x86), Ok(()));
    check(&pager);
    assert_eq!(pager.read(clients[0], 0x21), Ok(0x86));
    assert_eq!(pager.machine.copies, 4, "only because a large page was divided");
    assert_eq!(pager.write(server, 0x86, 1), Ok(()));
    assert_eq!(pager.write(clients[1], 0x21, 2), Ok(()));
    let seen = clients.iter().map(|client| pager.read(*client, 0x21));
    assert!(seen.eq([Ok(0x86), Ok(2)]));
    let lost = to(0x23, Intent::Read);
    let Ok(Outcome::Fetch(fetch)) = pager.fault(clients[0], lost) else {
        panic!("what was fetched ahead and did not come is asked for when it is touched")
    };
    pager.give_up(&fetch);
    assert_eq!(pager.fault(clients[0], lost), Err(Cause::Unavailable(lost)));
    check(&pager);
    remove_all(pager, &[clients[0], server, clients[1]]);
}
