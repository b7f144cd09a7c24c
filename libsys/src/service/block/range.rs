//! Who has which part of the disk.

use alloc::vec::Vec;

use super::{Geometry, Outcome, Request, Verb};

/// A part of a disk.
///
/// ```
/// use libsys::service::block::Range;
///
/// let (client, range) = Range::parse("fs=2048+65536").expect("a range");
/// assert_eq!((client, range.first, range.sectors), ("fs", 2048, 65536));
/// let (_, range) = Range::parse("log=0+8:ro:shared").expect("a range");
/// assert!(range.is_read_only && range.is_shared);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// Its first sector.
    pub first: u64,
    /// How many.
    pub sectors: u64,
    /// Whether it cannot be written.
    pub is_read_only: bool,
    /// Whether others may have some of its sectors, too.
    pub is_shared: bool,
}

/// What is wrong with the ranges of a disk.
///
/// ```
/// use libsys::service::block::RangeError;
///
/// assert_eq!(RangeError::Overlap.to_string(), "two ranges overlap, and one is not `shared`");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeError {
    /// An argument is not like `NAME=FIRST+SECTORS`, perhaps with `:ro` and `:shared`.
    Malformed,
    /// A range ends behind the disk, or is empty.
    Outside,
    /// Two ranges overlap, and one of them is not shared.
    Overlap,
    /// Several clients, and one of them without a range.
    Missing,
}

impl core::fmt::Display for RangeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a range is written `NAME=FIRST+SECTORS`, then `:ro`, `:shared`",
            Self::Outside => "a range is empty, or ends behind the disk",
            Self::Overlap => "two ranges overlap, and one is not `shared`",
            Self::Missing => "a client has no range, and is not the only one",
        })
    }
}

impl core::error::Error for RangeError {}

impl Range {
    /// All of a disk.
    #[must_use]
    pub const fn whole(geometry: Geometry) -> Self {
        let Geometry { sectors, is_read_only, .. } = geometry;
        Self { first: 0, sectors, is_read_only, is_shared: false }
    }

    /// A range as an argument of the driver has it, with the client's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<(&str, Self)> {
        let (name, rest) = text.split_once('=')?;
        let mut words = rest.split(':');
        let (first, sectors) = words.next()?.split_once('+')?;
        let (first, sectors) = (first.parse().ok()?, sectors.parse().ok()?);
        let mut range = Self { first, sectors, is_read_only: false, is_shared: false };
        for word in words {
            match word {
                "ro" => range.is_read_only = true,
                "shared" => range.is_shared = true,
                _ => return None,
            }
        }
        Some((name, range))
    }

    /// What it looks like to its client.
    #[must_use]
    pub const fn geometry(self, disk: Geometry) -> Geometry {
        let is_read_only = self.is_read_only || disk.is_read_only;
        Geometry { sectors: self.sectors, is_read_only, ..disk }
    }

    /// The sector of the disk at which a request begins.
    ///
    /// # Errors
    /// Why it must not reach the disk.
    pub fn place(self, request: &Request, disk: Geometry) -> Result<u64, Outcome> {
        let geometry = self.geometry(disk);
        let needs_writing = matches!(request.verb, Verb::Write | Verb::Discard);
        if needs_writing && geometry.is_read_only {
            return Err(Outcome::ReadOnly);
        }
        if request.verb == Verb::Discard && !geometry.discards {
            return Err(Outcome::Unsupported);
        }
        if request.verb == Verb::Flush {
            return Ok(self.first);
        }
        let end = request.sector.checked_add(request.count);
        let fits = end.is_some_and(|end| end <= self.sectors);
        if !fits || request.count == 0 || request.count > u64::from(geometry.most) {
            return Err(Outcome::Outside);
        }
        Ok(self.first + request.sector)
    }

    fn overlaps(self, other: Self) -> bool {
        self.first < other.first + other.sectors && other.first < self.first + self.sectors
    }
}

/// The ranges of these clients, as a driver's arguments have them; a single client without one
/// has the whole disk.
///
/// ```
/// use libsys::service::block::{Geometry, RangeError, ranges};
///
/// let disk = Geometry { sectors: 100, most: 8, is_read_only: false, discards: false };
/// let both = ranges(&["a", "b"], ["a=0+60", "b=60+40"], disk)?;
/// assert_eq!((both[0].sectors, both[1].first), (60, 60));
/// let overlap = ranges(&["a", "b"], ["a=0+61", "b=60+40"], disk);
/// assert_eq!(overlap, Err(RangeError::Overlap));
/// assert_eq!(ranges(&["a"], [], disk)?[0].sectors, 100);
/// # Ok::<(), RangeError>(())
/// ```
///
/// # Errors
/// What is wrong with them.
pub fn ranges<'a>(
    clients: &[&str],
    arguments: impl IntoIterator<Item = &'a str>,
    disk: Geometry,
) -> Result<Vec<Range>, RangeError> {
    let mut found: Vec<(&str, Range)> = Vec::new();
    for argument in arguments {
        let (name, range) = Range::parse(argument).ok_or(RangeError::Malformed)?;
        let end = range.first.checked_add(range.sectors);
        if range.sectors == 0 || end.is_none_or(|end| end > disk.sectors) {
            return Err(RangeError::Outside);
        }
        let overlaps = |(_, other): &(&str, Range)| {
            range.overlaps(*other) && !(range.is_shared && other.is_shared)
        };
        if found.iter().any(overlaps) {
            return Err(RangeError::Overlap);
        }
        found.push((name, range));
    }
    if let ([client], true) = (clients, found.is_empty()) {
        found.push((client, Range::whole(disk)));
    }
    let of_client = |client: &&str| {
        let range = found.iter().find(|(name, _)| name == client);
        range.map(|(_, range)| *range).ok_or(RangeError::Missing)
    };
    clients.iter().map(of_client).collect()
}
