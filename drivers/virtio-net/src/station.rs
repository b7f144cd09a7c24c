//! Who the clients are: the driver's words.

use libsys::service::packet::{Address, Grant};

/// A word that says nothing about a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WordError<'a>(pub &'a str);

/// What a word says about a client.
///
/// ```
/// use libsys::service::packet::Grant;
/// use virtio_net::Station;
///
/// let probe = Station::parse("probe=52:54:00:00:00:03,everything").expect("a client");
/// assert_eq!((probe.name, probe.grant), ("probe", Grant::Everything));
/// assert_eq!(Station::parse("alice").map(|alice| alice.address), Ok(None));
/// assert!(Station::parse("bob=somewhere").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Station<'a> {
    /// What the driver calls it.
    pub name: &'a str,
    /// Its address; `None`: the card's own.
    pub address: Option<Address>,
    /// What it may do.
    pub grant: Grant,
}

impl<'a> Station<'a> {
    /// Reads a word.
    ///
    /// # Errors
    /// It is none that the crate's documentation describes.
    pub fn parse(word: &'a str) -> Result<Self, WordError<'a>> {
        let (name, details) = word.split_once('=').unwrap_or((word, ""));
        let mut station = Self { name, address: None, grant: Grant::Own };
        for detail in details.split(',').filter(|detail| !detail.is_empty()) {
            match detail.parse::<Address>() {
                Ok(address) if !address.is_group() => station.address = Some(address),
                Err(()) if detail == "everything" => station.grant = Grant::Everything,
                _ => return Err(WordError(word)),
            }
        }
        if name.is_empty() { Err(WordError(word)) } else { Ok(station) }
    }
}
