//! Who gets which packet.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::fake::{Desk, Driver, Memory, Rings, packet, station};
use crate::cap::Badge;
use crate::server::CallError;
use crate::service::packet::{
    Address, Checksum, Frame, Grant, Link, LinkError, MOST_BYTES, Refusal, Statistics, Wants,
};

/// Somebody outside.
const OUTSIDE: Address = Address([2, 9, 9, 9, 9, 9]);

type TestLink<'a> = Link<Desk<'a>, &'a Memory, &'a Rings>;

/// The numbers of all packets that have come.
pub(super) fn numbers(link: &mut TestLink<'_>) -> Vec<u8> {
    let mut packet = [0; MOST_BYTES];
    let mut numbers = Vec::new();
    while let Some(frame) = link.receive(&mut packet).expect("a good driver") {
        assert_eq!(frame.length(), 60);
        numbers.push(packet[59]);
    }
    link.flush();
    numbers
}

pub(super) fn send(link: &mut TestLink<'_>, to: Address, from: Address, number: u8) -> bool {
    let sent = link.send(&packet(to, from, number), Checksum::Unknown).expect("a good driver");
    link.flush();
    sent
}

/// Three clients, the last of which may do everything.
pub(super) const GRANTS: [Grant; 3] = [Grant::Own, Grant::Own, Grant::Everything];

#[test]
fn packets_go_to_whom_they_are_for() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut links: Vec<_> =
        memories.iter().zip(1..).map(|(memory, badge)| driver.link(memory, &bell, badge)).collect();
    let [one, two] = [1, 2].map(station);
    assert!(send(&mut links[0], two, one, 1), "to a neighbour");
    assert!(send(&mut links[0], Address::BROADCAST, one, 2));
    assert!(send(&mut links[0], OUTSIDE, one, 3));
    driver.settle();
    driver.card.borrow_mut().bring(&packet(two, OUTSIDE, 4));
    driver.card.borrow_mut().bring(&packet(Address::BROADCAST, OUTSIDE, 5));
    driver.card.borrow_mut().bring(&packet(OUTSIDE, OUTSIDE, 6));
    driver.settle();
    let seen: Vec<Vec<u8>> = links.iter_mut().map(numbers).collect();
    assert_eq!(seen, [vec![5], vec![1, 2, 4, 5], vec![2, 5]]);
    let card = driver.card.borrow();
    let sent: Vec<u8> = card.sent.iter().map(|(_, packet)| packet[59]).collect();
    assert_eq!(sent, [2, 3], "what is for a client does not go out");
}

#[test]
fn nobody_sends_as_another_or_sees_everything_without_a_grant() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let [mut one, mut two, mut three] =
        [1_usize, 2, 3].map(|badge| driver.link(&memories[badge - 1], &bell, badge as u64));
    assert!(send(&mut one, station(2), station(3), 1), "with another's address");
    assert!(send(&mut one, station(2), Address::BROADCAST, 2), "with a group's");
    assert!(send(&mut three, station(2), OUTSIDE, 3), "by a grant");
    driver.settle();
    assert_eq!(numbers(&mut two), [3]);
    let refused = Statistics { refused: 2, ..Statistics::default() };
    assert_eq!(one.count(), Ok(refused));
    let everything = Wants { broadcast: true, groups: true, everything: true };
    let denied = LinkError::Control(CallError::Refused(Refusal::Everything));
    assert_eq!(one.listen(everything), Err(denied));
    assert_eq!(three.listen(everything), Ok(()));
    assert_eq!(two.listen(Wants::default()), Ok(()));
    assert!(send(&mut one, OUTSIDE, station(1), 4));
    assert!(send(&mut one, Address::BROADCAST, station(1), 5));
    driver.settle();
    assert_eq!((numbers(&mut two), numbers(&mut three)), (vec![], vec![4, 5]));
}

