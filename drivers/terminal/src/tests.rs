//! Clients without a kernel, on a line without a device.

mod input;
mod lines;
mod random;

use std::string::String;
use std::vec::Vec;

use core::cell::Cell;
use std::rc::Rc;

use libsys::Badge;
use libsys::ring::Bell;
use libsys::server::{Bytes, Operation, Recorded};
use libsys::service::terminal::interface::{Print, Read};
use libsys::service::terminal::{Error, Input};

use crate::fake::FakeLine;
use crate::{Multiplexer, Party};

/// Counts how often it rings.
#[derive(Clone, Debug, Default)]
struct Count(Rc<Cell<u32>>);

impl Bell for Count {
    fn ring(&self) {
        self.0.set(self.0.get() + 1);
    }

    fn sleep(&self) {}
}

/// A terminal with three clients `a`, `b`, `c`, badges 1 to 3; only `a` may configure.
struct Desk {
    terminal: Multiplexer<'static, FakeLine, Recorded, Count>,
    line: FakeLine,
    bells: [Count; 3],
}

impl Desk {
    fn new(room: usize, callers: usize, patient: bool) -> Self {
        let (line, bells) = (FakeLine::new(room), <[Count; 3]>::default());
        let parties = ["a", "b", "c"].into_iter().zip(1..).zip(&bells);
        let parties = parties.map(|((name, badge), bell)| Party {
            badge: Badge(badge),
            name,
            bell: Some(bell.clone()),
            may_configure: name == "a",
        });
        let terminal = Multiplexer::new(line.clone(), parties, 0, callers, patient);
        Self { terminal, line, bells }
    }

    fn call<O: Operation>(&mut self, client: u64, operation: &O) -> Recorded {
        let caller = Recorded::new();
        self.terminal.called(&caller.ask(client, operation), caller.clone());
        caller
    }

    fn print(&mut self, client: u64, text: &str) -> Recorded {
        self.call(client, &Print { text: Bytes::new(text.as_bytes()).expect("short") })
    }

    fn read(&mut self, client: u64, waits: bool) -> Recorded {
        self.call(client, &Read { waits })
    }

    /// The device has room again.
    fn make_room(&mut self, bytes: usize) {
        self.line.make_room(bytes);
        self.terminal.attend();
    }

    fn type_in(&mut self, bytes: &[u8]) {
        self.line.type_in(bytes);
        self.terminal.attend();
    }

    /// What the person has seen since the last time.
    fn seen(&self) -> String {
        String::from_utf8(self.line.take_sent()).expect("text")
    }
}

/// What a reader was answered.
fn input(caller: &Recorded) -> Option<Result<(Vec<u8>, u64), Error>> {
    let told = |Input { bytes, lost }: Input| (bytes.to_vec(), lost);
    caller.answer::<Read>().map(|answer| answer.map(told))
}
