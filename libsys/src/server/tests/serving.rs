//! The server's loop, step by step.

use abi::{Fault, MessageInfo};
use std::vec;
use std::vec::Vec;

use super::fake::{Event, FakePort, Incoming};
use crate::cap::{Badge, Cap};
use crate::interface;
use crate::object::{Page, Reply};
use crate::server::serve::step;
use crate::server::{Buffer, Handler, Origin, Outgoing, Port, Request, Resolution};
use crate::syscall::Received;

interface! {
    /// Counts.
    mod counter {
        type Error = u8;

        /// Adds.
        Add = 1: fn add(number: u32) -> u64;
        /// Takes a page.
        Take = 2: fn take(page: Cap<Page>);
    }
}

/// Remembers everything that happens.
#[derive(Default)]
struct Counter {
    sum: u64,
    log: Vec<(u64, u64)>,
    signals: u64,
    faults: Vec<(u64, Option<Fault>)>,
    /// Pieces of work that are left.
    work: u32,
}

impl counter::Server for Counter {
    fn add(&mut self, client: Badge, number: u32) -> Result<u64, u8> {
        self.log.push((client.0, u64::from(number)));
        self.sum += u64::from(number);
        if number == 13 { Err(44) } else { Ok(self.sum) }
    }

    fn take(&mut self, client: Badge, page: Cap<Page>) -> Result<(), u8> {
        self.log.push((client.0, page.pointer()));
        Ok(())
    }
}

impl Handler for Counter {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        counter::Server::perform(self, request, buffer)
    }

    fn signalled(&mut self, signals: u64) {
        self.signals |= signals;
    }

    fn work(&mut self) -> bool {
        self.work = self.work.saturating_sub(1);
        self.work > 0
    }

    fn faulted(&mut self, component: u64, message: &Received) -> Resolution {
        self.faults.push((component, message.fault()));
        match component {
            1 => Resolution::Retry,
            4 => Resolution::Result(99),
            _ => Resolution::Stop,
        }
    }
}

const REPLY: Cap<Reply> = Cap::at(4);

/// Serves these messages; answers what the kernel was asked, without the first receive.
fn serve(counter: &mut Counter, messages: Vec<Incoming>) -> Vec<Event> {
    let count = messages.len();
    let last = (1, MessageInfo::new(99, 0, 0), vec![]);
    let port = FakePort::new(messages.into_iter().chain([last]));
    let mut message = (&port).receive(REPLY);
    for _ in 0..count {
        message = step(&&port, REPLY, counter, message);
    }
    assert_eq!(message.info.label(), 99, "the last message is still to be served");
    port.take_events().split_off(1)
}

fn call(badge: u64, label: u64, caps: usize, words: &[u64]) -> Incoming {
    (badge, MessageInfo::new(label, caps, words.len()), words.to_vec())
}

fn answer(label: u64, words: &[u64]) -> Event {
    Event::Answer(REPLY, label, words.to_vec())
}

#[test]
fn calls_are_answered_while_receiving_the_next() {
    let mut counter = Counter::default();
    let messages = vec![call(5, 1, 0, &[30]), call(6, 1, 0, &[13]), call(5, 1, 0, &[2])];
    let events = serve(&mut counter, messages);
    assert_eq!(counter.log, [(5, 30), (6, 13), (5, 2)]);
    let expected = [
        answer(0, &[30]),
        Event::InOne,
        Event::Receive,
        answer(16, &[44]),
        Event::InOne,
        Event::Receive,
        answer(0, &[45]),
        Event::InOne,
        Event::Receive,
    ];
    assert_eq!(events, expected);
}

#[test]
fn nonsense_is_refused_and_the_server_never_sees_it() {
    let mut counter = Counter::default();
    let messages = vec![
        call(5, 3, 0, &[30]),
        call(5, 1, 0, &[]),
        call(5, 1, 0, &[1 << 32]),
        call(5, 1, 1, &[1]),
    ];
    let events = serve(&mut counter, messages);
    assert_eq!(counter.log, []);
    let expected = [
        answer(17, &[0, 3, 0]),
        Event::InOne,
        Event::Receive,
        answer(17, &[1, 0, 0]),
        Event::InOne,
        Event::Receive,
        answer(17, &[3, 0, 1 << 32]),
        Event::InOne,
        Event::Receive,
        Event::EmptySlot,
        answer(17, &[6, 0, 1]),
        Event::InOne,
        Event::Receive,
    ];
    assert_eq!(events, expected);
}

#[test]
fn the_receive_slot_is_emptied_behind_a_capability() {
    let mut counter = Counter::default();
    let events = serve(&mut counter, vec![call(5, 2, 1, &[])]);
    assert_eq!(counter.log, [(5, 77)]);
    let expected = [Event::EmptySlot, answer(0, &[]), Event::InOne, Event::Receive];
    assert_eq!(events, expected);
}

#[test]
fn signals_are_not_answered() {
    let mut counter = Counter::default();
    let both = Origin::signal_badge(3).0 | Origin::signal_badge(61).0;
    let events = serve(&mut counter, vec![call(both, 0, 0, &[])]);
    assert_eq!(counter.signals, 1 << 3 | 1 << 61);
    assert_eq!(events, [Event::Receive]);
}

#[test]
fn faults_are_told_from_calls_by_their_badge() {
    let mut counter = Counter::default();
    let words = [0x20_0000, 0x1000, 0, 0x9200_0046];
    let fault = |badge| call(badge, 6, 0, &words);
    let messages = vec![
        fault(Origin::fault_badge(1).0),
        fault(Origin::fault_badge(2).0),
        // A client that would like to be one.
        fault(5),
        call(Origin::fault_badge(3).0, 50, 0, &[]),
        call(Origin::fault_badge(4).0, 50, 0, &[]),
    ];
    let events = serve(&mut counter, messages);
    let memory = Fault::Vm { address: 0x1000, prefetch: false, syndrome: 0x9200_0046 };
    assert_eq!(counter.faults, [(1, Some(memory)), (2, Some(memory)), (3, None), (4, None)]);
    let expected = [
        answer(0, &[]),
        Event::InOne,
        Event::Receive,
        Event::Receive,
        answer(17, &[0, 6, 0]),
        Event::InOne,
        Event::Receive,
        Event::Receive,
        answer(0, &[99]),
        Event::InOne,
        Event::Receive,
    ];
    assert_eq!(events, expected);
}

#[test]
fn who_has_work_looks_for_messages_and_waits_only_when_it_is_done() {
    let mut counter = Counter { work: 3, ..Counter::default() };
    let port = FakePort::new([call(5, 1, 0, &[30]), call(6, 1, 0, &[2])]);
    let first = (&port).receive(REPLY);
    let second = step(&&port, REPLY, &mut counter, first);
    assert_eq!((second.badge, counter.work), (6, 2), "messages come before further work");
    let expected = [Event::Receive, answer(0, &[30]), Event::Poll];
    assert_eq!(port.take_events(), expected);
}
