//! What was typed for a client and not read yet.

use heapless::Deque;
use libsys::server::Bytes;
use libsys::service::terminal::{CHUNK, Input};

/// Bytes that are kept for a client that does not read.
pub const INBOX: usize = 256;

/// Typed bytes, and how many were lost before the next one that is kept.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Deque<u8, INBOX>,
    lost: u64,
}

impl Inbox {
    /// Keeps a byte; `false`: it is lost, since there is no room.
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        let kept = self.bytes.push_back(byte).is_ok();
        self.lost += u64::from(!kept);
        kept
    }

    /// Something for this client is lost.
    pub(crate) fn lose(&mut self) {
        self.lost += 1;
    }

    /// Whether there is nothing to be told.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.lost == 0
    }

    /// The first bytes, and what was lost.
    pub(crate) fn take(&mut self) -> Input {
        let mut bytes = heapless::Vec::<u8, CHUNK>::new();
        while !bytes.is_full()
            && let Some(byte) = self.bytes.pop_front()
        {
            // There is room.
            let _ = bytes.push(byte);
        }
        Input {
            bytes: Bytes::new(&bytes).unwrap_or_default(),
            lost: core::mem::take(&mut self.lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_told() {
        let mut inbox = Inbox::default();
        let kept = (0..INBOX + 3).filter(|number| inbox.push(*number as u8)).count();
        assert_eq!(kept, INBOX);
        let first = inbox.take();
        assert_eq!((first.bytes.len(), first.bytes[5], first.lost), (CHUNK, 5, 3));
        assert_eq!((inbox.take().lost, inbox.take().bytes.len()), (0, INBOX - 2 * CHUNK));
        assert!(inbox.is_empty() && inbox.take().is_empty());
    }
}
