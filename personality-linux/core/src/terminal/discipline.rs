//! The line discipline: what is typed becomes lines, an echo and signals.
//!
//! The rules are those of `termios(3)`: canonical input with erase, word erase, kill, reprint,
//! literal characters and end of file; input without lines, with a least number of bytes and a
//! time; echo; signals; stopping the output; `\r` and `\n`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use super::echo::{Column, echoed, erased};
use crate::abi::signals::{SIGINT, SIGQUIT, SIGTSTP, Signal};
use crate::abi::termios::{
    ECHO, ECHOK, ECHOKE, ECHONL, ICANON, ICRNL, IEXTEN, IGNCR, INLCR, ISIG, ISTRIP, IXANY, IXON,
    NOFLSH, OCRNL, ONLCR, OPOST, Special, Termios,
};

/// Bytes that one byte becomes at most when it is printed.
pub(super) const LONGEST: usize = 2;

/// Most bytes that wait to be read.
const LIMIT: usize = 4096;
/// The unit of [`Special::Time`].
const TENTH: Duration = Duration::from_millis(100);

/// What typing has caused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    /// What is to be printed.
    pub(crate) echo: Vec<u8>,
    /// Signals for the foreground.
    pub(crate) signals: Vec<Signal>,
}

/// Whether a read has something to answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Readiness {
    /// So many bytes; none is the end of the file, or of the time.
    Now(usize),
    /// Later: when something is typed, or at this time.
    Later(Option<Duration>),
}

/// Modes, and what was typed and not yet read.
#[derive(Debug)]
pub(crate) struct Discipline {
    modes: Termios,
    /// What can be read.
    ready: VecDeque<u8>,
    /// Where lines in `ready` end, as counts of bytes from its start; an end of file is one that
    /// adds no byte.
    lines: VecDeque<usize>,
    /// The line that is being typed.
    line: Vec<u8>,
    /// Whether the next byte means itself.
    is_literal: bool,
    /// Nobody will type any more.
    is_closed: bool,
    /// Whether a key has stopped the output.
    is_stopped: bool,
    /// When something was typed last.
    last: Duration,
}

impl Discipline {
    pub(crate) const fn new() -> Self {
        Self {
            modes: Termios::USUAL,
            ready: VecDeque::new(),
            lines: VecDeque::new(),
            line: Vec::new(),
            is_literal: false,
            is_closed: false,
            is_stopped: false,
            last: Duration::ZERO,
        }
    }

    pub(crate) const fn modes(&self) -> &Termios {
        &self.modes
    }

    /// Sets the modes. A line that is being typed becomes readable when lines no longer matter, and
    /// what was readable without lines becomes one line when they matter again.
    pub(crate) fn set_modes(&mut self, modes: Termios) {
        let had_lines = self.has(ICANON);
        self.modes = modes;
        match (had_lines, self.has(ICANON)) {
            (true, false) => {
                self.ready.extend(self.line.drain(..));
                self.lines.clear();
            }
            (false, true) if !self.ready.is_empty() => self.lines.push_back(self.ready.len()),
            _ => {}
        }
        self.is_stopped &= self.modes.input & IXON != 0;
    }

    /// Forgets what was typed and not read.
    pub(crate) fn flush(&mut self) {
        self.ready.clear();
        self.lines.clear();
        self.line.clear();
    }

    /// Nobody will type any more.
    pub(crate) const fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether a key, or a program, has stopped the output.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Stops the output, or lets it go on.
    pub(crate) const fn stop(&mut self, stops: bool) {
        self.is_stopped = stops;
    }

    const fn has(&self, local: u32) -> bool {
        self.modes.local & local != 0
    }

    /// Bytes that there is room for.
    pub(crate) fn room(&self) -> usize {
        LIMIT.saturating_sub(self.ready.len() + self.line.len())
    }

    /// Takes what was typed at this time.
    pub(crate) fn input(&mut self, bytes: &[u8], now: Duration) -> Typed {
        let mut typed = Typed::default();
        self.last = now;
        for byte in bytes {
            if let Some(byte) = self.translated(*byte) {
                self.key(byte, &mut typed);
            }
        }
        typed
    }