#[test]
fn a_full_ring_makes_its_sender_wait_and_its_receiver_lose_packets() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    let mut two = driver.link(&memories[1], &bell, 2);
    driver.card.borrow_mut().room = 2;
    let sent = (0..9).take_while(|number| send(&mut one, OUTSIDE, station(1), *number)).count();
    assert_eq!(sent, 4, "the ring has four slots");
    driver.settle();
    assert_eq!(driver.card.borrow().sent.len(), 2, "the card is full");
    let more = (4..9).take_while(|number| send(&mut one, OUTSIDE, station(1), *number)).count();
    assert_eq!(more, 2);
    driver.card.borrow_mut().room = 99;
    driver.settle();
    assert_eq!(driver.card.borrow().sent.len(), 6, "none is lost on the way out");
    for number in 0..6 {
        driver.card.borrow_mut().bring(&packet(station(2), OUTSIDE, number));
    }
    driver.settle();
    assert_eq!(numbers(&mut two), [0, 1, 2, 3]);
    let counts = two.count().expect("a session");
    assert_eq!((counts.received, counts.dropped), (4, 2));
}

#[test]
fn sums_are_finished_for_neighbours_and_left_to_the_card() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    let mut two = driver.link(&memories[1], &bell, 2);
    let unfinished = Checksum::Unfinished { start: 14, offset: 4 };
    for to in [station(2), OUTSIDE] {
        assert_eq!(one.send(&packet(to, station(1), 7), unfinished), Ok(true));
    }
    one.flush();
    driver.settle();
    let mut seen = [0; MOST_BYTES];
    let frame = two.receive(&mut seen).expect("a good driver").expect("a packet");
    assert_eq!((frame.checksum(), &seen[18..20]), (Checksum::Unknown, &[0xff, 0xf8][..]));
    let card = driver.card.borrow();
    assert_eq!(card.sent[0].0, Frame::new(60, unfinished).expect("a packet"));
    assert_eq!(card.sent[0].1[18..20], [0, 0], "the card does that");
}

#[test]
fn a_new_session_begins_with_empty_rings_and_ends_the_old_one() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    let mut two = driver.link(&memories[1], &bell, 2);
    assert!(send(&mut one, station(2), station(1), 1));
    driver.settle();
    assert!(send(&mut one, station(2), station(1), 2), "never looked at");
    one.reopen().expect("another session");
    two.reopen().expect("another session");
    driver.settle();
    assert_eq!(numbers(&mut two), [], "what was in the rings is gone");
    assert!(send(&mut one, station(2), station(1), 3));
    driver.settle();
    assert_eq!(numbers(&mut two), [3]);
    let old = driver.link(&memories[2], &bell, 3);
    let _new = driver.link(&memories[2], &bell, 3);
    let ended = LinkError::Control(CallError::Refused(Refusal::Session));
    assert_eq!(old.count(), Err(ended));
    let unknown = Link::open(Desk { driver: &driver, badge: Badge(9) }, &memories[2], &bell);
    let stranger = LinkError::Control(CallError::Refused(Refusal::Stranger));
    assert_eq!(unknown.err(), Some(stranger));
}

#[test]
fn a_sleeping_driver_is_woken_once() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    driver.settle();
    bell.take();
    assert!(send(&mut one, OUTSIDE, station(1), 1) && send(&mut one, OUTSIDE, station(1), 2));
    assert_eq!(bell.take(), 1);
}

proptest! {
    /// Whatever clients do: what comes is what was sent, in its order, or was counted as lost.
    #[test]
    fn nothing_is_lost_uncounted(steps in prop::collection::vec(0_u8..6, 0..200)) {
        let memories = [const { Memory::new() }; 3];
        let bell = Rings::default();
        let driver = Driver::new(&memories, &bell, &GRANTS);
        driver.card.borrow_mut().room = usize::MAX;
        let mut one = driver.link(&memories[0], &bell, 1);
        let mut two = driver.link(&memories[1], &bell, 2);
        let (mut next, mut seen) = (0_u8, Vec::new());
        for step in steps {
            match step {
                0..=2 => next += u8::from(send(&mut one, station(2), station(1), next)),
                3 => drop(driver.switch.borrow_mut().work(&mut *driver.card.borrow_mut())),
                _ => seen.extend(numbers(&mut two)),
            }
        }
        driver.settle();
        seen.extend(numbers(&mut two));
        let counts = two.count().expect("a session");
        prop_assert!(seen.is_sorted_by(|one, other| one < other), "in order, none twice");
        prop_assert_eq!(counts.received, seen.len() as u64);
        prop_assert_eq!(counts.received + counts.dropped, u64::from(next));
        prop_assert_eq!(one.count().expect("a session").sent, u64::from(next));
    }
}
