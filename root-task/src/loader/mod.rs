//! The loader: makes the system that an image describes, proves that it did, and lets it run.
//!
//! | module | what |
//! |---|---|
//! | [`stop`] | why it stops |
//! | [`machine`] | whether the machine is as the image expects |
//! | [`memory`] | objects are made, all in the order of the image |
//! | [`spaces`] | pools, names, tables, pages |
//! | [`fills`] | contents of frames, and their way past the caches |
//! | [`sight`] | frames that the loader sees, to fill and to compare them |
//! | [`threads`] | interrupts, time, threads, domains |
//! | [`slots`] | capabilities of the system |
//! | [`verify`] | what was made is read again and compared |
//! | [`supervisor`] | stays with the system, and starts components again |
//! | [`objects`] | what the loader makes for itself |
//! | [`console`] | the UART, once there are pages to map it |
//!
//! Nothing is made before the whole image was checked ([`packed::Image`]) and the machine was
//! found to be as the image expects. Rows are read where they lie; what grows with the system is
//! its own objects only.
//!
//! ```no_run
//! use libsys::modules;
//! use root_task::loader::{Depth, Loader};
//!
//! #[libsys::main]
//! fn program(boot: &'static libsys::BootInfo) {
//!     let Some(bytes) = modules::find("layout") else { return };
//!     let Ok(image) = packed::Image::new(bytes) else { return };
//!     let Ok(mut loader) = Loader::build(boot, image) else { return };
//!     if loader.verify(Depth::of(&image.header)).is_ok() {
//!         let _ = loader.let_run();
//!     }
//! }
//! # fn main() {}
//! ```

mod console;
mod fills;
mod machine;
mod memory;
mod objects;
mod sight;
mod slots;
mod spaces;
pub mod stop;
pub mod supervisor;
mod threads;
mod verify;

use alloc::vec::Vec;
use core::time::Duration;

use libsys::object::{Page, Untyped};
use libsys::window::Viewer;
use libsys::{BootInfo, Cap, Error, SlotPath, initial};
use packed::{Cell, Image};
use plan::Planner;
use sight::Kept;
use supervisor::Aids;

pub use stop::Stop;
pub use verify::Depth;

/// A system that is being made.
///
/// ```
/// use libsys::BootInfo;
/// use packed::Image;
/// use root_task::loader::{Loader, Stop};
///
/// fn run(boot: &'static BootInfo, image: Image<'static>) -> Result<(), Stop> {
///     Loader::build(boot, image)?.let_run()
/// }
/// # let _ = run;
/// ```
#[derive(Debug)]
pub struct Loader {
    boot: &'static BootInfo,
    image: Image<'static>,
    /// The slot of cell 0.
    base: u64,
    /// The first slot that nothing was put into.
    next_slot: u64,
    /// Who gets which memory.
    planner: Planner,
    /// The untyped memory that the planner speaks of, by its numbers.
    sources: Vec<Cap<Untyped>>,
    viewer: Viewer,
    /// A slot to try things in.
    scratch: u64,
    kept: Kept,
    /// The frames whose addresses components are told, ascending.
    told: Vec<Cell>,
    aids: Option<Aids>,
    /// How often another clock rings for who supervises.
    extra_period: Option<Duration>,
}

impl Loader {
    /// Makes everything; no thread runs yet.
    ///
    /// # Errors
    /// The first thing that is not possible.
    #[inline(never)]
    pub fn build(boot: &'static BootInfo, image: Image<'static>) -> Result<Self, Stop> {
        let mut loader = memory::create(boot, image)?;
        // Without one, what there is to say goes to the kernel's console.
        let _ = loader.open_console();
        loader.name_spaces()?;
        loader.copy()?;
        loader.issue_interrupts()?;
        loader.fill()?;
        loader.map()?;
        loader.give_time()?;
        loader.configure_threads()?;
        loader.put_capabilities()?;
        loader.schedule_domains()?;
        Ok(loader)
    }

    /// Lets another clock ring once in each such period, of 60 µs or more, from when the system
    /// runs: the supervisor then hands on signals with the bit [`supervisor::CLOCK`].
    pub const fn ring_every(&mut self, period: Duration) {
        self.extra_period = Some(period);
    }

    /// Gives up what nobody may have once the system runs, then lets its threads run.
    ///
    /// # Errors
    /// What the kernel refuses.
    #[inline(never)]
    pub fn let_run(&mut self) -> Result<(), Stop> {
        self.let_out_of_sight()?;
        self.aids = Aids::new(self)?;
        self.drop_capabilities()?;
        for run in self.image.layout.resumes.rows() {
            for cell in cells(run.first, run.count) {
                self.thread(cell).resume().map_err(self.refused("resuming", cell))?;
            }
        }
        // Until here all time is the loader's, so that the others wait for nothing.
        self.drop_time()
    }

    /// What is being made.
    #[must_use]
    pub const fn image(&self) -> &Image<'static> {
        &self.image
    }

    /// The capability in a cell.
    #[must_use]
    pub const fn cap<T>(&self, cell: Cell) -> Cap<T> {
        Cap::at(self.base + cell.0 as u64)
    }

    /// The capability in a cell, if one is named.
    fn optional<T>(&self, cell: Option<Cell>) -> Cap<T> {
        cell.map_or(Cap::NULL, |cell| self.cap(cell))
    }

    /// The slot of a cell.
    #[must_use]
    pub fn path(&self, cell: Cell) -> SlotPath {
        SlotPath::new(initial::CNODE, self.base + u64::from(cell.0))
    }

    /// What looks at pages.
    pub const fn viewer(&mut self) -> &mut Viewer {
        &mut self.viewer
    }

    /// A page as one of 4 KiB: what size it has only matters where it is mapped.
    const fn page(&self, cell: Cell) -> Cap<Page> {
        self.cap(cell)
    }

    /// A slot that nothing was put into.
    fn spare_slot(&mut self) -> Result<u64, Stop> {
        let slot = self.next_slot;
        if slot >= self.boot.empty.end {
            return Err(Stop::NoSlots { needed: slot + 1 - self.boot.empty.start });
        }
        self.next_slot += 1;
        Ok(slot)
    }

    /// What an error of the kernel means for a cell.
    fn refused(&self, doing: &'static str, cell: Cell) -> impl FnOnce(Error) -> Stop + use<> {
        move |error| Stop::Refused { doing, cell, error }
    }
}

/// So many cells.
fn cells(first: Cell, count: u32) -> impl Iterator<Item = Cell> {
    (first.0..first.0.saturating_add(count)).map(Cell)
}
