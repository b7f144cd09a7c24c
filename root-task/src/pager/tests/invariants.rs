//! What holds between any two calls of the pager.

use std::collections::BTreeMap;

use libsys::pager::Protection;

use super::fake::Fake;
use crate::pager::frames::FrameId;
use crate::pager::machine::{Machine, Size};
use crate::pager::object::Page;
use crate::pager::region::Backing;
use crate::pager::regions::Found;
use crate::pager::{Pager, Region};

/// All of them.
pub(super) fn check(pager: &Pager<Fake>) {
    frames_count_their_users(pager);
    residents_are_in_regions(pager);
    mappings_allow_what_regions_do(pager);
    accounts_are_exact(pager);
    regions_are_apart(pager);
    objects_count_their_regions(pager);
    the_machine_agrees(pager);
}

/// A frame is counted for each place that names it, and is as large as each place says.
fn frames_count_their_users(pager: &Pager<Fake>) {
    let mut users: BTreeMap<FrameId, u32> = BTreeMap::new();
    for client in pager.clients.values() {
        for (_, resident) in client.residents.within(0..u64::MAX) {
            *users.entry(resident.frame).or_default() += 1;
            let pages = if resident.pages == 1 { Size::Small } else { Size::Large };
            assert_eq!(pager.frames.size(resident.frame), pages);
        }
    }
    for page in pager.objects.objects.values().flat_map(|object| object.pages.values()) {
        if let Page::Present(frame) = page {
            *users.entry(*frame).or_default() += 1;
        }
    }
    for (frame, count) in &users {
        assert_eq!(pager.frames.users(*frame), *count, "{frame:?}");
    }
    let (small, large) = pager.frames();
    assert_eq!(small + large, users.len() as u64, "frames that nobody has");
}

/// Each resident lies in one region as a whole, aligned to its size, and none on another.
fn residents_are_in_regions(pager: &Pager<Fake>) {
    for client in pager.clients.values() {
        let mut end = 0;
        for (start, resident) in client.residents.within(0..u64::MAX) {
            assert!(start >= end && start.is_multiple_of(resident.pages));
            end = start + resident.pages;
            let Found::Inside(region) = client.regions.find(start) else {
                panic!("page {start:#x} is in no region")
            };
            assert!(end <= region.pages.end, "a large page leaves its region");
        }
    }
}

/// A client may do with a page at most what its region says, and writes only to what is its
/// own or meant to be shared.
fn mappings_allow_what_regions_do(pager: &Pager<Fake>) {
    for client in pager.clients.values() {
        for (start, resident) in client.residents.within(0..u64::MAX) {
            let Some((_, has)) = resident.mapping else { continue };
            let Found::Inside(region) = client.regions.find(start) else { continue };
            let may = region.protection;
            assert!(has == may || (has == Protection::Read && may != Protection::None));
            let is_shared = matches!(region.backing, Backing::Shared(..));
            if has == Protection::ReadWrite && !is_shared {
                assert_eq!(pager.frames.users(resident.frame), 1, "page {start:#x}");
            }
        }
    }
}

/// A client's account is the sum of what it has, and within its quota; each page that is
/// mapped has its tables.
fn accounts_are_exact(pager: &Pager<Fake>) {
    for client in pager.clients.values() {
        let usage = client.usage();
        let pages: u64 = client.residents.within(0..u64::MAX).map(|(_, it)| it.pages).sum();
        assert_eq!(usage.pages, pages);
        assert!(usage.pages + usage.tables <= usage.quota, "{usage:?}");
        for (start, resident) in client.residents.within(0..u64::MAX) {
            if resident.mapping.is_some() {
                assert_eq!(client.tables.missing(start, pager.frames.size(resident.frame)), 0);
            }
        }
    }
}

/// Regions and their guards do not overlap.
fn regions_are_apart(pager: &Pager<Fake>) {
    for client in pager.clients.values() {
        let reserved: std::vec::Vec<_> = client.regions.iter().map(Region::reserved).collect();
        assert!(reserved.windows(2).all(|pair| pair[0].end <= pair[1].start), "{reserved:x?}");
        assert!(reserved.iter().all(|pages| !pages.is_empty()));
    }
}

/// An object counts the regions that refer to it, and its owner.
fn objects_count_their_regions(pager: &Pager<Fake>) {
    let regions = || pager.clients.values().flat_map(|client| client.regions.iter());
    for (id, object) in &pager.objects.objects {
        let count = regions().filter(|region| region.backing.object() == Some(*id)).count() as u32;
        assert!((count..=count + 1).contains(&object.users) && object.users > 0);
    }
    let known = |region: &Region| region.backing.object().map(|id| pager.objects.get(id).is_some());
    assert!(regions().filter_map(known).all(|known| known));
}

/// What the pager believes to be mapped is mapped, and nothing else; no frame is forgotten.
fn the_machine_agrees(pager: &Pager<Fake>) {
    let mapped: usize = pager.machine.spaces.values().map(BTreeMap::len).sum();
    let mut believed = 0;
    for (id, client) in &pager.clients {
        for (start, resident) in client.residents.within(0..u64::MAX) {
            let Some((_, has)) = resident.mapping else { continue };
            for part in 0..resident.pages {
                let entry = (pager.frames.handle(resident.frame), part as usize, has);
                assert_eq!(pager.machine.spaces[&id.number()].get(&(start + part)), Some(&entry));
                believed += 1;
            }
        }
    }
    assert_eq!(mapped, believed, "mappings that the pager does not know");
    let (small, large) = pager.frames();
    assert_eq!(pager.machine.frames.len() as u64, small + large + pager.machine.lost);
    assert_eq!(Fake::LARGE, 4);
}