    /// What a byte becomes by the input modes.
    fn translated(&self, byte: u8) -> Option<u8> {
        let has = |flag| self.modes.input & flag != 0;
        let byte = if has(ISTRIP) { byte & 0x7f } else { byte };
        match byte {
            b'\r' if has(IGNCR) => None,
            b'\r' if has(ICRNL) => Some(b'\n'),
            b'\n' if has(INLCR) => Some(b'\r'),
            byte => Some(byte),
        }
    }

    fn key(&mut self, byte: u8, typed: &mut Typed) {
        if !core::mem::take(&mut self.is_literal) {
            if self.controls_output(byte) || self.sends_signal(byte, typed) {
                return;
            }
            if self.has(ICANON) && self.has(IEXTEN) && self.modes.is(Special::LiteralNext, byte) {
                self.is_literal = true;
                if self.has(ECHO) {
                    typed.echo.extend(b"^\x08");
                }
                return;
            }
            if self.has(ICANON) && self.edits(byte, typed) {
                return;
            }
        }
        let ends_line = self.has(ICANON) && byte == b'\n';
        if self.room() <= usize::from(self.has(ICANON) && !ends_line) {
            typed.echo.push(7);
            return;
        }
        self.echo(byte, typed);
        match self.has(ICANON) {
            true => self.line.push(byte),
            false => self.ready.push_back(byte),
        }
        let is_end = |special| self.modes.is(special, byte);
        if ends_line || self.has(ICANON) && (is_end(Special::Eol) || is_end(Special::Eol2)) {
            self.end_line();
        }
    }

    /// Keys that stop the output and let it go on.
    fn controls_output(&mut self, byte: u8) -> bool {
        if self.modes.input & IXON == 0 {
            return false;
        }
        let (stops, starts) =
            (self.modes.is(Special::Stop, byte), self.modes.is(Special::Start, byte));
        if self.is_stopped && self.modes.input & IXANY != 0 && !stops {
            self.is_stopped = false;
            return starts;
        }
        if stops || starts {
            self.is_stopped = stops;
        }
        stops || starts
    }

    fn sends_signal(&mut self, byte: u8, typed: &mut Typed) -> bool {
        let keys = [(Special::Intr, SIGINT), (Special::Quit, SIGQUIT), (Special::Susp, SIGTSTP)];
        let signal = keys.iter().find(|(place, _)| self.modes.is(*place, byte));
        let Some((_, signal)) = signal.filter(|_| self.has(ISIG)) else { return false };
        if !self.has(NOFLSH) {
            self.flush();
        }
        self.is_stopped = false;
        self.echo(byte, typed);
        typed.signals.push(*signal);
        true
    }

    /// Keys that change the line that is being typed.
    fn edits(&mut self, byte: u8, typed: &mut Typed) -> bool {
        let is = |special| self.modes.is(special, byte);
        let extended = self.has(IEXTEN);
        if is(Special::Erase) {
            self.erase(typed);
        } else if is(Special::Kill) {
            self.kill(byte, typed);
        } else if is(Special::WordErase) && extended {
            while self.line.last() == Some(&b' ') && self.erase(typed) {}
            while self.line.last().is_some_and(|last| *last != b' ') && self.erase(typed) {}
        } else if is(Special::Reprint) && extended {
            self.echo(byte, typed);
            if self.has(ECHO) {
                typed.echo.push(b'\n');
            }
            (0..self.line.len()).for_each(|index| self.echo(self.line[index], typed));
        } else if is(Special::Eof) {
            self.end_line();
        } else {
            return false;
        }
        true
    }

    /// Removes the whole line: from the screen too, or by a new line on it.
    fn kill(&mut self, byte: u8, typed: &mut Typed) {
        if self.has(ECHOKE) {
            while self.erase(typed) {}
            return;
        }
        self.line.clear();
        self.echo(byte, typed);
        if self.has(ECHO) && self.has(ECHOK) {
            typed.echo.push(b'\n');
        }
    }

