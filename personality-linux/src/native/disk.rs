//! The disk: a range that the driver gives this component.
//!
//! Each transfer is waited for, and meanwhile no program is served: the library of the file system
//! knows no other way. What is read ahead and written late makes that rare. The driver may be
//! started again at any time; what it was asked for is asked for again.

use alloc::boxed::Box;

use libsys::layout::Component;
use libsys::service::block::{self, DiskError, Request, Restarts, Verb, control};
use libsys::window::Window;
use linux::machine::{Disk, DiskFailed, SECTOR};

/// The name under which the layout gives it.
const DRIVER: &str = "blk";

/// The disk of the layout.
pub(crate) struct Blocks {
    disk: block::Disk<control::Client, &'static Window, &'static Restarts>,
    memory: &'static Window,
}

impl Blocks {
    /// Connects to the driver; none: the layout has no disk.
    ///
    /// # Errors
    /// The driver refuses.
    pub(crate) fn connect(component: &Component) -> Result<Option<Self>, DiskError> {
        let Ok((driver, memory, bell)) = Restarts::connect(component, DRIVER) else {
            return Ok(None);
        };
        // For good, as the server.
        let (memory, bell): (&'static _, &'static _) =
            (Box::leak(Box::new(memory)), Box::leak(Box::new(bell)));
        let disk = block::Disk::open(driver, memory, bell)?;
        Ok(Some(Self { disk, memory }))
    }

    /// Most bytes of a request.
    fn most(&self) -> usize {
        let data = self.disk.data();
        let request = u64::from(self.disk.geometry().most) * SECTOR;
        let most = request.min(data.end - data.start) / SECTOR * SECTOR;
        usize::try_from(most.max(SECTOR)).unwrap_or(usize::MAX)
    }

    fn run(&mut self, verb: Verb, sector: u64, bytes: usize) -> Result<(), DiskFailed> {
        let at = self.disk.data().start;
        let request = Request { verb, sector, count: bytes as u64 / SECTOR, at };
        self.disk.run(request).map_err(|_| DiskFailed)
    }
}

impl Disk for Blocks {
    fn sectors(&self) -> u64 {
        self.disk.geometry().sectors
    }

    fn is_read_only(&self) -> bool {
        self.disk.geometry().is_read_only
    }

    fn read(&mut self, sector: u64, bytes: &mut [u8]) -> Result<(), DiskFailed> {
        let mut sector = sector;
        for part in bytes.chunks_mut(self.most()) {
            self.run(Verb::Read, sector, part.len())?;
            self.memory.read_bytes(self.disk.data().start, part);
            sector += part.len() as u64 / SECTOR;
        }
        Ok(())
    }

    fn write(&mut self, sector: u64, bytes: &[u8]) -> Result<(), DiskFailed> {
        let mut sector = sector;
        for part in bytes.chunks(self.most()) {
            self.memory.write_bytes(self.disk.data().start, part);
            self.run(Verb::Write, sector, part.len())?;
            sector += part.len() as u64 / SECTOR;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DiskFailed> {
        self.disk.run(Request::FLUSH).map_err(|_| DiskFailed)
    }
}
