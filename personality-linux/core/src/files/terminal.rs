//! The console: what is typed becomes lines, an echo and signals.
//!
//! The rules are those of `termios(3)`, as far as they matter to a person at a console: canonical
//! input with erase, word erase, kill and end of file; raw input; echo; signals; `\r` and `\n`.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::abi::signals::{SIGINT, SIGQUIT, SIGTSTP, Signal};
use crate::abi::structures::TERMIOS_BYTES;

const ICRNL: u32 = 0o400;
const OPOST: u32 = 1;
const ONLCR: u32 = 4;
const ISIG: u32 = 1;
const ICANON: u32 = 2;
const ECHO: u32 = 0o10;
const ECHOE: u32 = 0o20;
const ECHOK: u32 = 0o40;
const ECHOCTL: u32 = 0o1000;
const ECHOKE: u32 = 0o4000;
const IEXTEN: u32 = 0o100000;
/// 38 400 baud, 8 bits, receiver on, hang up.
const CONTROL: u32 = 0o17 | 0o60 | 0o200 | 0o2000;

/// Places of special characters (`c_cc`).
const VINTR: usize = 0;
const VQUIT: usize = 1;
const VERASE: usize = 2;
const VKILL: usize = 3;
const VEOF: usize = 4;
const VMIN: usize = 6;
const VSUSP: usize = 10;
const VWERASE: usize = 14;

/// Where each part of `struct termios` begins.
const INPUT: usize = 0;
const OUTPUT: usize = 4;
const LOCAL: usize = 12;
const SPECIAL: usize = 17;

/// Most bytes that wait to be read.
const LIMIT: usize = 4096;

/// What typing has caused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Typed {
    /// What is to be printed.
    pub(crate) echo: Vec<u8>,
    /// Signals for the foreground.
    pub(crate) signals: Vec<Signal>,
}

