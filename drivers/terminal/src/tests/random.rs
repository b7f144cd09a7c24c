//! Whatever clients print and however slowly the device takes it.

use std::collections::VecDeque;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use libsys::server::Recorded;
use libsys::service::terminal::interface::Print;
use proptest::prelude::*;

use super::Desk;

#[derive(Clone, Debug)]
enum Step {
    /// A client prints pieces of its letter, ended by a line feed or not.
    Print {
        client: u64,
        length: usize,
        ends: bool,
    },
    Room(usize),
    PauseOver,
    Focus,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_u64, 1..90_usize, any::<bool>())
            .prop_map(|(client, length, ends)| Step::Print { client, length, ends }),
        3 => (0..60_usize).prop_map(Step::Room),
        1 => Just(Step::PauseOver),
        1 => Just(Step::Focus),
    ]
}

/// What clients have printed, and what came out.
struct Run {
    desk: Desk,
    waiting: Vec<(u64, Recorded)>,
    /// Text of each client that should come out, in its order, without line feeds.
    expected: [String; 3],
    seen: String,
    serial: u32,
}

impl Run {
    fn perform(&mut self, step: Step) {
        match step {
            Step::Print { client, length, ends } => {
                let letter = ['a', 'b', 'c'][client as usize - 1];
                self.serial += 1;
                let mut text: String = format!("{letter}{}", self.serial);
                text.extend(core::iter::repeat_n(letter, length.saturating_sub(text.len())));
                self.expected[client as usize - 1] += &text;
                if ends {
                    text.push('\n');
                }
                let caller = self.desk.print(client, &text);
                self.waiting.push((client, caller));
            }
            Step::Room(bytes) => self.desk.make_room(bytes),
            Step::PauseOver => self.desk.terminal.pause_over(),
            Step::Focus => self.desk.type_in(b"\x14n"),
        }
        self.seen += &self.desk.seen();
        self.waiting.retain(|(_, caller)| match caller.answer::<Print>() {
            Some(answer) => {
                assert_eq!(answer, Ok(()));
                false
            }
            None => true,
        });
    }
}

proptest! {
    #[test]
    fn lines_stay_whole_and_nothing_is_lost(
        steps in prop::collection::vec(step(), 1..80),
        patient in any::<bool>(),
        room in 0..40_usize,
    ) {
        let desk = Desk::new(room, 64, patient);
        let mut run = Run {
            desk, waiting: vec![], expected: Default::default(), seen: String::new(), serial: 0,
        };
        for step in steps {
            run.perform(step);
        }
        for _ in 0..400 {
            run.perform(Step::Room(100));
            run.perform(Step::PauseOver);
        }
        prop_assert!(run.waiting.is_empty(), "everybody is answered");
        let mut texts: [String; 3] = Default::default();
        for line in run.seen.split("\r\n").filter(|line| !line.is_empty()) {
            if line.starts_with('[') {
                prop_assert!(["[a]", "[b]", "[c]"].contains(&line), "{}", line);
                continue;
            }
            let letters: VecDeque<char> = line.chars().filter(|c| c.is_alphabetic()).collect();
            let first = letters[0];
            prop_assert!(letters.iter().all(|letter| *letter == first), "torn: {}", line);
            texts[first as usize - 'a' as usize] += line;
        }
        prop_assert_eq!(texts, run.expected);
    }
}

#[test]
fn a_flood_starves_nobody() {
    let mut desk = Desk::new(0, 64, true);
    for number in 0..30 {
        let _ = desk.print(1, &format!("flood {number}\n"));
    }
    let quiet = desk.print(2, "quiet\n");
    desk.make_room(2 * "flood 0\r\n".len() + "quiet\r\n".len());
    assert!(quiet.is_answered(), "after two lines of the other at most: {}", desk.seen());
}
