//! The clients' calls, what comes in, what goes out.

use alloc::vec::Vec;

use libsys::Badge;
use libsys::ring::Bell;
use libsys::server::{Request, Responder};
use libsys::service::terminal::interface::{Call, Configure};
use libsys::service::terminal::{Counts, Refusal};

use crate::client::Client;
use crate::keys::{Key, Keys};
use crate::line::{Arrival, Damage, Line};
use crate::output::{Cursor, LONGEST_LINE, Output, Over};
use crate::text::{Stopped, Text};

/// Characters that are taken from the device in one go.
const BURST: usize = 64;

/// Somebody who may call.
#[derive(Clone, Copy, Debug)]
pub struct Party<'n, B> {
    /// Tells its calls from others.
    pub badge: Badge,
    /// What the person at the terminal knows it by.
    pub name: &'n str,
    /// Rings when there is something to be read. Without one, only calls that wait are of use.
    pub bell: Option<B>,
    /// Whether it may change how characters travel.
    pub may_configure: bool,
}

/// A line, and the clients that share it. `R`: a caller that waits for its answer; `B`: a bell.
#[derive(Debug)]
pub struct Multiplexer<'n, L, R: Responder, B> {
    line: L,
    clients: Vec<Client<'n, R, B>>,
    /// The place of the client that gets what is typed.
    focus: usize,
    /// Whether the person has still to be told who that is.
    tells_focus: bool,
    keys: Keys,
    output: Output,
    counts: Counts,
    /// Callers that can be kept at the same time.
    callers: usize,
    takes_pause: bool,
}

impl<'n, L: Line, R: Responder, B: Bell> Multiplexer<'n, L, R, B> {
    /// A terminal for these clients, the one at place `focus` gets what is typed. `callers`: how
    /// many can be kept waiting at the same time. `patient`: whether somebody
    /// [takes pauses](Self::takes_pause).
    pub fn new(
        line: L,
        parties: impl IntoIterator<Item = Party<'n, B>>,
        focus: usize,
        callers: usize,
        patient: bool,
    ) -> Self {
        let clients: Vec<_> = parties.into_iter().map(Client::new).collect();
        Self {
            line,
            focus: focus.min(clients.len().saturating_sub(1)),
            clients,
            tells_focus: false,
            keys: Keys::default(),
            output: Output::new(patient),
            counts: Counts::default(),
            callers,
            takes_pause: false,
        }
    }

    /// A client has called.
    pub fn called(&mut self, request: &Request, responder: R) {
        let same = |client: &Client<'_, R, B>| client.badge == request.client;
        let Some(place) = self.clients.iter().position(same) else { return };
        let Some(call) = Call::accept(request, responder) else { return };
        match call {
            Call::Print(asked) => {
                self.clients[place].texts.push_back(Text::new(asked));
                self.print();
            }
            Call::Read(asked) => {
                let readers = self.clients.iter().filter(|client| client.reader.is_some());
                // One caller always has room: else nobody could print any more.
                let may_wait = readers.count() + 1 < self.callers;
                self.clients[place].read(asked, may_wait);
                // Its prompt is complete.
                self.print();
            }
            Call::Settings(asked) => asked.answer(Ok(self.line.settings())),
            Call::Configure(asked) => {
                let result = self.configure(place, &asked);
                asked.answer(result);
            }
            Call::Counts(asked) => asked.answer(Ok(self.counts)),
            Call::SetRaw(asked) => {
                self.clients[place].raw = asked.raw;
                asked.answer(Ok(()));
            }
        }
    }

    fn configure(&mut self, place: usize, asked: &Configure) -> Result<(), Refusal> {
        let prints = self.clients.iter().any(|client| !client.texts.is_empty());
        match () {
            () if !self.clients[place].may_configure => Err(Refusal::NotAllowed),
            () if prints || !self.output.own.is_empty() => Err(Refusal::Busy),
            () => self.line.configure(asked.settings),
        }
    }

    /// The device has interrupted: it may have received something, or have room again. Answers
    /// whether it may have received more than is taken in one go, for which it need not interrupt
    /// again; then this is called once more, after others have had their turn.
    pub fn attend(&mut self) -> bool {
        let mut has_more = true;
        for _ in 0..BURST {
            let Some(arrival) = self.line.receive() else {
                has_more = false;
                break;
            };
            self.arrived(arrival);
        }
        for client in &mut self.clients {
            client.hand_out();
        }
        self.print();
        has_more
    }

