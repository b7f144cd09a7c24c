//! Clients that ask for anything.

use abi::Fault;
use proptest::prelude::*;

use libsys::pager::{File, Protection, Purpose};

use super::fake::{Client, Fake};
use super::invariants::check;
use crate::pager::{Access, Backing, ClientId, Intent, Outcome, Pager, Region, Source};

/// Numbers near those where something is, near the ends, and any.
fn page() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0_u64..0x60,
        1 => (0_u64..4).prop_map(|below| u64::MAX - below),
        1 => (0_u64..4).prop_map(|below| (1 << 52) - below),
        1 => any::<u64>(),
    ]
}

/// What a client does, with three numbers.
fn act(pager: &mut Pager<Fake>, id: ClientId, what: u8, first: u64, end: u64, word: u64) {
    let protection = Protection::try_from(word % 4).unwrap_or(Protection::None);
    let purpose = Purpose::try_from(word % 5 + 1).unwrap_or(Purpose::Heap);
    match what % 7 {
        0 => drop(pager.unmap(id, first..end)),
        1 => drop(pager.protect(id, first..end, protection)),
        2 => drop(pager.duplicate(id, first..end)),
        3 => drop(pager.allocate(id, first, purpose)),
        4 => {
            let fault = Fault::Vm { address: first, prefetch: false, syndrome: word };
            if let Some(access) = Access::of(&fault) {
                let _ = pager.fault(id, access);
            }
        }
        5 => {
            let object = pager.add_object(Source::Zeros);
            if let Ok(place) = pager.place(id, first.min(64)) {
                // As a call does it: no index is beyond the numbers.
                let index = word.min(u64::MAX - 64);
                let backing = Backing::Private(object, index);
                let _ = pager.add_region(id, Region::of(backing, place, purpose, protection));
            }
            let _ = pager.forget_object(object);
        }
        _ => {
            let intent = [Intent::Read, Intent::Write, Intent::Execute][word as usize % 3];
            let address = first.wrapping_mul(1 << 12);
            if let Ok(Outcome::Fetch(fetch)) = pager.fault(id, Access { address, intent }) {
                let _ = pager.supply_from(&fetch, id, end);
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_clients_ask_for_the_pager_stays_sound(
        steps in proptest::collection::vec(
            (0_u64..3, any::<u8>(), page(), page(), any::<u64>()),
            1..60,
        ),
    ) {
        let mut pager = Pager::new(Fake::with_pages(300));
        let file = File { number: 0, bytes: 5 << 12 };
        let file = pager.add_object(Source::File { server: 0, file });
        for _ in 0..2 {
            let client = pager.client(60);
            let heap = Region::zeros(0x20..0x34, Purpose::Heap);
            pager.add_region(client, heap).expect("room");
            let backing = Backing::Private(file, 0);
            let region = Region::of(backing, 0x40..0x48, Purpose::File, Protection::ReadWrite);
            pager.add_region(client, region).expect("room");
        }
        for (client, what, first, end, word) in steps {
            act(&mut pager, ClientId::of(client + 1), what, first, end, word);
            check(&pager);
        }
        for client in [1, 2] {
            prop_assert_eq!(pager.remove_client(ClientId::of(client)), Ok(client));
        }
        pager.forget_object(file).expect("the file");
        prop_assert_eq!(pager.machine.left, 300, "everything came back");
    }
}
