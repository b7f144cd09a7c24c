//! Packets of a network card, for several clients by address.
//!
//! The driver is a small switch: a packet goes to the client that has its destination's address,
//! one to a group of stations goes to all that [want](Wants) it, and what is for nobody here goes
//! out through the card. A client sends with its own address only, unless the driver's arguments
//! say otherwise. Packets can be lost, as on any wire; none comes twice.
//!
//! The memory that a client and the driver share has two rings, one in each half: first what the
//! client sends, then what it receives. A slot of [`SLOT_BYTES`] has a whole packet:
//!
//! | bytes | what |
//! |---|---|
//! | 0–1 | bytes of the packet |
//! | 2 | [`Checksum`]: 0 unknown, 1 verified, 2 unfinished |
//! | 4–5, 6–7 | of an unfinished checksum: where the sum begins, and where from there it belongs |
//! | 8– | the packet, from its destination on, without the frame check sequence |
//!
//! Packets are copied, not lent: what the switch has checked must not change any more, and nobody
//! is to see the packets of others.
//!
//! A client whose ring is full waits ([`Link::wait_room`]); packets for a client whose ring is full
//! are dropped and [counted](Statistics), so that no client waits for another.
//!
//! | module | what |
//! |---|---|
//! | `address` | addresses of stations |
//! | `frame` | packets in slots |
//! | `sum` | checksums that somebody else finishes |
//! | `link` | the client's half |
//! | `port` | the driver's half, for one client |
//! | `switch` | the driver's half, for all |

mod address;
mod frame;
mod link;
mod port;
mod sum;
mod switch;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use frame::{Checksum, Frame, HEADER_BYTES, MOST_BYTES, SLOT_BYTES};
pub use link::{Control, Link, LinkError};
pub use port::{Port, Rejected};
pub use sum::finish;
pub use switch::{Card, Grant, Switch};

crate::data! {
    /// Why the driver refuses.
    ///
    /// ```
    /// use libsys::service::packet::Refusal;
    ///
    /// /// Whether a new session helps.
    /// fn is_over(refusal: Refusal) -> bool {
    ///     refusal == Refusal::Session
    /// }
    /// assert!(is_over(Refusal::Session) && !is_over(Refusal::Stranger));
    /// ```
    pub enum Refusal {
        /// It has no address for this client.
        Stranger = 1,
        /// The session has ended, or belongs to an earlier instance: open another.
        Session = 2,
        /// The driver's arguments do not let this client see everything.
        Everything = 3,
        /// The memory that both share is too small for rings.
        Memory = 4,
    }
}

crate::data! {
    /// The begin of a session.
    ///
    /// ```
    /// use libsys::service::packet::{Address, Opened};
    ///
    /// let address = Address([2, 0, 0, 0, 0, 1]);
    /// let opened = Opened { session: 7, address, is_connected: true };
    /// assert!(!opened.address.is_group());
    /// ```
    pub struct Opened {
        /// Its number, for other calls.
        pub session: u64,
        /// The client's address.
        pub address: Address,
        /// Whether the card has a connection.
        pub is_connected: bool,
    }
}

crate::data! {
    /// Which packets a client wants besides those for its own address.
    ///
    /// ```
    /// use libsys::service::packet::Wants;
    ///
    /// let only_its_own = Wants::default();
    /// assert!(!only_its_own.broadcast && !only_its_own.groups && !only_its_own.everything);
    /// ```
    #[derive(Default)]
    pub struct Wants {
        /// Those for all stations.
        pub broadcast: bool,
        /// Those for any group of stations.
        pub groups: bool,
        /// All that pass the switch. Only for whom the driver's arguments allow it.
        pub everything: bool,
    }
}

crate::data! {
    /// What became of the packets of a session.
    ///
    /// ```
    /// use libsys::service::packet::Statistics;
    ///
    /// let counts = Statistics { received: 90, dropped: 10, ..Statistics::default() };
    /// assert_eq!(counts.received + counts.dropped, 100, "all that were for it");
    /// ```
    #[derive(Default)]
    pub struct Statistics {
        /// Taken from the client, and passed on.
        pub sent: u64,
        /// Given to the client.
        pub received: u64,
        /// Meant for the client, and dropped: its ring was full.
        pub dropped: u64,
        /// Taken from the client, and dropped: not a packet, or with another's source address.
        pub refused: u64,
    }
}

crate::interface! {
    /// What a client asks of the driver of a network card.
    pub mod control {
        type Error = Refusal;

        /// Begins a session: the last one of this client ends. The client has made its words of
        /// both rings zero; the driver has done so with its own when it answers. Both sides then
        /// begin with empty rings, and the client wants broadcasts and groups.
        Open = 0xd0: fn open() -> Opened;
        /// Chooses which packets come besides those for the client's own address.
        Listen = 0xd1: fn listen(session: u64, wants: Wants);
        /// What became of the session's packets. Also a sign of life of both sides.
        Count = 0xd2: fn count(session: u64) -> Statistics;
    }
}
