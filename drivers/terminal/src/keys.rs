//! The escape key.

/// The escape key: Ctrl-T.
pub const ESCAPE: u8 = 0x14;

/// What typed bytes mean to the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    /// A byte for the client that has the focus.
    Byte(u8),
    /// The focus goes on to the next client.
    Next,
    /// The focus goes back to the one before.
    Previous,
    /// The focus goes to this client, counted from 0.
    Place(usize),
    /// Nothing, or nothing yet.
    Nothing,
}

/// Whether the last byte was the escape key.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keys {
    escaped: bool,
}

impl Keys {
    /// What the next byte means.
    pub(crate) fn typed(&mut self, byte: u8) -> Key {
        let escaped = core::mem::take(&mut self.escaped);
        self.escaped = byte == ESCAPE && !escaped;
        match byte {
            _ if !escaped && byte == ESCAPE => Key::Nothing,
            _ if !escaped => Key::Byte(byte),
            ESCAPE => Key::Byte(ESCAPE),
            b'n' => Key::Next,
            b'p' => Key::Previous,
            b'1'..=b'9' => Key::Place(usize::from(byte - b'1')),
            _ => Key::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn keys(typed: &[u8]) -> Vec<Key> {
        let mut keys = Keys::default();
        typed.iter().map(|byte| keys.typed(*byte)).filter(|key| *key != Key::Nothing).collect()
    }

    #[test]
    fn the_escape_key_means_what_follows() {
        assert_eq!(keys(b"a\x14nb"), [Key::Byte(b'a'), Key::Next, Key::Byte(b'b')]);
        assert_eq!(keys(b"\x14p\x149"), [Key::Previous, Key::Place(8)]);
        assert_eq!(keys(b"\x14xn"), [Key::Byte(b'n')], "what means nothing is eaten");
    }

    #[test]
    fn the_escape_key_twice_is_itself() {
        assert_eq!(keys(b"\x14\x14n"), [Key::Byte(ESCAPE), Key::Byte(b'n')]);
        assert_eq!(keys(b"\x14\x14\x14n"), [Key::Byte(ESCAPE), Key::Next]);
    }
}
