//! libsys: interfaces, servers and clients.

use crate::framework::prelude::*;
use libsys::server::{
    Buffer, Bytes, CallError, Handler, Origin, Outgoing, Reception, Request, Resolution, retire,
    serve, serve_passively,
};
use libsys::{data, interface};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(calls_reach_the_server_and_answers_the_client),
    test!(calls_cross_address_spaces),
    test!(a_capability_travels_with_a_call_and_with_its_answer),
    test!(nonsense_is_refused),
    test!(signals_and_faults_arrive_beside_calls),
    test!(a_passive_server_runs_on_its_clients_time),
];

data! {
    /// Why a deposit is refused.
    pub enum BankError {
        /// So much would be lost.
        TooMuch = 1,
        /// The notification cannot be kept.
        NoRoom = 2,
    }
}

interface! {
    /// Remembers numbers, bytes, and a notification.
    pub mod bank {
        type Error = BankError;

        /// Adds; answers client and sum.
        Deposit = 100: fn deposit(amount: u64) -> (Badge, u64);
        /// Answers the bytes from the last to the first.
        Turn = 101: fn turn(bytes: Bytes<300>) -> Bytes<300>;
        /// Signals the notification and keeps it; answers it.
        Lend = 102: fn lend(bell: Cap<Notification>) -> Cap<Notification>;
        /// Answers signals and faults so far.
        Seen = 103: fn seen() -> (u64, u64);
    }
}

#[derive(Clone, Copy, Default)]
struct Bank {
    sum: u64,
    signals: u64,
    faults: u64,
    kept: u64,
}

impl bank::Server for Bank {
    fn deposit(&mut self, client: Badge, amount: u64) -> Result<(Badge, u64), BankError> {
        self.sum = self.sum.checked_add(amount).ok_or(BankError::TooMuch)?;
        Ok((client, self.sum))
    }

    fn turn(&mut self, _: Badge, bytes: Bytes<300>) -> Result<Bytes<300>, BankError> {
        let mut turned = [0; 300];
        let turned = &mut turned[..bytes.len()];
        turned.copy_from_slice(&bytes);
        turned.reverse();
        Bytes::new(turned).ok_or(BankError::TooMuch)
    }

    fn lend(&mut self, _: Badge, bell: Cap<Notification>) -> Result<Cap<Notification>, BankError> {
        bell.signal();
        // What stays in the receive slot is gone when the answer is sent.
        let kept = initial::CNODE.slot(self.kept);
        let moved =
            kept.delete().and_then(|()| kept.move_from(initial::CNODE.slot(bell.pointer())));
        moved.map(|()| Cap::at(self.kept)).map_err(|_| BankError::NoRoom)
    }

    fn seen(&mut self, _: Badge) -> Result<(u64, u64), BankError> {
        Ok((self.signals, self.faults))
    }
}

impl Handler for Bank {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        bank::Server::perform(self, request, buffer)
    }

    fn signalled(&mut self, signals: u64) {
        self.signals |= signals;
    }

    fn faulted(&mut self, component: u64, message: &Received) -> Resolution {
        if matches!(message.fault(), Some(Fault::UserException { .. })) {
            self.faults += component;
        }
        Resolution::Stop
    }
}

/// What a bank needs.
struct Place {
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    reception: Reception,
}

fn place(w: &mut World) -> Outcome<Place> {
    let (endpoint, reply) = (w.create()?, w.create()?);
    let reception = Reception::new(endpoint).receiving_at(w.slot()?);
    Ok(Place { endpoint, reply, reception })
}

/// A bank in a thread of this address space, and a client with badge 9.
fn open(w: &mut World) -> Outcome<(Place, bank::Client)> {
    let place = place(w)?;
    let (reception, reply) = (place.reception, place.reply);
    let kept = w.slot::<Notification>()?.pointer();
    w.spawn(100, move || serve(&reception, reply, &mut Bank { kept, ..Bank::default() }))?;
    let client = bank::Client::new(w.mint(place.endpoint, Rights::ALL, 9)?);
    Ok((place, client))
}

/// A failed call ends the test.
fn answered<T>(result: Result<T, CallError<BankError>>) -> Outcome<T> {
    result.map_err(|error| Ending::failed(format_args!("a call failed: {error}")))
}

fn calls_reach_the_server_and_answers_the_client(w: &mut World) -> Outcome {
    let (place, client) = open(w)?;
    check_eq!(answered(client.deposit(5))?, (Badge(9), 5));
    let other = bank::Client::new(w.mint(place.endpoint, Rights::ALL, 10)?);
    check_eq!(answered(other.deposit(6))?, (Badge(10), 11));
    check_eq!(client.deposit(u64::MAX), Err(CallError::Refused(BankError::TooMuch)));
    check_eq!(answered(client.deposit(0))?.1, 11);
    // Through the IPC buffers, forth and back.
    let bytes: [u8; 300] = core::array::from_fn(|index| (index * 7 % 256) as u8);
    for length in [0, 1, 24, 25, 300] {
        let Some(sent) = Bytes::new(&bytes[..length]) else { continue };
        let turned = answered(client.turn(sent))?;
        check!(turned.iter().rev().eq(&bytes[..length]), "{length} bytes, turned");
    }
    PASSED
}

