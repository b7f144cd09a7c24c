//! What is known of a client.

use alloc::collections::VecDeque;

use libsys::Badge;
use libsys::ring::Bell;
use libsys::server::{Asked, Responder};
use libsys::service::terminal::interface::Read;

use crate::inbox::Inbox;
use crate::multiplexer::Party;
use crate::text::Text;

/// A client: what it prints, and what is typed for it.
#[derive(Debug)]
pub(crate) struct Client<'n, R: Responder, B> {
    pub(crate) badge: Badge,
    pub(crate) name: &'n str,
    pub(crate) may_configure: bool,
    /// Whether its line feeds go out as they are.
    pub(crate) raw: bool,
    /// Its threads that print, in the order of their calls. As many at most as the driver has
    /// reply objects.
    pub(crate) texts: VecDeque<Text<R>>,
    /// Its thread that waits for input.
    pub(crate) reader: Option<Asked<Read, R>>,
    pub(crate) inbox: Inbox,
    bell: Option<B>,
    /// Whether it has been told of what is in the inbox.
    told: bool,
}

impl<'n, R: Responder, B: Bell> Client<'n, R, B> {
    pub(crate) fn new(party: Party<'n, B>) -> Self {
        let Party { badge, name, bell, may_configure } = party;
        let (texts, reader, inbox) = (VecDeque::new(), None, Inbox::default());
        Self { badge, name, may_configure, raw: false, texts, reader, inbox, bell, told: false }
    }

    /// Hands out what was typed, or says that there is something.
    pub(crate) fn hand_out(&mut self) {
        if self.inbox.is_empty() {
            return;
        }
        if let Some(reader) = self.reader.take() {
            reader.answer(Ok(self.inbox.take()));
            return;
        }
        if !self.told
            && let Some(bell) = &self.bell
        {
            bell.ring();
        }
        self.told = true;
    }

    /// A call wants what was typed. `may_wait`: one more caller may be kept. Of two that wait, the
    /// later one stays: the earlier may be of an instance of the client that is dead.
    pub(crate) fn read(&mut self, asked: Asked<Read, R>, may_wait: bool) {
        use libsys::service::terminal::Refusal;
        if !asked.waits || !self.inbox.is_empty() {
            let input = self.inbox.take();
            // From an empty inbox on, the next byte is news.
            self.told &= !self.inbox.is_empty();
            asked.answer(Ok(input));
        } else if self.reader.is_some() || may_wait {
            self.told = false;
            if let Some(earlier) = self.reader.replace(asked) {
                earlier.answer(Err(Refusal::Busy));
            }
        } else {
            asked.answer(Err(Refusal::Busy));
        }
    }
}
