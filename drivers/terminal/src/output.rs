//! Whose turn it is to print.

use heapless::Deque;

/// Bytes after which a line is broken if others wait.
pub const LONGEST_LINE: usize = 1024;

/// Room for what the terminal says itself.
const OWN: usize = 128;

/// Where the cursor is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cursor {
    /// At the beginning of a line.
    Start,
    /// In the line of a client, behind so many bytes.
    Inside {
        /// The client's place.
        client: usize,
        /// Bytes of the line.
        length: usize,
    },
}

/// How long others wait for the end of a line that nobody goes on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Patience {
    /// Not at all.
    None,
    /// Until a pause is over that has not begun.
    Calm,
    /// Until the pause is over that has begun during the line of this number.
    Waiting(u64),
    /// The line of this number has been waited for.
    Over(u64),
}

/// The state of the output.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) cursor: Cursor,
    /// The client that is asked first at the beginning of a line.
    pub(crate) turn: usize,
    pub(crate) patience: Patience,
    /// What the terminal itself says next.
    pub(crate) own: Deque<u8, OWN>,
    /// Lines begun so far.
    lines: u64,
}

impl Output {
    pub(crate) const fn new(patient: bool) -> Self {
        let patience = if patient { Patience::Calm } else { Patience::None };
        Self { cursor: Cursor::Start, turn: 0, patience, own: Deque::new(), lines: 0 }
    }

    /// A client has printed so many bytes, up to the end of its line or not.
    pub(crate) fn printed(&mut self, client: usize, count: usize, ends: bool) {
        if ends {
            (self.cursor, self.turn) = (Cursor::Start, client + 1);
            return;
        }
        self.cursor = match self.cursor {
            Cursor::Inside { length, .. } => Cursor::Inside { client, length: length + count },
            Cursor::Start if count == 0 => Cursor::Start,
            Cursor::Start => {
                self.lines += 1;
                Cursor::Inside { client, length: count }
            }
        };
    }

    /// Ends the line where the cursor is, if it is in one.
    pub(crate) fn break_line(&mut self) {
        if let Cursor::Inside { client, .. } = self.cursor {
            self.say("\r\n");
            (self.cursor, self.turn) = (Cursor::Start, client + 1);
        }
    }

    /// Adds to what the terminal says itself; what has no room is not said.
    pub(crate) fn say(&mut self, text: &str) {
        for byte in text.bytes() {
            let _ = self.own.push_back(byte);
        }
    }

    /// Somebody waits for the end of the line. Answers whether it has waited long enough; if not,
    /// a pause has to be taken from now on.
    pub(crate) fn is_over(&mut self) -> Over {
        match self.patience {
            Patience::None => Over::Yes,
            Patience::Over(line) if line == self.lines => Over::Yes,
            Patience::Waiting(line) if line == self.lines => Over::No,
            _ => {
                self.patience = Patience::Waiting(self.lines);
                Over::TakePause
            }
        }
    }

    /// The pause is over.
    pub(crate) fn pause_over(&mut self) {
        if let Patience::Waiting(line) = self.patience {
            self.patience = Patience::Over(line);
        }
    }
}

/// Whether a line was waited for long enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Over {
    /// It was.
    Yes,
    /// It was not.
    No,
    /// It was not, and the pause begins now.
    TakePause,
}
