//! The driver is started again.

use std::vec;

use super::fake::{Driver, Memory, Rings, packet, station};
use super::switch::{GRANTS, numbers, send};
use crate::service::packet::{Address, Wants};

#[test]
fn who_waits_begins_another_session_by_itself() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    assert!(send(&mut one, station(2), station(1), 1));
    driver.restart(&memories, &bell, &GRANTS);
    assert_eq!((one.wait(), one.sessions()), (Ok(()), 2));
    let mut two = driver.link(&memories[1], &bell, 2);
    assert!(send(&mut one, station(2), station(1), 2));
    driver.settle();
    assert_eq!(numbers(&mut two), vec![2], "what was under way is lost");
    driver.restart(&memories, &bell, &GRANTS);
    assert_eq!((two.wait_room(), two.sessions()), (Ok(()), 2));
}

#[test]
fn it_wants_what_it_wanted_before() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut two = driver.link(&memories[1], &bell, 2);
    two.listen(Wants::default()).expect("it may");
    driver.restart(&memories, &bell, &GRANTS);
    two.wait().expect("a driver");
    driver.card.borrow_mut().bring(&packet(Address::BROADCAST, station(9), 1));
    driver.card.borrow_mut().bring(&packet(station(2), station(9), 2));
    driver.settle();
    assert_eq!(numbers(&mut two), vec![2]);
}

/// A packet and the news may wake it at once.
#[test]
fn a_packet_does_not_hide_the_restart() {
    let memories = [const { Memory::new() }; 3];
    let bell = Rings::default();
    let driver = Driver::new(&memories, &bell, &GRANTS);
    let mut one = driver.link(&memories[0], &bell, 1);
    driver.card.borrow_mut().bring(&packet(station(1), station(9), 1));
    driver.settle();
    driver.restart(&memories, &bell, &GRANTS);
    assert_eq!((one.wait(), one.sessions()), (Ok(()), 2));
    assert_eq!(one.wait(), Ok(()));
    assert_eq!(one.sessions(), 2, "once");
}
