//! A disk in memory that remembers what was done to it, and volumes on it.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use rsext4::MkfsOptions;

use crate::abi::errno::{EEXIST, EISDIR, ENOENT, ENOTEMPTY};
use crate::files::volume::{self, Change, New, Ownership, Volume};
use crate::machine::{Disk, DiskFailed, SECTOR};

/// What was done to a disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    /// These bytes came to this sector.
    Write(u64, Vec<u8>),
    Flush,
}

/// A disk in memory.
#[derive(Clone, Debug)]
pub(super) struct Platter {
    pub(super) bytes: Rc<RefCell<Vec<u8>>>,
    pub(super) deeds: Rc<RefCell<Vec<Deed>>>,
}

impl Platter {
    /// An empty file system of so many MiB.
    pub(super) fn formatted(mebibytes: usize) -> Self {
        let platter = Self::of(alloc::vec![0; mebibytes << 20]);
        volume::format(Box::new(platter.clone()), MkfsOptions::default()).expect("room enough");
        platter.deeds.borrow_mut().clear();
        platter
    }

    /// A disk with this content.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self { bytes: Rc::new(RefCell::new(bytes)), deeds: Rc::default() }
    }
}

impl Disk for Platter {
    fn sectors(&self) -> u64 {
        self.bytes.borrow().len() as u64 / SECTOR
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn read(&mut self, sector: u64, bytes: &mut [u8]) -> Result<(), DiskFailed> {
        let start = (sector * SECTOR) as usize;
        let disk = self.bytes.borrow();
        bytes.copy_from_slice(disk.get(start..start + bytes.len()).ok_or(DiskFailed)?);
        Ok(())
    }

    fn write(&mut self, sector: u64, bytes: &[u8]) -> Result<(), DiskFailed> {
        let start = (sector * SECTOR) as usize;
        let mut disk = self.bytes.borrow_mut();
        disk.get_mut(start..start + bytes.len()).ok_or(DiskFailed)?.copy_from_slice(bytes);
        self.deeds.borrow_mut().push(Deed::Write(sector, bytes.to_vec()));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DiskFailed> {
        self.deeds.borrow_mut().push(Deed::Flush);
        Ok(())
    }
}

const WHO: Ownership = Ownership { permissions: 0o640, owner: 7, group: 8 };

#[test]
fn a_volume_keeps_what_was_synced() {
    let platter = Platter::formatted(64);
    let mut volume = Volume::mount(Box::new(platter.clone())).expect("a file system");
    volume.set_time(Duration::from_secs(1_000_000));
    let root = volume.root().expect("a root").inode;
    let file = volume.create(root, b"file", New::Regular, WHO).expect("room");
    assert_eq!((file.mode & 0o7777, file.owner, file.group, file.links), (0o640, 7, 8, 1));
    assert_eq!(file.modified, Duration::from_secs(1_000_000));
    volume.write(file.inode, 5000, b"content").expect("room");
    let link = volume.create(root, b"link", New::Link(b"else/where"), WHO).expect("room");
    assert_eq!(volume.target(&link), Ok(b"else/where".to_vec()));
    let directory = volume.create(root, b"directory", New::Directory, WHO).expect("room").inode;
    volume.link(file.inode, directory, b"other").expect("room");
    assert_eq!(volume.create(root, b"file", New::Regular, WHO), Err(EEXIST));
    assert_eq!(volume.unlink(root, b"directory"), Err(EISDIR));
    assert_eq!(volume.remove_directory(root, b"directory"), Err(ENOTEMPTY));
    volume.change(file.inode, Change { permissions: Some(0o600), ..Change::default() }).unwrap();
    volume.sync().expect("a disk that works");
    drop(volume);
    let mut volume = Volume::mount(Box::new(platter)).expect("a file system");
    let mut bytes = [1; 20];
    assert_eq!(volume.read(file.inode, 4990, &mut bytes), Ok(17));
    assert_eq!(&bytes[..17], b"\0\0\0\0\0\0\0\0\0\0content");
    let again = volume.attributes(file.inode).expect("it was synced");
    assert_eq!((again.mode & 0o7777, again.links, again.size), (0o600, 2, 5007));
    let mut names: Vec<_> = volume.list(root).unwrap().into_iter().map(|one| one.name).collect();
    names.sort();
    assert_eq!(names, [&b"directory"[..], b"file", b"link", b"lost+found"]);
    volume.rename((directory, b"other"), (root, b"file")).expect("two names of one file");
    volume.unlink(root, b"file").expect("it is there");
    assert_eq!(volume.unlink(root, b"nothing"), Err(ENOENT));
}