    fn end_line(&mut self) {
        self.ready.extend(self.line.drain(..));
        self.lines.push_back(self.ready.len());
    }

    /// Removes the last character of the line; whether there was one.
    fn erase(&mut self, typed: &mut Typed) -> bool {
        let mut columns = Column::default();
        // The bytes of one character in UTF-8 go together.
        while let Some(byte) = self.line.pop() {
            if byte & 0xc0 != 0x80 {
                self.line.iter().for_each(|before| columns.passes(*before));
                if self.has(ECHO) {
                    erased(byte, columns, self.modes.local, &mut typed.echo);
                }
                return true;
            }
        }
        false
    }

    fn echo(&self, byte: u8, typed: &mut Typed) {
        let is_line_end = byte == b'\n' && self.has(ECHONL) && self.has(ICANON);
        if self.has(ECHO) || is_line_end {
            echoed(byte, self.modes.local, &mut typed.echo);
        }
    }

    /// Whether a read of so many bytes has something to answer now. `until`: when its time is over,
    /// if that has begun.
    pub(crate) fn readiness(
        &self,
        want: usize,
        until: Option<Duration>,
        now: Duration,
    ) -> Readiness {
        let have = self.ready.len();
        if self.has(ICANON) {
            return match self.lines.front() {
                Some(line) => Readiness::Now(want.min(*line)),
                None if self.is_closed => Readiness::Now(0),
                None => Readiness::Later(None),
            };
        }
        let least = usize::from(self.modes.special(Special::Min));
        let pause = TENTH * u32::from(self.modes.special(Special::Time));
        let count = have.min(want);
        if self.is_closed || have >= least.min(want) && (have > 0 || pause.is_zero()) {
            return Readiness::Now(count);
        }
        let until = match (least, have) {
            (0, _) => Some(until.unwrap_or(now + pause)),
            (_, 1..) if !pause.is_zero() => Some(self.last + pause),
            _ => None,
        };
        match until {
            Some(until) if until <= now => Readiness::Now(count),
            until => Readiness::Later(until),
        }
    }

    /// Whether a read would not wait.
    pub(crate) fn is_readable(&self) -> bool {
        let least = match (self.modes.special(Special::Min), self.modes.special(Special::Time)) {
            (least, 0) => usize::from(least).max(1),
            _ => 1,
        };
        let is_ready = match self.has(ICANON) {
            true => !self.lines.is_empty(),
            false => self.ready.len() >= least,
        };
        self.is_closed || is_ready
    }

    /// Bytes that can be read.
    pub(crate) fn waiting(&self) -> usize {
        match self.has(ICANON) {
            true => self.lines.front().copied().unwrap_or(0),
            false => self.ready.len(),
        }
    }

    /// Takes what was typed, at most one line of it; answers how many bytes. Nothing is the end of
    /// the file.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> usize {
        let count = self.waiting().min(bytes.len());
        for (place, byte) in bytes.iter_mut().zip(self.ready.drain(..count)) {
            *place = byte;
        }
        for end in &mut self.lines {
            *end -= count.min(*end);
        }
        if self.lines.front() == Some(&0) {
            self.lines.pop_front();
        }
        count
    }

    /// Appends what a program prints as the device gets it, so many bytes at most; answers how
    /// many bytes of the program's that were.
    pub(crate) fn output(&self, bytes: &[u8], room: usize, to: &mut Vec<u8>) -> usize {
        let limit = to.len() + room;
        let has = |flag| self.modes.output & (OPOST | flag) == OPOST | flag;
        let (adds_return, drops_return) = (has(ONLCR), has(OCRNL));
        for (index, byte) in bytes.iter().enumerate() {
            let single = [*byte];
            let form: &[u8] = match byte {
                b'\n' if adds_return => b"\r\n",
                b'\r' if drops_return => b"\n",
                _ => &single,
            };
            if to.len() + form.len() > limit {
                return index;
            }
            to.extend(form);
        }
        bytes.len()
    }
}

#[cfg(test)]
#[path = "discipline/tests.rs"]
mod tests;
