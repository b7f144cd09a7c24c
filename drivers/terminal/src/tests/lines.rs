//! Whose text comes out when.

use libsys::service::terminal::interface::{Configure, Counts, Print, SetRaw, Settings};
use libsys::service::terminal::{CHUNK, Error, Refusal};

use super::Desk;
use crate::LONGEST_LINE;

const PLENTY: usize = 1 << 20;

#[test]
fn text_is_acknowledged_once_the_device_has_all_of_it() {
    let mut desk = Desk::new(3, 8, false);
    let caller = desk.print(1, "hello\n");
    assert!(!caller.is_answered(), "three bytes are out");
    desk.make_room(3);
    assert!(!caller.is_answered(), "the line feed is not");
    desk.make_room(1);
    assert_eq!(caller.answer::<Print>(), Some(Ok(())));
    assert_eq!(desk.seen(), "hello\r\n");
}

#[test]
fn lines_of_clients_take_turns_and_stay_whole() {
    let mut desk = Desk::new(0, 8, false);
    let texts = [(1, "a1\na2\na3\n"), (2, "b1\n"), (2, "b2\n"), (3, "c1\n")];
    let callers = texts.map(|(client, text)| desk.print(client, text));
    for _ in 0..100 {
        desk.make_room(1);
    }
    assert_eq!(desk.seen(), "a1\r\nb1\r\nc1\r\na2\r\nb2\r\na3\r\n");
    assert!(callers.iter().all(|caller| caller.answer::<Print>() == Some(Ok(()))));
}

#[test]
fn who_waits_for_the_end_of_a_line_waits_for_a_pause() {
    let mut desk = Desk::new(PLENTY, 8, true);
    let prompt = desk.print(1, "half ");
    assert!(prompt.is_answered(), "it is out at once");
    let other = desk.print(2, "whole\n");
    assert!(desk.terminal.takes_pause(), "from now on");
    assert!(!desk.terminal.takes_pause(), "once");
    desk.print(1, "line\n");
    assert!(other.is_answered());
    assert_eq!(desk.seen(), "half line\r\nwhole\r\n");

    // A pause that is over too early breaks nothing by itself.
    desk.terminal.pause_over();
    desk.print(1, "never");
    let other = desk.print(2, "patient\n");
    assert!(desk.terminal.takes_pause() && !other.is_answered());
    desk.terminal.pause_over();
    assert!(other.is_answered());
    desk.print(1, "more\n");
    assert_eq!(desk.seen(), "never\r\npatient\r\nmore\r\n");
}

#[test]
fn without_pauses_nobody_waits_for_a_line_that_stands_still() {
    let mut desk = Desk::new(PLENTY, 8, false);
    desk.print(1, "half ");
    assert!(desk.print(2, "whole\n").is_answered());
    assert_eq!(desk.seen(), "half \r\nwhole\r\n");
}

#[test]
fn a_prompt_is_no_line_to_wait_for() {
    let mut desk = Desk::new(PLENTY, 8, true);
    desk.print(1, "name? ");
    let reader = desk.read(1, true);
    let other = desk.print(2, "news\n");
    assert!(other.is_answered() && !reader.is_answered());
    assert_eq!(desk.seen(), "name? \r\nnews\r\n");
}

#[test]
fn a_line_without_end_is_broken_if_others_wait() {
    let part = "x".repeat(CHUNK);
    let mut desk = Desk::new(LONGEST_LINE, 8, true);
    for _ in 0..LONGEST_LINE / CHUNK + 1 {
        let _ = desk.print(1, &part);
    }
    let other = desk.print(2, "at last\n");
    desk.make_room(64);
    assert!(other.is_answered(), "before the rest of a's text");
}

#[test]
fn raw_clients_have_bare_line_feeds() {
    let mut desk = Desk::new(PLENTY, 8, false);
    assert_eq!(desk.call(1, &SetRaw { raw: true }).answer::<SetRaw>(), Some(Ok(())));
    desk.print(1, "up\rdown\n");
    desk.print(2, "cooked\n");
    assert_eq!(desk.seen(), "up\rdown\ncooked\r\n");
}

#[test]
fn only_who_may_changes_how_characters_travel() {
    use libsys::service::terminal::Settings as Line;
    let mut desk = Desk::new(2, 8, false);
    let slow = Line { baud: 300, ..Line::USUAL };
    let configure = |desk: &mut Desk, client, settings| {
        desk.call(client, &Configure { settings }).answer::<Configure>().expect("at once")
    };
    let refused = |refusal| Err(Error::Refused(refusal));
    assert_eq!(configure(&mut desk, 2, slow), refused(Refusal::NotAllowed));
    let impossible = Line { baud: 0, ..slow };
    assert_eq!(configure(&mut desk, 1, impossible), refused(Refusal::Impossible));
    let _text = desk.print(2, "on its way");
    assert_eq!(configure(&mut desk, 1, slow), refused(Refusal::Busy));
    desk.make_room(100);
    desk.line.set_busy(true);
    assert_eq!(configure(&mut desk, 1, slow), refused(Refusal::Busy));
    desk.line.set_busy(false);
    assert_eq!(configure(&mut desk, 1, slow), Ok(()));
    assert_eq!(desk.call(3, &Settings {}).answer::<Settings>(), Some(Ok(slow)));
    let counts = desk.call(3, &Counts {}).answer::<Counts>().expect("at once");
    assert_eq!(counts.map(|counts| counts.sent), Ok(10));
}