/// Modes, and what was typed and not yet read.
#[derive(Debug)]
pub(crate) struct Terminal {
    termios: [u8; TERMIOS_BYTES],
    /// What can be read.
    ready: VecDeque<u8>,
    /// Where lines in `ready` end, as counts of bytes from its start; an end of file is one that
    /// adds no byte.
    lines: VecDeque<usize>,
    /// The line that is being typed.
    line: Vec<u8>,
    /// Nobody will type any more.
    is_closed: bool,
    /// Rows and columns.
    pub(crate) size: (u16, u16),
    /// The process group that is in the foreground.
    pub(crate) foreground: u32,
    /// The session whose terminal it is.
    pub(crate) session: u32,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let mut termios = [0; TERMIOS_BYTES];
        let local = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
        let flags =
            [(INPUT, ICRNL | 0o2000), (OUTPUT, OPOST | ONLCR), (8, CONTROL), (LOCAL, local)];
        for (place, value) in flags {
            termios[place..place + 4].copy_from_slice(&value.to_le_bytes());
        }
        let special: [u8; 17] = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];
        termios[SPECIAL..SPECIAL + 17].copy_from_slice(&special);
        Self {
            termios,
            ready: VecDeque::new(),
            lines: VecDeque::new(),
            line: Vec::new(),
            is_closed: false,
            size: (24, 80),
            foreground: 0,
            session: 0,
        }
    }

    /// `struct termios`.
    pub(crate) const fn termios(&self) -> &[u8; TERMIOS_BYTES] {
        &self.termios
    }

    /// Sets it. A line that is being typed becomes readable when lines no longer matter.
    pub(crate) fn set_termios(&mut self, termios: [u8; TERMIOS_BYTES]) {
        self.termios = termios;
        if !self.has(LOCAL, ICANON) {
            self.ready.extend(self.line.drain(..));
            self.lines.clear();
        }
    }

    /// Forgets what was typed and not read.
    pub(crate) fn flush(&mut self) {
        self.ready.clear();
        self.lines.clear();
        self.line.clear();
    }

    fn has(&self, place: usize, flag: u32) -> bool {
        let bytes = self.termios[place..place + 4].iter().rev();
        bytes.fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) & flag != 0
    }

    fn is_special(&self, place: usize, byte: u8) -> bool {
        byte != 0 && self.termios[SPECIAL + place] == byte
    }

    /// Takes what was typed.
    pub(crate) fn input(&mut self, bytes: &[u8]) -> Typed {
        let mut typed = Typed::default();
        for byte in bytes {
            let byte = if *byte == b'\r' && self.has(INPUT, ICRNL) { b'\n' } else { *byte };
            self.key(byte, &mut typed);
        }
        typed
    }

    /// Nobody will type any more.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
    }

    fn key(&mut self, byte: u8, typed: &mut Typed) {
        if self.has(LOCAL, ISIG) {
            let signals = [(VINTR, SIGINT), (VQUIT, SIGQUIT), (VSUSP, SIGTSTP)];
            let signal = signals.iter().find(|(place, _)| self.is_special(*place, byte));
            if let Some((_, signal)) = signal {
                self.flush();
                self.echo(byte, typed);
                typed.signals.push(*signal);
                return;
            }
        }
        if self.ready.len() + self.line.len() >= LIMIT {
            typed.echo.push(7);
            return;
        }
        if self.has(LOCAL, ICANON) {
            self.edit(byte, typed);
        } else {
            self.ready.push_back(byte);
            self.echo(byte, typed);
        }
    }

    /// A key while a line is typed.
    fn edit(&mut self, byte: u8, typed: &mut Typed) {
        if self.is_special(VERASE, byte) {
            self.erase(typed);
        } else if self.is_special(VKILL, byte) {
            while self.erase(typed) {}
        } else if self.is_special(VWERASE, byte) {
            while self.line.last() == Some(&b' ') && self.erase(typed) {}
            while self.line.last().is_some_and(|last| *last != b' ') && self.erase(typed) {}
        } else if self.is_special(VEOF, byte) {
            self.end_line();
        } else {
            self.line.push(byte);
            self.echo(byte, typed);
            if byte == b'\n' {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        self.ready.extend(self.line.drain(..));
        self.lines.push_back(self.ready.len());
    }

    /// Removes the last character of the line; whether there was one.
    fn erase(&mut self, typed: &mut Typed) -> bool {
        // The bytes of one character in UTF-8 go together.
        while let Some(byte) = self.line.pop() {
            if byte & 0xc0 != 0x80 {
                if self.has(LOCAL, ECHO) {
                    let columns = if byte < b' ' { 2 } else { 1 };
                    (0..columns).for_each(|_| typed.echo.extend(b"\x08 \x08"));
                }
                return true;
            }
        }
        false
    }

    fn echo(&self, byte: u8, typed: &mut Typed) {
        if !self.has(LOCAL, ECHO) {
            return;
        }
        match byte {
            b'\n' | b'\t' => typed.echo.push(byte),
            0..b' ' if self.has(LOCAL, ECHOCTL) => typed.echo.extend([b'^', byte + b'@']),
            127 if self.has(LOCAL, ECHOCTL) => typed.echo.extend(b"^?"),
            byte => typed.echo.push(byte),
        }
    }

    /// Whether a read would not wait.
    pub(crate) fn is_readable(&self) -> bool {
        let canonical = self.has(LOCAL, ICANON);
        let lines = !self.lines.is_empty();
        let bytes = !self.ready.is_empty() || self.termios[SPECIAL + VMIN] == 0;
        self.is_closed || (canonical && lines) || (!canonical && bytes)
    }

    /// Bytes that can be read.
    pub(crate) fn waiting(&self) -> usize {
        if self.has(LOCAL, ICANON) {
            self.lines.front().copied().unwrap_or(0)
        } else {
            self.ready.len()
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

    /// What a program prints, as the device gets it.
    pub(crate) fn output(&self, bytes: &[u8], print: &mut impl FnMut(&[u8])) {
        if !self.has(OUTPUT, OPOST) || !self.has(OUTPUT, ONLCR) {
            return print(bytes);
        }
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    print(text);
                    print(b"\r\n");
                }
                None => print(line),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(terminal: &mut Terminal) -> Vec<u8> {
        let mut bytes = [0; 100];
        let count = terminal.read(&mut bytes);
        bytes[..count].to_vec()
    }

    #[test]
    fn lines_are_edited_before_they_are_read() {
        let mut terminal = Terminal::new();
        let typed = terminal.input(b"lx\x7fs \xc3\xa4\x7f-l");
        assert_eq!(typed.echo, b"lx\x08 \x08s \xc3\xa4\x08 \x08-l");
        assert!(!terminal.is_readable());
        terminal.input(b"\rnext\n");
        assert_eq!(read(&mut terminal), b"ls -l\n");
        assert_eq!(read(&mut terminal), b"next\n");
        assert!(!terminal.is_readable());
        terminal.input(b"some words\x17\x15x\n");
        assert_eq!(read(&mut terminal), b"x\n");
    }

    #[test]
    fn the_end_of_the_file_is_a_line_without_bytes() {
        let mut terminal = Terminal::new();
        terminal.input(b"ab\x04\x04");
        assert_eq!(read(&mut terminal), b"ab");
        assert!(terminal.is_readable());
        assert_eq!(read(&mut terminal), b"");
        assert!(!terminal.is_readable());
        terminal.close();
        assert!(terminal.is_readable());
    }

    #[test]
    fn signals_come_from_keys_and_forget_the_line() {
        let mut terminal = Terminal::new();
        let typed = terminal.input(b"abc\x03");
        assert_eq!((typed.signals, typed.echo), (alloc::vec![SIGINT], b"abc^C".to_vec()));
        terminal.input(b"\n");
        assert_eq!(read(&mut terminal), b"\n");
    }

    #[test]
    fn raw_input_is_read_at_once() {
        let mut terminal = Terminal::new();
        let mut termios = *terminal.termios();
        termios[LOCAL..LOCAL + 4].fill(0);
        terminal.set_termios(termios);
        assert_eq!(terminal.input(b"a\x03").echo, b"");
        assert_eq!(read(&mut terminal), b"a\x03");
    }

    #[test]
    fn printed_lines_return_the_carriage() {
        let mut printed: Vec<u8> = Vec::new();
        Terminal::new().output(b"a\nb", &mut |bytes| printed.extend(bytes));
        assert_eq!(printed, b"a\r\nb");
    }
}
