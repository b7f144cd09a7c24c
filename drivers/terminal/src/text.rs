//! A call that prints, byte by byte.

use libsys::server::{Asked, Responder};
use libsys::service::terminal::interface::Print;

use crate::line::Line;

/// A text on its way out.
#[derive(Debug)]
pub(crate) struct Text<R: Responder> {
    asked: Asked<Print, R>,
    /// Bytes that the device has.
    sent: usize,
    /// Whether it also has the carriage return before the next one, a line feed.
    returned: bool,
}

/// Where sending has stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stopped {
    /// Behind a line feed.
    AtLineEnd,
    /// At the end of the text, which has none.
    AtEnd,
    /// The device has no more room.
    Full,
}

impl<R: Responder> Text<R> {
    pub(crate) fn new(asked: Asked<Print, R>) -> Self {
        Self { asked, sent: 0, returned: false }
    }

    /// Sends up to the next line feed, or as much as the device takes; answers where it stopped,
    /// and how many bytes the device took.
    pub(crate) fn send<L: Line>(&mut self, line: &mut L, raw: bool) -> (Stopped, usize) {
        let mut count = 0;
        loop {
            let rest = &self.asked.text[self.sent.min(self.asked.text.len())..];
            let Some(first) = rest.first() else { return (Stopped::AtEnd, count) };
            let is_end = *first == b'\n';
            let piece: &[u8] = match is_end {
                true if !raw && !self.returned => b"\r",
                true => b"\n",
                false => rest.split(|byte| *byte == b'\n').next().unwrap_or_default(),
            };
            // A device that says that it took more than it got is not believed.
            let taken = line.send(piece).min(piece.len());
            count += taken;
            let full = taken < piece.len();
            match piece {
                b"\r" if is_end => self.returned = !full,
                _ => self.sent += taken,
            }
            if full {
                return (Stopped::Full, count);
            }
            if is_end && piece == b"\n" {
                self.returned = false;
                return (Stopped::AtLineEnd, count);
            }
        }
    }

    /// Whether the device has all of it.
    pub(crate) fn is_done(&self) -> bool {
        self.sent >= self.asked.text.len()
    }

    /// Tells the client.
    pub(crate) fn acknowledge(self) {
        self.asked.answer(Ok(()));
    }
}
