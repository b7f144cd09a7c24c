//! A UART and its clients, of which either may do what they like.

use std::vec::Vec;

use libsys::Badge;
use libsys::ring::Quiet;
use libsys::server::{Bytes, Operation, Recorded};
use libsys::service::terminal::Settings;
use libsys::service::terminal::interface::{Print, Read};
use pl011::Uart;
use pl011::fake::FakeUart;
use terminal::{Multiplexer, Party};

use super::Target;

/// The target: whether the device lies, its lies, then steps of three bytes.
pub(super) const TARGET: Target = Target {
    name: "console",
    run,
    words: &[
        &[0, 1, 5],
        &[1, 1, 0],
        &[1, 2, 1],
        &[2, 0, 16],
        &[3, 0x14, b'n'],
        &[3, 0x14, b'1'],
        &[4, 0, 0xff],
        &[5, 0xc3, 1],
        &[5, 0xc0, 3],
        &[6, 0, 0],
    ],
};

/// Clients, by badges from 1 on.
const CLIENTS: u64 = 3;
/// Callers that the driver keeps; the fuzzer has as many at most.
const CALLERS: usize = 16;
/// Hertz.
const CLOCK: u32 = 24_000_000;

/// The driver, its device, and who waits for an answer.
struct World {
    terminal: Multiplexer<'static, Uart<FakeUart>, Recorded, Quiet>,
    device: FakeUart,
    printing: Vec<Recorded>,
    others: Vec<Recorded>,
    honest: bool,
}

fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (lies, rest) = rest.split_at(rest.len().min(usize::from(*first % 16)));
    let lies: Vec<u32> = lies.iter().map(|byte| u32::from(*byte) * 0x0101_0011).collect();
    let device = FakeUart::lying(&lies);
    let Ok(uart) = Uart::start(device.clone(), CLOCK, Settings::USUAL) else {
        unreachable!("usual settings are possible")
    };
    let party = |(badge, name)| Party {
        badge: Badge(badge),
        name,
        bell: Some(Quiet),
        may_configure: badge == 1,
    };
    let parties = (1..=CLIENTS).zip(["a", "b", "c"]).map(party);
    let patient = first & 0x80 != 0;
    let terminal = Multiplexer::new(uart, parties, 0, CALLERS, patient);
    let (printing, others, honest) = (Vec::new(), Vec::new(), lies.is_empty());
    let mut world = World { terminal, device, printing, others, honest };
    for step in rest.chunks_exact(3) {
        world.step(step[0], step[1], step[2]);
    }
    world.finish();
}

impl World {
    fn step(&mut self, what: u8, one: u8, other: u8) {
        // As many callers as the kernel has reply objects for.
        self.printing.retain(|caller| !is_answered::<Print>(caller));
        self.others.retain(|caller| !is_answered::<Read>(caller));
        let may_call = self.printing.len() + self.others.len() < CALLERS;
        match what % 8 {
            0 if may_call => self.print(one, other),
            1 if may_call => self.read(one, other % 2 == 1),
            2 => {
                self.device.drain(usize::from(other));
                self.attend();
            }
            3 => {
                self.device.arrive([u32::from(one), u32::from(other)]);
                self.device.pause();
                self.attend();
            }
            4 => {
                self.device.arrive([u32::from(one) << 8 | u32::from(other)]);
                self.attend();
            }
            5 if may_call => self.say(one, other),
            6 => self.terminal.pause_over(),
            // Interrupts without work.
            _ => drop(self.terminal.attend()),
        }
        let _ = self.terminal.takes_pause();
    }

    /// Who drives the device is called when it interrupts, or when it likes.
    fn attend(&mut self) {
        if self.device.interrupts() || !self.honest {
            self.terminal.attend();
        }
    }

    fn print(&mut self, client: u8, length: u8) {
        let mut text = vec![b'a' + client % 26; usize::from(length) % 90];
        if length % 2 == 1 {
            text.push(b'\n');
        }
        let Some(text) = Bytes::new(&text) else { unreachable!("it is short") };
        let caller = Recorded::new();
        let request = caller.ask(u64::from(client) % CLIENTS + 1, &Print { text });
        self.terminal.called(&request, caller.clone());
        self.printing.push(caller);
    }

    fn read(&mut self, client: u8, waits: bool) {
        let caller = Recorded::new();
        let request = caller.ask(u64::from(client) % CLIENTS + 1, &Read { waits });
        self.terminal.called(&request, caller.clone());
        self.others.push(caller);
    }

    /// A message that need not make sense, perhaps of a stranger.
    fn say(&mut self, label: u8, word: u8) {
        let caller = Recorded::new();
        let words: Vec<u64> =
            (0..word % 16).map(|place| u64::from(place) ^ 1 << (word % 64)).collect();
        let badge = u64::from(word) % (CLIENTS + 2);
        let request = caller.say(badge, u64::from(label), &words);
        self.terminal.called(&request, caller.clone());
        if (1..=CLIENTS).contains(&badge) && matches!(label, 0xc0 | 0xc1) {
            self.others.push(caller);
        }
    }

    /// A device that takes what it is given gets everything, and everybody is answered.
    fn finish(&mut self) {
        for _ in 0..4 * CALLERS * 96 / 16 {
            self.device.drain(16);
            self.terminal.attend();
            self.terminal.pause_over();
            let _ = self.terminal.takes_pause();
        }
        self.printing.retain(|caller| !is_answered::<Print>(caller));
        assert!(!self.honest || self.printing.is_empty(), "who prints is answered");
    }
}

/// Whether somebody was answered, in a way that the interface knows.
fn is_answered<O: Operation>(caller: &Recorded) -> bool {
    caller.answer::<O>().is_some()
}
