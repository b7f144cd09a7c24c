//! Requests and completions as words.

crate::data! {
    /// What is done with sectors.
    ///
    /// ```
    /// use libsys::service::block::Verb;
    ///
    /// assert_eq!(Verb::try_from(2), Ok(Verb::Write));
    /// ```
    pub enum Verb {
        /// The device's bytes come into memory.
        Read = 1,
        /// Bytes of memory go to the device.
        Write = 2,
        /// What was acknowledged before reaches what outlives a loss of power. Of no sectors.
        Flush = 3,
        /// Nobody wants these sectors' bytes any more: they may become anything.
        Discard = 4,
    }
}

crate::data! {
    /// What became of a request.
    ///
    /// ```
    /// use libsys::service::block::Outcome;
    ///
    /// /// Whether it makes sense to ask again.
    /// fn may_help(outcome: Outcome) -> bool {
    ///     outcome == Outcome::Device
    /// }
    /// assert!(!may_help(Outcome::Outside));
    /// ```
    pub enum Outcome {
        /// It is done.
        Done = 0,
        /// It is no request.
        Malformed = 1,
        /// A part is outside of the client's range, of the shared memory, or too long.
        Outside = 2,
        /// The range, or the disk, cannot be written.
        ReadOnly = 3,
        /// The device does not do such things.
        Unsupported = 4,
        /// The device failed.
        Device = 5,
    }
}

/// Words of a request.
pub(super) const WORDS: usize = 4;

/// A request.
///
/// ```
/// use libsys::service::block::{Request, Verb};
///
/// let request = Request { verb: Verb::Read, sector: 9, count: 2, at: 4096 };
/// assert_eq!(Request::decode(request.encode(7)), (7, Ok(request)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// What is to be done.
    pub verb: Verb,
    /// First sector, from the start of the client's range.
    pub sector: u64,
    /// How many.
    pub count: u64,
    /// Where their bytes are, from the start of the shared memory.
    pub at: u64,
}

/// These words are no request.
///
/// ```
/// use libsys::service::block::{Malformed, Request};
///
/// assert_eq!(Request::decode([5, 0, 0, 0]), (5, Err(Malformed)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

impl Request {
    /// A flush.
    pub const FLUSH: Self = Self { verb: Verb::Flush, sector: 0, count: 0, at: 0 };

    /// As words, with this tag.
    #[must_use]
    pub const fn encode(self, tag: u32) -> [u64; WORDS] {
        [(self.verb as u64) << 32 | tag as u64, self.sector, self.count, self.at]
    }

    /// From words: the tag, and the request if it is one.
    ///
    /// # Errors
    /// [`Malformed`], as the second value.
    pub fn decode(words: [u64; WORDS]) -> (u32, Result<Self, Malformed>) {
        let [first, sector, count, at] = words;
        let verb = Verb::try_from(first >> 32).map_err(|_| Malformed);
        (first as u32, verb.map(|verb| Self { verb, sector, count, at }))
    }
}

impl Outcome {
    /// As a completion of the request with this tag.
    #[must_use]
    pub const fn encode(self, tag: u32) -> u64 {
        (self as u64) << 32 | tag as u64
    }

    /// From a completion: the tag, and the outcome if it is one.
    #[must_use]
    pub fn decode(word: u64) -> (u32, Option<Self>) {
        (word as u32, Self::try_from(word >> 32).ok())
    }
}
