//! All that an image says about a system, and how that lies in its bytes.
//!
//! The part `system` of an image is: the numbers of rows and bytes of each kind, the number of
//! object runs, those runs, the rows of each kind. `debug` begins with the same for its kinds.

use core::marker::PhantomData;

use crate::damage::Damage;
use crate::number;
use crate::objects::{Objects, RUN_BYTES};
use crate::record::{
    Answered, Copies, CoreSignal, Derived, Dropped, Fill, Heartbeat, Interrupt, Memory, Pages,
    Passive, Pool, Quiesce, Recipe, Renewed, Resume, Slot, Spaces, Supervisor, Tables, Thread,
    Time, Told, Turn,
};
use crate::rows::{Row, Rows};

/// Rows of one kind, in place.
#[derive(Clone, Copy, Debug)]
pub struct Stream<'a, R> {
    bytes: &'a [u8],
    count: u64,
    kind: PhantomData<R>,
}

impl<'a, R: Row> Stream<'a, R> {
    /// Takes its lengths from the start of a table.
    pub(crate) fn measure(table: &mut &[u8]) -> Option<(u64, usize)> {
        let count = number::take(table)?;
        let bytes = usize::try_from(number::take(table)?).ok()?;
        Some((count, bytes))
    }

    /// Takes its bytes from the start of `bytes`.
    pub(crate) fn cut(bytes: &mut &'a [u8], (count, length): (u64, usize)) -> Option<Self> {
        let (own, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(Self { bytes: own, count, kind: PhantomData })
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Rows<'a, R> {
        Rows::new(self.bytes, self.count)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Kinds of rows that lie together: read in place, and as lists for the tool.
macro_rules! streams {
    ($($(#[$doc:meta])* $name:ident: $row:ident,)*) => {
        /// What there is to do, in the order of the work.
        #[derive(Clone, Copy, Debug)]
        pub struct Layout<'a> {
            /// The objects.
            pub objects: Objects<'a>,
            $($(#[$doc])* pub $name: Stream<'a, $row>,)*
        }

        impl<'a> Layout<'a> {
            /// Finds the streams in the bytes of a system with so many objects; their rows are not
            /// read yet.
            pub(crate) fn new(mut bytes: &'a [u8], objects: u32) -> Result<Self, Damage> {
                let short = Damage::of("system", "too short");
                $(let $name = Stream::<$row>::measure(&mut bytes).ok_or(short)?;)*
                let runs = number::take(&mut bytes).ok_or(short)?;
                let runs = usize::try_from(runs).ok();
                let length = runs.and_then(|runs| runs.checked_mul(RUN_BYTES));
                let (runs, rest) = bytes.split_at_checked(length.ok_or(short)?).ok_or(short)?;
                bytes = rest;
                let objects = Objects::new(runs, objects)?;
                $(let $name = Stream::cut(&mut bytes, $name).ok_or(short)?;)*
                if !bytes.is_empty() {
                    return Err(Damage::of("system", "bytes behind the end"));
                }
                Ok(Self { objects, $($name,)* })
            }
        }

        /// A system for the writer.
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct System {
            /// The objects.
            pub objects: alloc::vec::Vec<crate::objects::ObjectRun>,
            $($(#[$doc])* pub $name: alloc::vec::Vec<$row>,)*
        }

        impl System {
            /// As the bytes of a system.
            pub(crate) fn to_bytes(&self) -> alloc::vec::Vec<u8> {
                use crate::number::put::number;
                let (mut table, mut rows) = (alloc::vec::Vec::new(), alloc::vec::Vec::new());
                $({
                    let start = rows.len();
                    crate::rows::put::rows(&mut rows, &self.$name);
                    number(&mut table, self.$name.len() as u64);
                    number(&mut table, (rows.len() - start) as u64);
                })*
                number(&mut table, self.objects.len() as u64);
                table.extend(self.objects.iter().flat_map(|run| run.to_bytes()));
                table.extend(rows);
                table
            }
        }
    };
}

streams! {
    /// The memory that the system was planned for; empty if for none in particular.
    memory: Memory,
    /// ASID pools.
    pools: Pool,
    /// Who gets names from which pool.
    spaces: Spaces,
    /// Copies for the loader itself.
    copies: Copies,
    /// Interrupts.
    interrupts: Interrupt,
    /// Interrupts by software.
    core_signals: CoreSignal,
    /// Contents of frames.
    fills: Fill,
    /// Translation tables.
    tables: Tables,
    /// Frames in address spaces.
    pages: Pages,
    /// Time.
    times: Time,
    /// Threads.
    threads: Thread,
    /// Capabilities of the system.
    slots: Slot,
    /// Those that are made from others.
    derived: Derived,
    /// Turns of domains.
    turns: Turn,
    /// Who runs.
    resumes: Resume,
    /// What nobody keeps.
    dropped: Dropped,
    /// How components are started again.
    recipes: Recipe,
    /// Their memory.
    renewed: Renewed,
    /// Who waits for them.
    answered: Answered,
    /// Who is told.
    told: Told,
    /// Where the loader hears of failures: at most one row.
    supervisor: Supervisor,
    /// Who gives signs of life.
    heartbeats: Heartbeat,
    /// Who has no time of its own.
    passive: Passive,
    /// What is silenced.
    quiesce: Quiesce,
}