    /// The pause that was to be taken is over.
    pub fn pause_over(&mut self) {
        self.output.pause_over();
        self.print();
    }

    /// Whether a pause has to be taken now, after which [`pause_over`](Self::pause_over) is
    /// called. Asked after everything else that happens.
    #[must_use]
    pub fn takes_pause(&mut self) -> bool {
        core::mem::take(&mut self.takes_pause)
    }

    /// The line.
    pub fn line(&mut self) -> &mut L {
        &mut self.line
    }

    fn arrived(&mut self, arrival: Arrival) {
        let Some(client) = self.clients.get_mut(self.focus) else { return };
        if arrival.overrun {
            self.counts.overruns += 1;
            client.inbox.lose();
        }
        let count = match arrival.character {
            Ok(byte) => {
                self.counts.received += 1;
                return self.typed(byte);
            }
            Err(Damage::Parity) => &mut self.counts.parity,
            Err(Damage::Framing) => &mut self.counts.framing,
            Err(Damage::Break) => &mut self.counts.breaks,
        };
        *count += 1;
        client.inbox.lose();
    }

    fn typed(&mut self, byte: u8) {
        let count = self.clients.len();
        let focus = match self.keys.typed(byte) {
            Key::Byte(byte) => {
                let kept = self.clients[self.focus].inbox.push(byte);
                self.counts.dropped += u64::from(!kept);
                return;
            }
            Key::Next => (self.focus + 1) % count,
            Key::Previous => (self.focus + count - 1) % count,
            Key::Place(place) if place < count => place,
            Key::Place(_) | Key::Nothing => return,
        };
        (self.focus, self.tells_focus) = (focus, true);
    }

    /// Prints as much as the device takes. Ends: each text is short, and whoever has none left
    /// cannot print again before its call is answered and the next is received.
    fn print(&mut self) {
        while self.say_own()
            && let Some(place) = self.speaker()
        {
            let client = &mut self.clients[place];
            let Some(text) = client.texts.front_mut() else { return };
            let (stopped, count) = text.send(&mut self.line, client.raw);
            self.counts.sent += count as u64;
            self.output.printed(place, count, stopped == Stopped::AtLineEnd);
            if text.is_done()
                && let Some(text) = client.texts.pop_front()
            {
                text.acknowledge();
            }
            if stopped == Stopped::Full {
                return;
            }
        }
    }

    /// Says what the terminal itself has to say; `false`: the device has no more room.
    fn say_own(&mut self) -> bool {
        self.tell_focus();
        let own = &mut self.output.own;
        while let Some(byte) = own.front() {
            if self.line.send(&[*byte]) == 0 {
                return false;
            }
            self.counts.sent += 1;
            own.pop_front();
        }
        true
    }

    /// Tells who has the focus, but not in the middle of a line that its client goes on with.
    fn tell_focus(&mut self) {
        let goes_on = match self.output.cursor {
            Cursor::Start => false,
            Cursor::Inside { client, .. } => !self.clients[client].texts.is_empty(),
        };
        if !self.tells_focus || goes_on || !self.output.own.is_empty() {
            return;
        }
        self.tells_focus = false;
        self.output.break_line();
        for part in ["[", self.clients[self.focus].name, "]\r\n"] {
            self.output.say(part);
        }
    }

    /// Who prints next.
    fn speaker(&mut self) -> Option<usize> {
        if let Cursor::Inside { client, length } = self.output.cursor {
            let waits = |(place, other): (usize, &Client<'_, R, B>)| {
                place != client && !other.texts.is_empty()
            };
            let others = self.clients.iter().enumerate().any(waits);
            let holder = &self.clients[client];
            match holder.texts.is_empty() {
                false if !others || length < LONGEST_LINE => return Some(client),
                true if !others => return None,
                true if holder.reader.is_none() => match self.output.is_over() {
                    Over::Yes => {}
                    Over::No => return None,
                    Over::TakePause => {
                        self.takes_pause = true;
                        return None;
                    }
                },
                _ => {}
            }
            self.output.break_line();
            if !self.say_own() {
                return None;
            }
        }
        let count = self.clients.len();
        let mut places = (0..count).map(|step| (self.output.turn + step) % count);
        places.find(|place| !self.clients[*place].texts.is_empty())
    }
}