fn calls_cross_address_spaces(w: &mut World) -> Outcome {
    let place = place(w)?;
    let neighbour = w.neighbour(100)?;
    let (reception, reply) = (place.reception, place.reply);
    neighbour.start(move || serve(&reception, reply, &mut Bank::default()))?;
    let client = bank::Client::new(w.mint(place.endpoint, Rights::ALL, 9)?);
    for round in 1..=100 {
        check_eq!(answered(client.deposit(round))?.1, round * (round + 1) / 2);
    }
    let turned = answered(client.turn(Bytes::new(b"ping").unwrap_or_default()))?;
    check_eq!(&turned[..], b"gnip");
    PASSED
}

fn a_capability_travels_with_a_call_and_with_its_answer(w: &mut World) -> Outcome {
    let (_, client) = open(w)?;
    let bell = w.create::<Notification>()?;
    let badged = w.mint(bell, Rights::ALL, 0x40)?;
    let slot = w.slot::<Notification>()?;
    let client = client.receiving_at(w.path(slot));
    for _ in 0..3 {
        let lent = answered(client.lend(badged))?;
        check_eq!(lent, slot);
        check_eq!(bell.poll(), 0x40);
        lent.signal();
        check_eq!(bell.poll(), 0x40);
        w.path(lent).delete()?;
    }
    // Without a slot the answer lacks its capability, and the client hears of it.
    ipc_buffer::set_receive_path(SlotPath::with_depth(Cap::NULL, 0, 0));
    let (_, without) = open(w)?;
    check!(matches!(without.lend(badged), Err(CallError::Answer(_))));
    PASSED
}

fn nonsense_is_refused(w: &mut World) -> Outcome {
    let (place, client) = open(w)?;
    let raw = w.mint(place.endpoint, Rights::ALL, 9)?;
    let malformed = |label, words: &[u64]| {
        let reply = raw.call(Message::new(label, words));
        (reply.info.label(), reply.words[0])
    };
    // The label of a complaint, and which one it is.
    check_eq!(malformed(99, &[]), (17, 0));
    check_eq!(malformed(100, &[]), (17, 1));
    check_eq!(malformed(100, &[1, 2]), (17, 2));
    check_eq!(malformed(101, &[301]), (17, 3));
    check_eq!(malformed(102, &[]), (17, 5));
    // Label and length of a fault, from a client: none.
    check_eq!(malformed(3, &[0; 5]), (17, 0));
    // A message of every length with random words; the server lives.
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    for length in 0..=120 {
        let words: [u64; 120] = core::array::from_fn(|_| {
            word = word.wrapping_mul(0xd129_0d3f_2a65_8a7b).wrapping_add(1);
            word >> (word % 64)
        });
        raw.call(Message::new(100 + word % 4, &words[..length]));
    }
    check!(client.seen().is_ok());
    PASSED
}

fn signals_and_faults_arrive_beside_calls(w: &mut World) -> Outcome {
    let place = place(w)?;
    let bell = w.create::<Notification>()?;
    let bank = w.helper(w.options(100))?;
    bank.thread().bind_notification(bell)?;
    let (reception, reply) = (place.reception.with_signals(bell), place.reply);
    bank.start(move || serve(&reception, reply, &mut Bank::default()))?;
    for bit in [0, 61] {
        w.mint(bell, Rights::ALL, Origin::signal_badge(bit).0)?.signal();
        w.settle()?;
    }
    let handler = w.mint(place.endpoint, Rights::ALL, Origin::fault_badge(5).0)?;
    let faulting = w.bare(&[code::BRK, code::UDF])?;
    faulting.thread.set_sched_params(initial::THREAD, 90, 90, faulting.context, handler)?;
    faulting.start(&faulting.registers())?;
    w.settle()?;
    let client = bank::Client::new(w.mint(place.endpoint, Rights::ALL, 9)?);
    check_eq!(answered(client.seen())?, (1 | 1 << 61, 5));
    PASSED
}

fn a_passive_server_runs_on_its_clients_time(w: &mut World) -> Outcome {
    let place = place(w)?;
    let ready = w.create()?;
    let bank = w.helper(w.options(100))?;
    let (reception, reply) = (place.reception, place.reply);
    bank.start(move || {
        // Its own time pays for this.
        let mut bank = Bank { sum: 1000, ..Bank::default() };
        serve_passively(&reception, reply, ready, &mut bank)
    })?;
    retire(ready, bank.context())?;
    // Asking takes the answer away: from here on the time counts from 0.
    bank.context().consumed()?;
    let client = bank::Client::new(w.mint(place.endpoint, Rights::ALL, 9)?);
    for round in 1..=50 {
        check_eq!(answered(client.deposit(1))?.1, 1000 + round);
    }
    check_eq!(bank.context().consumed()?, Duration::ZERO);
    // Another client, on time of its own.
    let (board, other) = (w.board(), w.mint(place.endpoint, Rights::ALL, 10)?);
    let caller = w.spawn(90, move || {
        if let Ok((badge, sum)) = bank::Client::new(other).deposit(7) {
            board.set(0, badge.0);
            board.set(1, sum);
        }
    })?;
    caller.join();
    check_eq!((board.get(0), board.get(1)), (10, 1057));
    PASSED
}
