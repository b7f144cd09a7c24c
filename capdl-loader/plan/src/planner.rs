//! Who gets which memory.

use alloc::vec::Vec;

use abi::ObjectType;
use abi::bootinfo::UntypedDescriptor;
use abi::object::UNTYPED_BITS;

use crate::run::Run;
use crate::source::{Source, SourceId, Use};

/// What has to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Objects are made side by side. A retype makes at most 256 of them, so that it can take
    /// several.
    Make {
        /// Of what.
        source: SourceId,
        /// Which objects.
        run: Run,
        /// Where the first one lies.
        address: u64,
    },
    /// Untyped memory is made that only keeps what follows from beginning earlier. In RAM, other
    /// objects may be made of it.
    Skip {
        /// Of what.
        source: SourceId,
        /// `log2` of its bytes.
        bits: u32,
        /// Where it lies.
        address: u64,
        /// What it is called in later steps.
        becomes: SourceId,
    },
}

/// Why something cannot be placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is too little memory.
    Full {
        /// `log2` of the bytes of each object.
        bits: u32,
        /// How many objects found no place.
        missing: u64,
    },
    /// There is no untyped memory at this address, or not enough.
    Nowhere {
        /// The address.
        address: u64,
    },
    /// The memory at this address is something else already.
    Taken {
        /// The address.
        address: u64,
    },
    /// The address is no multiple of the object's size.
    Misaligned {
        /// The address.
        address: u64,
    },
    /// Device memory can only become frames and untyped memory.
    NotOfDevice {
        /// The address.
        address: u64,
    },
}

/// Memory in one piece that is kept for objects with addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// Where it is from.
    pub source: SourceId,
    /// Its first byte.
    pub address: u64,
}

/// All memory, and who has it.
#[derive(Clone, Debug)]
pub struct Planner {
    sources: Vec<Source>,
    /// Free bytes of the sources that everybody may use and that are not empty, ascending. There
    /// are as many as pieces of RAM: too few to be worth the code of a tree.
    free: Vec<(u64, SourceId)>,
    /// Where the last object with an address was found: the next is often there, too.
    last: SourceId,
}

impl Planner {
    /// All of a machine's untyped memory, in the order of the boot information.
    #[must_use]
    pub fn new(memory: &[UntypedDescriptor]) -> Self {
        let (sources, free) = (Vec::with_capacity(memory.len()), Vec::new());
        let mut planner = Self { sources, free, last: SourceId(0) };
        for piece in memory {
            planner.add(Source::of(piece));
        }
        planner
    }

    /// Takes memory for a run of objects, and says how in steps: of `inside`, or of memory that
    /// everybody may use.
    ///
    /// # Errors
    /// [`Refusal::Full`]; steps that were said before then make the objects that do fit.
    pub fn place(
        &mut self,
        run: Run,
        inside: Option<SourceId>,
        step: &mut dyn FnMut(Step),
    ) -> Result<(), Refusal> {
        let bits = run.bits();
        let mut missing = run.count;
        if bits > *UNTYPED_BITS.end() {
            return Err(Refusal::Full { bits, missing });
        }
        while missing > 0 {
            let source = match inside {
                Some(source) => Some(source).filter(|source| self.room(*source, bits) > 0),
                None => self.choose(bits, missing),
            };
            let source = source.ok_or(Refusal::Full { bits, missing })?;
            let count = missing.min(self.room(source, bits));
            let address = self.sources[source.index()].next.next_multiple_of(1 << bits);
            self.take(source, address + (count << bits));
            step(Step::Make { source, run: Run { count, ..run }, address });
            missing -= count;
        }
        Ok(())
    }

    /// Takes memory for one object at an address, of `inside` or of any memory there, and says
    /// how in steps. Ascending addresses make the fewest steps.
    ///
    /// # Errors
    /// All but [`Refusal::Full`]; nothing has changed then.
    pub fn place_at(
        &mut self,
        object: Run,
        address: u64,
        inside: Option<SourceId>,
        step: &mut dyn FnMut(Step),
    ) -> Result<(), Refusal> {
        let bits = object.bits();
        if bits > *UNTYPED_BITS.end() {
            return Err(Refusal::Nowhere { address });
        }
        if !address.is_multiple_of(1 << bits) {
            return Err(Refusal::Misaligned { address });
        }
        let source = self.find(address, 1 << bits, inside)?;
        let is_device = self.sources[source.index()].use_by == Use::Device;
        if is_device && !object.object.allowed_on_device() {
            return Err(Refusal::NotOfDevice { address });
        }
        self.skip_to(source, address, step);
        self.take(source, address + (1 << bits));
        step(Step::Make { source, run: Run { count: 1, ..object }, address });
        self.last = source;
        Ok(())
    }

