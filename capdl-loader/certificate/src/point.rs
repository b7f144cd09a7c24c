//! What things get to.

/// An object, a device, or something that there is once in a machine. Objects have two points:
/// the endpoint's side of its clients and that of its servers; of other objects, what can be
/// changed, and what can be observed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point(pub u32);

impl Point {
    /// As an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What there is once in a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    /// All memory, as devices write it.
    MemoryIn,
    /// All memory, as devices read it.
    MemoryOut,
    /// The firmware behind secure monitor calls.
    Firmware,
    /// Control of all interrupts.
    IrqControl,
    /// All interrupts, as the control of them can take them.
    Interrupts,
    /// Control of all ASID pools.
    AsidControl,
    /// Control of all time.
    SchedControl,
    /// Control of all domains.
    DomainControl,
    /// Whether the machine runs.
    Power,
}

impl Machine {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::MemoryIn,
        Self::MemoryOut,
        Self::Firmware,
        Self::IrqControl,
        Self::Interrupts,
        Self::AsidControl,
        Self::SchedControl,
        Self::DomainControl,
        Self::Power,
    ];
}

/// How the points of a system are numbered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Points {
    /// Objects: at most 2^30.
    pub objects: u32,
    /// Regions, some of which are devices: at most 2^30.
    pub regions: u32,
}

impl Points {
    /// An object: what can be changed; the clients' side of an endpoint.
    #[must_use]
    pub const fn object(self, object: u32) -> Point {
        Point(2 * object)
    }

    /// An object: what can be observed; the servers' side of an endpoint; what the holder of a
    /// CNode may hand to those that it answers.
    #[must_use]
    pub const fn behind(self, object: u32) -> Point {
        Point(2 * object + 1)
    }

    /// A device.
    #[must_use]
    pub const fn device(self, region: u32) -> Point {
        Point(2 * (self.objects + region))
    }

    /// The access of a device to all memory.
    #[must_use]
    pub const fn dma(self, region: u32) -> Point {
        Point(2 * (self.objects + region) + 1)
    }

    /// What there is once.
    #[must_use]
    pub const fn machine(self, what: Machine) -> Point {
        Point(2 * (self.objects + self.regions) + what as u32)
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        2 * (self.objects as usize + self.regions as usize) + Machine::ALL.len()
    }

    /// The words that a [`Set`] of all points has.
    #[must_use]
    pub const fn words(self) -> usize {
        self.count().div_ceil(64)
    }
}

/// A set of points: a bit each.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a>(&'a [u64]);

impl<'a> Set<'a> {
    /// No point.
    pub const EMPTY: Self = Self(&[]);

    /// The points whose bits are set, from the lowest bit of the first word.
    #[must_use]
    pub const fn new(words: &'a [u64]) -> Self {
        Self(words)
    }

    /// Whether a point is in it.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        self.0.get(point.index() / 64).is_some_and(|word| word >> (point.index() % 64) & 1 != 0)
    }
}
