//! Lines that a person types. The driver of a terminal neither echoes nor edits: clients do.

use libsys::service::terminal::Terminal;

/// Bytes that a line may have.
const LONGEST: usize = 80;
/// What the key to delete a character sends.
const DELETE: u8 = 0x7f;

/// A line while it is being typed. What has no room is not echoed either.
#[derive(Debug)]
pub struct Line {
    bytes: [u8; LONGEST],
    length: usize,
    is_complete: bool,
}

impl Line {
    /// An empty line.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; LONGEST], length: 0, is_complete: false }
    }

    /// Whether its end was typed. What is typed from then on is for nobody.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// These bytes were typed.
    pub fn typed(&mut self, terminal: &Terminal, bytes: &[u8]) {
        for byte in bytes {
            let echo: &[u8] = match *byte {
                _ if self.is_complete => return,
                b'\r' | b'\n' => {
                    self.is_complete = true;
                    b"\n"
                }
                DELETE if self.length > 0 => {
                    self.length -= 1;
                    b"\x08 \x08"
                }
                b' '..DELETE if self.length < LONGEST => {
                    self.bytes[self.length] = *byte;
                    self.length += 1;
                    core::slice::from_ref(byte)
                }
                _ => continue,
            };
            // A terminal that is gone shows nothing.
            let _ = terminal.write_all(echo);
        }
    }

    /// The line, and begins another.
    pub fn take(&mut self) -> &str {
        let length = core::mem::take(&mut self.length);
        self.is_complete = false;
        core::str::from_utf8(&self.bytes[..length]).unwrap_or_default()
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}