    /// Finds memory in one piece for objects that keep fixed distances. Each is then placed by
    /// [`Self::place_at`], inside of the source, by ascending addresses, before anything else is
    /// placed.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn reserve(
        &self,
        bytes: u64,
        alignment_bits: u32,
        inside: Option<SourceId>,
    ) -> Result<Reservation, Refusal> {
        let at = |source: SourceId| {
            let memory = self.sources[source.index()];
            let address = memory.next.checked_next_multiple_of(1 << alignment_bits)?;
            memory.has(address, bytes).then_some(Reservation { source, address })
        };
        let found = match inside {
            Some(source) => at(source),
            None => {
                let mut large = self.with_room(bytes).iter();
                large.find_map(|(_, source)| at(*source))
            }
        };
        let bits = u64::BITS - bytes.saturating_sub(1).leading_zeros();
        found.ok_or(Refusal::Full { bits: bits.max(alignment_bits), missing: 1 })
    }

    /// Makes untyped memory that was placed a source of what names it.
    pub fn open(&mut self, address: u64, bits: u32) -> SourceId {
        self.add(Source::new(address, bits, Use::Named))
    }

    /// Bytes that nobody has in memory that everybody may use, for each `log2` of the size of the
    /// pieces that could still be made of them.
    #[must_use]
    pub fn free_by_size(&self) -> [u64; 48] {
        let mut pieces = [0; 48];
        for (_, source) in &self.free {
            let memory = &self.sources[source.index()];
            for (_, bits) in Pieces::between(memory.next, memory.end) {
                pieces[bits as usize] += 1 << bits;
            }
        }
        pieces
    }

    /// The number of sources so far.
    #[must_use]
    pub fn source_count(&self) -> usize {
        self.sources.len()
    }

    fn add(&mut self, source: Source) -> SourceId {
        // Steps are far fewer than 2^32.
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        if source.use_by == Use::Everybody {
            self.list((source.free(), id));
        }
        self.sources.push(source);
        id
    }

    /// Lists a source with so many free bytes at its place.
    fn list(&mut self, entry: (u64, SourceId)) {
        let place = self.free.partition_point(|other| *other < entry);
        self.free.insert(place, entry);
    }

    /// Those that have so many free bytes, ascending.
    fn with_room(&self, bytes: u64) -> &[(u64, SourceId)] {
        let first = self.free.partition_point(|(free, _)| *free < bytes);
        self.free.get(first..).unwrap_or_default()
    }

    /// How many objects of a size fit into a source.
    fn room(&self, source: SourceId, bits: u32) -> u64 {
        // A source ends at a multiple of all sizes that fit, so that alignment costs none.
        self.sources[source.index()].free() >> bits
    }

    /// The smallest source that has room for all, or else the one with the most room.
    fn choose(&self, bits: u32, count: u64) -> Option<SourceId> {
        let all = count.checked_shl(bits).filter(|all| all >> bits == count);
        let enough = all.and_then(|all| self.with_room(all).first());
        let (free, source) = enough.or_else(|| self.free.last())?;
        (*free >= 1 << bits).then_some(*source)
    }

    fn find(
        &self,
        address: u64,
        bytes: u64,
        inside: Option<SourceId>,
    ) -> Result<SourceId, Refusal> {
        let has = |id: SourceId| {
            let source = self.sources.get(id.index());
            let open = |source: &Source| inside.is_some() || source.use_by != Use::Named;
            source.is_some_and(|source| source.has(address, bytes) && open(source))
        };
        let mut all = (0..).map(SourceId).take(self.sources.len());
        let found = match inside {
            Some(source) => Some(source).filter(|source| has(*source)),
            None if has(self.last) => Some(self.last),
            None => all.find(|source| has(*source)),
        };
        let covers = |source: &Source| source.covers(address, bytes);
        found.ok_or_else(|| match inside {
            Some(id) if covers(&self.sources[id.index()]) => Refusal::Taken { address },
            None if self.sources.iter().any(covers) => Refusal::Taken { address },
            _ => Refusal::Nowhere { address },
        })
    }

    /// Hands out a source up to `end`.
    fn take(&mut self, source: SourceId, end: u64) {
        let memory = &mut self.sources[source.index()];
        let before = memory.free();
        memory.next = end;
        if memory.use_by == Use::Everybody {
            let after = memory.free();
            if let Ok(place) = self.free.binary_search(&(before, source)) {
                self.free.remove(place);
            }
            if after > 0 {
                self.list((after, source));
            }
        }
    }

    /// Makes untyped memory of all that a source has free before `address`.
    fn skip_to(&mut self, source: SourceId, address: u64, step: &mut dyn FnMut(Step)) {
        let Source { next, use_by, .. } = self.sources[source.index()];
        for (start, bits) in Pieces::between(next, address) {
            let becomes = self.add(Source::new(start, bits, use_by));
            step(Step::Skip { source, bits, address: start, becomes });
        }
    }
}

/// Naturally aligned pieces of memory, as large as their places allow, upwards.
struct Pieces {
    next: u64,
    end: u64,
}

impl Pieces {
    /// Those of a range; fragments smaller than any untyped memory are lost.
    fn between(start: u64, end: u64) -> Self {
        let least = 1 << *UNTYPED_BITS.start();
        Self { next: start.next_multiple_of(least), end: end & !(least - 1) }
    }
}

impl Iterator for Pieces {
    type Item = (u64, u32);

    fn next(&mut self) -> Option<(u64, u32)> {
        let left = self.end.checked_sub(self.next)?.checked_ilog2()?;
        let bits = left.min(self.next.trailing_zeros()).min(*UNTYPED_BITS.end());
        let piece = (self.next, bits);
        self.next += 1 << bits;
        Some(piece)
    }
}

/// How a piece of memory is said to a retype.
impl Step {
    /// The objects that the step makes, the first one's address, and of what.
    #[must_use]
    pub const fn retype(&self) -> (SourceId, Run, u64) {
        match *self {
            Self::Make { source, run, address } => (source, run, address),
            Self::Skip { source, bits, address, .. } => {
                (source, Run::one(ObjectType::Untyped, bits), address)
            }
        }
    }
}
