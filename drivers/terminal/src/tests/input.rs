//! Who gets what is typed.

use std::vec::Vec;

use libsys::server::Recorded;
use libsys::service::terminal::interface::{Counts, Print};
use libsys::service::terminal::{self, Error, Refusal};

use super::{Desk, input};
use crate::{Arrival, Damage, INBOX};

const PLENTY: usize = 1 << 20;

#[test]
fn what_is_typed_goes_to_who_has_the_focus() {
    let mut desk = Desk::new(PLENTY, 8, false);
    let (a, b) = (desk.read(1, true), desk.read(2, true));
    desk.type_in(b"one");
    assert_eq!(input(&a), Some(Ok((b"one".to_vec(), 0))));
    desk.type_in(b"\x14ntwo");
    assert_eq!(input(&b), Some(Ok((b"two".to_vec(), 0))));
    assert_eq!(desk.seen(), "[b]\r\n");
    // Without a reader it is kept.
    desk.type_in(b"\x143\x14p\x141three");
    let a = desk.read(1, true);
    assert_eq!(input(&a), Some(Ok((b"three".to_vec(), 0))));
    assert_eq!(desk.seen(), "[a]\r\n", "only the last place is told");
}

#[test]
fn the_focus_is_told_between_lines_and_after_prompts() {
    let mut desk = Desk::new(7, 8, false);
    let text = desk.print(2, "long line\n");
    desk.type_in(b"\x14n");
    desk.make_room(100);
    assert!(text.is_answered());
    assert_eq!(desk.seen(), "long line\r\n[b]\r\n");
    desk.print(2, "> ");
    desk.type_in(b"\x14n");
    assert_eq!(desk.seen(), "> \r\n[c]\r\n");
}

#[test]
fn a_client_that_does_not_wait_is_told_once() {
    let mut desk = Desk::new(PLENTY, 8, false);
    assert_eq!(input(&desk.read(1, false)), Some(Ok((Vec::new(), 0))));
    let bell = desk.bells[0].0.clone();
    desk.type_in(b"x");
    desk.type_in(b"y");
    assert_eq!(bell.get(), 1);
    assert_eq!(input(&desk.read(1, false)), Some(Ok((b"xy".to_vec(), 0))));
    desk.type_in(b"z");
    assert_eq!(bell.get(), 2, "after the inbox was empty");
}

#[test]
fn what_is_lost_is_told() {
    let mut desk = Desk::new(PLENTY, 8, false);
    for _ in 0..INBOX / 32 + 1 {
        desk.type_in(&[b'x'; 32]);
    }
    let (bytes, lost) = input(&desk.read(1, false)).expect("at once").expect("input");
    assert_eq!((bytes.len(), lost), (terminal::CHUNK, 32));
    for damage in [Damage::Parity, Damage::Framing, Damage::Break, Damage::Break] {
        desk.line.arrive(Arrival { character: Err(damage), overrun: false });
    }
    desk.line.arrive(Arrival { character: Ok(b'!'), overrun: true });
    desk.terminal.attend();
    let (_, lost) = input(&desk.read(1, false)).expect("at once").expect("input");
    assert_eq!(lost, 5);
    let counts = desk.call(1, &Counts {}).answer::<Counts>().expect("at once").expect("counts");
    assert_eq!((counts.parity, counts.framing, counts.breaks, counts.overruns), (1, 1, 2, 1));
    assert_eq!((counts.received, counts.dropped), (INBOX as u64 + 33, 32));
}

#[test]
fn readers_never_take_the_last_place_of_callers() {
    let mut desk = Desk::new(PLENTY, 2, false);
    let busy = Some(Err(Error::Refused(Refusal::Busy)));
    let first = desk.read(1, true);
    assert!(!first.is_answered());
    assert_eq!(input(&desk.read(2, true)), busy, "somebody must be able to print");
    let second = desk.read(1, true);
    assert_eq!(input(&first), busy, "one reader for each client, and its place is free again");
    assert!(!second.is_answered());
    desk.type_in(b"x");
    assert!(second.is_answered());
    assert!(!desk.read(2, true).is_answered());
}

/// The caller of a client that was started again while it waited is dead: nobody hears its answer.
#[test]
fn the_last_reader_of_a_client_gets_what_is_typed() {
    let mut desk = Desk::new(PLENTY, 8, false);
    let (earlier, later) = (desk.read(1, true), desk.read(1, true));
    assert_eq!(input(&earlier), Some(Err(Error::Refused(Refusal::Busy))));
    desk.type_in(b"x");
    assert_eq!(input(&later), Some(Ok((b"x".to_vec(), 0))));
}

#[test]
fn strangers_and_nonsense_are_answered_and_change_nothing() {
    let mut desk = Desk::new(PLENTY, 8, false);
    let caller = Recorded::new();
    desk.terminal.called(&caller.say(1, 0xc0, &[97, 0]), caller.clone());
    assert!(matches!(caller.answer::<Print>(), Some(Err(Error::Malformed(_)))));
    desk.terminal.called(&caller.say(1, 7, &[]), caller.clone());
    assert!(matches!(caller.answer::<Print>(), Some(Err(Error::Malformed(_)))));
    assert!(!desk.print(9, "who?").is_answered(), "its caller is dropped, which tells it");
    assert_eq!(desk.seen(), "");
}

#[test]
fn what_comes_at_once_is_taken_in_parts() {
    let mut desk = Desk::new(PLENTY, 8, false);
    desk.line.type_in(&[b'x'; 130]);
    let rounds = (0..9).take_while(|_| desk.terminal.attend()).count();
    assert_eq!(rounds, 2, "and a third one for the rest");
    let seen: usize = (0..2)
        .filter_map(|_| input(&desk.read(1, false)))
        .map(|told| told.expect("input").0.len())
        .sum();
    assert_eq!(seen, 130);
}
