//! Programs cannot see which path the kernel took.
//!
//! Each exchange is made in a shape that a fast path covers and in shapes that go the general way,
//! see `kernel/doc/fast-paths.md`. What arrives must be the same.

use crate::framework::prelude::*;
use abi::fault::{UNKNOWN_SYSCALL, USER_EXCEPTION};
use abi::message::MAX_LENGTH;

/// The tests.
pub const TESTS: &[Test] =
    &[test!(calls_and_answers_bring_the_same), test!(faults_and_their_answers_bring_the_same)];

/// Lengths of messages: around the words that travel in registers, and the most.
const LENGTHS: [usize; 5] = [0, 1, 4, 5, MAX_LENGTH];

/// How a client and its server meet.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Shape {
    /// The server runs on its client's time.
    Passive,
    /// It has its own.
    Active,
    /// A capability goes along, which is none.
    WithCap,
    /// A second server waits.
    TwoServers,
}

/// The whole board.
fn seen(board: &Board) -> [u64; 128] {
    core::array::from_fn(|index| board.get(index))
}

/// A server that answers each word by its complement and notes what it got in words 0 to 2.
fn serve(board: &Board, endpoint: Cap<Endpoint>, reply: Cap<Reply>) {
    let mut got = endpoint.recv(reply);
    loop {
        board.set(0, got.badge);
        board.set(1, got.info.0);
        let length = got.info.length();
        let mut words = [0; MAX_LENGTH];
        for (index, word) in words.iter_mut().enumerate().take(length) {
            board.add(2, got.word(index).rotate_left(index as u32));
            *word = !got.word(index);
        }
        let answer = Message::new(got.info.label() + 1, &words[..length]);
        got = endpoint.reply_recv(reply, answer);
    }
}

/// One call and its answer, as both sides see them.
fn exchange(w: &mut World, shape: Shape, length: usize) -> Outcome<[u64; 128]> {
    let board = w.board();
    board.clear();
    let endpoint = w.create::<Endpoint>()?;
    let sender = w.mint(endpoint, Rights::ALL, 0x77)?;
    let nothing = w.slot::<Endpoint>()?.pointer();
    for _ in 0..if shape == Shape::TwoServers { 2 } else { 1 } {
        let reply = w.create::<Reply>()?;
        let server = w.spawn(20, move || serve(board, endpoint, reply))?;
        w.settle()?;
        if shape != Shape::Active {
            server.context().unbind()?;
        }
    }
    let client = w.spawn(10, move || {
        let words: [u64; MAX_LENGTH] = core::array::from_fn(|index| 0x1_0001 * index as u64 + 3);
        let caps = [nothing];
        let caps = if shape == Shape::WithCap { &caps[..] } else { &[] };
        let got = sender.call(Message::new(9, &words[..length]).with_caps(caps));
        board.set(3, got.badge);
        board.set(4, got.info.0);
        (0..got.info.length()).for_each(|index| board.set(5 + index, got.word(index)));
    })?;
    w.settle()?;
    check!(client.has_finished(), "{shape:?} with {length} words");
    Ok(seen(board))
}

/// A call and its answer: badge, label, length and every word.
fn calls_and_answers_bring_the_same(w: &mut World) -> Outcome {
    for length in LENGTHS {
        let fast = exchange(w, Shape::Passive, length)?;
        check_eq!((fast[0], fast[1]), (0x77, MessageInfo::new(9, 0, length).0));
        check_eq!((fast[3], fast[4]), (0, MessageInfo::new(10, 0, length).0));
        for (index, word) in fast[5..5 + length].iter().enumerate() {
            check_eq!(*word, !(0x1_0001 * index as u64 + 3));
        }
        for shape in [Shape::Active, Shape::WithCap, Shape::TwoServers] {
            let found = exchange(w, shape, length)?;
            check!(found == fast, "{shape:?} with {length} words differs");
        }
    }
    PASSED
}

/// Notes a fault message from a word of the board on.
fn note(board: &Board, at: usize, found: Received) {
    board.set(at, found.info.0);
    (0..found.info.length()).for_each(|index| board.set(at + 1 + index, found.word(index)));
}

/// Two faults of a thread, the first of them answered, as the handler sees them.
fn two_faults(
    w: &mut World,
    bare: &Bare,
    start: &UserContext,
    passive: bool,
) -> Outcome<[u64; 128]> {
    let board = w.board();
    board.clear();
    let (endpoint, reply, next) = (bare.endpoint, bare.reply, bare.code + 4);
    let handler = w.spawn(110, move || {
        let found = endpoint.recv(reply);
        note(board, 0, found);
        let mut words = [0; MAX_LENGTH];
        let length = found.info.length();
        (0..length).for_each(|index| words[index] = found.word(index));
        match found.info.label() {
            UNKNOWN_SYSCALL => words[8] = next,
            USER_EXCEPTION => words[0] = next,
            _ => {}
        }
        note(board, 32, endpoint.reply_recv(reply, Message::new(0, &words[..length])));
    })?;
    w.settle()?;
    if passive {
        handler.context().unbind()?;
    }
    bare.start(start)?;
    w.settle()?;
    check!(handler.has_finished());
    Ok(seen(board))
}

/// A fault, its answer, and the state in which the thread goes on: that of its next fault.
fn faults_and_their_answers_bring_the_same(w: &mut World) -> Outcome {
    let undefined: &[u32] = &[code::UDF, code::UDF];
    let unknown: &[u32] = &[code::svc(0), code::UDF];
    let unmapped: &[u32] = &[code::load(1, 0), code::UDF];
    for (instructions, second) in [(undefined, 4), (unknown, 4), (unmapped, 0)] {
        let bare = w.bare(instructions)?;
        let start = bare.with_arguments(&[8]).with(Register::X(7), 99);
        let general = two_faults(w, &bare, &start, false)?;
        check!(general[0] != 0 && general[32] != 0, "two faults");
        check_eq!(general[33], bare.code + second);
        bare.thread.suspend()?;
        let fast = two_faults(w, &bare, &start, true)?;
        check!(fast == general, "the faults of {instructions:x?} differ");
    }
    PASSED
}
