//! Why the loader stops.

use core::fmt::{self, Display, Formatter};

use libsys::Error;
use packed::debug::Place;
use packed::placing::Misplaced;
use packed::record::Memory;
use packed::{Cell, Damage, Image};
use plan::Refusal;

/// Why the loader stops.
///
/// ```
/// use root_task::loader::Stop;
///
/// /// Whether another machine would do.
/// fn is_of_the_machine(stop: &Stop) -> bool {
///     matches!(stop, Stop::OtherMachine(_) | Stop::OtherMemory { .. })
/// }
/// assert!(is_of_the_machine(&Stop::OtherMemory { planned: None, found: None }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The image is damaged; nothing was made.
    Damaged(Damage),
    /// The machine is another one; nothing was made.
    OtherMachine(&'static str),
    /// The memory is not as planned, and the image wants nothing else; nothing was made.
    OtherMemory {
        /// The first piece that differs, as planned; none: no more was planned.
        planned: Option<Memory>,
        /// As found; none: there is no more.
        found: Option<Memory>,
    },
    /// The machine gave no device tree to fill this frame with; nothing was made.
    NoDeviceTree {
        /// The frame.
        cell: Cell,
    },
    /// The loader's CNode is too small.
    NoSlots {
        /// Slots that are needed, at least.
        needed: u64,
    },
    /// There is no memory for an object.
    NoMemory(Misplaced),
    /// The kernel refused something.
    Refused {
        /// What the loader was doing.
        doing: &'static str,
        /// With which object.
        cell: Cell,
        /// The kernel's reason.
        error: Error,
    },
    /// The kernel refused something with a slot.
    SlotRefused {
        /// The slot's row among those of the image.
        row: u64,
        /// The kernel's reason.
        error: Error,
    },
    /// What was made is not what was asked for.
    Differs {
        /// What differs.
        what: Difference,
        /// Of which object.
        cell: Cell,
    },
    /// A slot that should hold a capability is empty.
    SlotEmpty {
        /// The slot's row among those of the image.
        row: u64,
    },
}

/// What differs from the plan.
///
/// ```
/// use root_task::loader::stop::Difference;
///
/// let contents = Difference::Contents { at: 16 };
/// assert_eq!(contents.to_string(), "has other bytes than planned, from 0x10 on");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Difference {
    /// A frame lies elsewhere.
    Address {
        /// Where it should lie.
        planned: u64,
        /// Where it does.
        found: u64,
    },
    /// A slot holds what nobody put there: the first of those from here on.
    Occupied {
        /// The slots that should be empty begin here.
        from: u64,
        /// And end before this one.
        to: u64,
    },
    /// A register has another value.
    Register {
        /// Its place in the order of messages.
        index: usize,
        /// What it should have.
        planned: u64,
        /// What it has.
        found: u64,
    },
    /// Its bytes.
    Contents {
        /// The first byte of what was compared.
        at: u64,
    },
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address { planned, found } => {
                write!(f, "lies at {found:#x}, planned is {planned:#x}")
            }
            Self::Occupied { from, to } => {
                write!(f, "has a capability that nobody put there, in slots {from} to {}", to - 1)
            }
            Self::Register { index, planned, found } => {
                write!(f, "has {found:#x} in register {index}, planned is {planned:#x}")
            }
            Self::Contents { at } => write!(f, "has other bytes than planned, from {at:#x} on"),
        }
    }
}

impl Stop {
    /// The reason with the names and lines that an image has for it.
    #[must_use]
    pub const fn of<'a>(&'a self, image: &'a Image<'a>) -> Explained<'a> {
        Explained { stop: self, image }
    }
}

/// A reason with names and lines.
///
/// ```
/// use packed::Image;
/// use root_task::loader::Stop;
///
/// fn explain(stop: Stop, image: &Image<'_>) {
///     libsys::println!("{}", stop.of(image));
/// }
/// # let _ = explain;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    stop: &'a Stop,
    image: &'a Image<'a>,
}

impl Explained<'_> {
    fn place(&self, f: &mut Formatter<'_>, place: Option<Place<'_>>) -> fmt::Result {
        place.map_or(Ok(()), |place| write!(f, " ({}:{})", place.file, place.line))
    }

    /// An object by name and line, or by number.
    fn object(&self, f: &mut Formatter<'_>, cell: Cell) -> fmt::Result {
        match self.image.debug.name(cell) {
            Some(name) => write!(f, "`{name}`")?,
            None => write!(f, "cell {}", cell.0)?,
        }
        self.place(f, self.image.debug.object(cell))
    }

    /// A slot by its CNode, number and line.
    fn slot(&self, f: &mut Formatter<'_>, row: u64) -> fmt::Result {
        let index = usize::try_from(row).unwrap_or(usize::MAX);
        let slot = self.image.layout.slots.rows().nth(index);
        if let Some(slot) = slot {
            write!(f, "slot {} of ", slot.slot)?;
            match self.image.debug.name(slot.node) {
                Some(name) => write!(f, "`{name}`")?,
                None => write!(f, "cell {}", slot.node.0)?,
            }
        }
        self.place(f, self.image.debug.slot(row))
    }

    fn misplaced(
        &self,
        f: &mut Formatter<'_>,
        Misplaced { object, refusal }: Misplaced,
    ) -> fmt::Result {
        self.object(f, object)?;
        match refusal {
            Refusal::Full { bits, missing } => {
                write!(f, " and {} more: no memory for 2^{bits} bytes", missing.saturating_sub(1))
            }
            Refusal::Nowhere { address } => write!(f, ": there is no memory at {address:#x}"),
            Refusal::Taken { address } => write!(f, ": the memory at {address:#x} is in use"),
            Refusal::Misaligned { address } => write!(f, ": {address:#x} is not aligned"),
            Refusal::NotOfDevice { address } => write!(f, ": {address:#x} is a device"),
        }
    }
}

/// A piece of memory, or that there is none.
fn memory(f: &mut Formatter<'_>, piece: Option<Memory>) -> fmt::Result {
    let Some(Memory { address, bits, is_device }) = piece else { return f.write_str("nothing") };
    let device = if is_device { " of a device" } else { "" };
    write!(f, "2^{bits} bytes at {address:#x}{device}")
}

impl Display for Explained<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.stop {
            Stop::Damaged(damage) => write!(f, "the image is damaged: {damage}"),
            Stop::OtherMachine(reason) => write!(f, "the machine is another one: {reason}"),
            Stop::OtherMemory { planned, found } => {
                f.write_str("the memory is not as planned: ")?;
                memory(f, planned)?;
                f.write_str(" was planned, found is ")?;
                memory(f, found)
            }
            Stop::NoDeviceTree { cell } => {
                self.object(f, cell)?;
                f.write_str(": there is no device tree to fill it with")
            }
            Stop::NoSlots { needed } => write!(f, "{needed} slots are needed, and not there"),
            Stop::NoMemory(misplaced) => self.misplaced(f, misplaced),
            Stop::Refused { doing, cell, error } => {
                self.object(f, cell)?;
                write!(f, ": {doing} is refused: {error:?}")
            }
            Stop::SlotRefused { row, error } => {
                self.slot(f, row)?;
                write!(f, ": cannot be filled: {error:?}")
            }
            Stop::Differs { what, cell } => {
                self.object(f, cell)?;
                write!(f, " {what}")
            }
            Stop::SlotEmpty { row } => {
                self.slot(f, row)?;
                f.write_str(" is empty")
            }
        }
    }
}
