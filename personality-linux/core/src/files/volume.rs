//! The file system of a disk: ext4, by the library `rsext4`.
//!
//! Here are its inodes, by number; what they are called and what was read of them is kept by
//! [`mounted`](super::mounted). The library's own end of a mount is never called: it takes away the
//! mark that the journal is to be read before it has done what the journal says, so that a loss of
//! power in between loses files. [`Volume::sync`] is all that keeps what was written; the next
//! mount reads the journal.
//!
//! Times read from the disk are whole seconds: the library tells no more.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use rsext4::{
    BlockIo, Clock, DeviceCapabilities, DeviceGeometry, DirectoryCursor, DirectoryEntryType, Ext4,
    Ext4Error, Ext4ErrorKind, Ext4Result, Ext4Timestamp, FileName, FilePermissions, InodeInfo,
    InodeMetadataUpdate, InodeNumber, MountOptions, MountServices, MountedServices,
    MutationContext, NoopObserver, RenameOptions, SectorId, SpecialInodeKind,
};

use crate::abi::errno::{
    EBUSY, EEXIST, EFBIG, EINVAL, EIO, EISDIR, EMLINK, ENOENT, ENOMEM, ENOSPC, ENOTDIR, ENOTEMPTY,
    EOPNOTSUPP, EPERM, EROFS, Errno,
};
use crate::abi::flags::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK};
use crate::machine::{Disk, SECTOR};

/// Names that are asked for at once.
const NAMES: usize = 256;
/// Longest target of a symbolic link.
const LINK_BYTES: u64 = 4096;

/// What the disk says of an inode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Attributes {
    pub(crate) inode: u32,
    /// Type and permissions.
    pub(crate) mode: u32,
    pub(crate) owner: u32,
    pub(crate) group: u32,
    pub(crate) links: u32,
    pub(crate) size: u64,
    pub(crate) accessed: Duration,
    pub(crate) modified: Duration,
    pub(crate) changed: Duration,
    /// Major and minor number of a device.
    pub(crate) device: Option<(u32, u32)>,
}

impl From<InodeInfo> for Attributes {
    fn from(info: InodeInfo) -> Self {
        let time = |seconds: u32| Duration::from_secs(seconds.into());
        Self {
            inode: info.number.raw(),
            mode: info.mode.into(),
            owner: info.uid,
            group: info.gid,
            links: info.links.into(),
            size: info.size,
            accessed: time(info.atime),
            modified: time(info.mtime),
            changed: time(info.ctime),
            device: info.device_number.map(|device| (device.major(), device.minor())),
        }
    }
}

/// A name in a directory of the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listed {
    pub(crate) name: Vec<u8>,
    pub(crate) inode: u32,
    /// The type, as in a mode.
    pub(crate) kind: u32,
}

/// What is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum New<'a> {
    Directory,
    Regular,
    /// A symbolic link to this path.
    Link(&'a [u8]),
    /// A pipe with a name.
    Pipe,
    /// A socket with a name.
    Socket,
}

/// Permissions and owner of what is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ownership {
    pub(crate) permissions: u32,
    pub(crate) owner: u32,
    pub(crate) group: u32,
}

/// What is changed of an inode besides its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Change {
    pub(crate) permissions: Option<u32>,
    pub(crate) owners: Option<(u32, u32)>,
    pub(crate) accessed: Option<Duration>,
    pub(crate) modified: Option<Duration>,
}

/// Room on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Room {
    pub(crate) block_bytes: u64,
    pub(crate) blocks: u64,
    pub(crate) free_blocks: u64,
    pub(crate) inodes: u64,
    pub(crate) free_inodes: u64,
}

/// A file system on a disk.
pub(crate) struct Volume {
    ext4: Ext4<Sectors, MountedServices<(), NoopObserver>>,
    time: Arc<AtomicU64>,
    /// Whether anything was changed that a loss of power takes back.
    is_changed: bool,
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume").finish_non_exhaustive()
    }
}

impl Volume {
    /// Reads the journal, if it has something, and the superblock.
    ///
    /// # Errors
    /// There is no file system, or none that is understood.
    pub(crate) fn mount(disk: Box<dyn Disk>) -> Result<Self, Errno> {
        let time = Arc::new(AtomicU64::new(0));
        let clock = WallClock(Arc::clone(&time));
        let is_read_only = disk.is_read_only();
        let options = match is_read_only {
            true => MountOptions::read_only_no_journal_replay(),
            false => MountOptions::read_write(),
        };
        let services = MountServices::new(clock, (), NoopObserver);
        let ext4 = Ext4::mount(Sectors(disk), services, options).map_err(errno)?;
        Ok(Self { ext4, time, is_changed: false })
    }

    /// Says what time it is: what is changed from now on is changed then.
    pub(crate) fn set_time(&self, now: Duration) {
        let nanoseconds = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.time.store(nanoseconds, Ordering::Relaxed);
    }

    pub(crate) fn root(&mut self) -> Result<Attributes, Errno> {
        let root = self.ext4.root_inode();
        self.attributes(root.raw())
    }

    pub(crate) fn attributes(&mut self, inode: u32) -> Result<Attributes, Errno> {
        self.ext4.inode(number(inode)?).map(Attributes::from).map_err(errno)
    }

    /// All names in a directory but `.` and `..`.
    pub(crate) fn list(&mut self, directory: u32) -> Result<Vec<Listed>, Errno> {
        let directory = number(directory)?;
        let mut reader = self.ext4.open_directory_reader(directory).map_err(errno)?;
        let mut cursor = DirectoryCursor::Start;
        let mut names = Vec::new();
        while cursor != DirectoryCursor::End {
            let found = self.ext4.read_directory_with_reader(&mut reader, cursor, NAMES);
            let found = found.map_err(errno)?;
            let Some(last) = found.last() else { break };
            cursor = last.next_cursor;
            let ours = found.into_iter().filter(|entry| !matches!(&*entry.name, b"." | b".."));
            for entry in ours {
                let inode = entry.inode.raw();
                let kind = match entry.file_type {
                    DirectoryEntryType::Unknown => self.attributes(inode)?.mode & S_IFMT,
                    known => kind(known),
                };
                names.push(Listed { name: entry.name, inode, kind });
            }
        }
        Ok(names)
    }

    /// Copies content out; answers how many bytes there are.
    pub(crate) fn read(
        &mut self,
        inode: u32,
        offset: u64,
        bytes: &mut [u8],
    ) -> Result<usize, Errno> {
        self.ext4.read_inode(number(inode)?, offset, bytes).map_err(errno)
    }

    pub(crate) fn write(&mut self, inode: u32, offset: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.changing().write_inode(number(inode)?, offset, bytes).map_err(errno)
    }

    /// Sets the length of a file.
    pub(crate) fn resize(&mut self, inode: u32, length: u64) -> Result<(), Errno> {
        self.changing().truncate_inode(number(inode)?, length).map_err(errno)
    }

    /// Where a symbolic link leads.
    pub(crate) fn target(&mut self, link: &Attributes) -> Result<Vec<u8>, Errno> {
        let length = usize::try_from(link.size.min(LINK_BYTES)).map_err(|_| EIO)?;
        let mut target = alloc::vec![0; length];
        let count = self.read(link.inode, 0, &mut target)?;
        target.truncate(count);
        Ok(target)
    }

    /// Makes something under a name that is free.
    pub(crate) fn create(
        &mut self,
        directory: u32,
        name: &[u8],
        new: New<'_>,
        who: Ownership,
    ) -> Result<Attributes, Errno> {
        let context = MutationContext::new(who.owner, who.group, 0, 0);
        let permissions = permissions(who.permissions)?;
        let (parent, name) = (number(directory)?, file_name(name)?);
        let made = match new {
            New::Directory => self.changing().create_directory(context, parent, name, permissions),
            New::Regular => self.changing().create_regular_file(context, parent, name, permissions),
            New::Link(target) => self.changing().create_symlink(context, parent, name, target),
            New::Pipe | New::Socket => {
                let kind = match new {
                    New::Pipe => SpecialInodeKind::Fifo,
                    _ => SpecialInodeKind::Socket,
                };
                self.changing().create_special_inode(context, parent, name, permissions, kind)
            }
        };
        made.map(Attributes::from).map_err(errno)
    }

    /// Gives an inode another name.
    pub(crate) fn link(&mut self, inode: u32, directory: u32, name: &[u8]) -> Result<(), Errno> {
        let linked =
            self.changing().hard_link(number(inode)?, number(directory)?, file_name(name)?);
        linked.map(drop).map_err(errno)
    }

    /// Takes a name away from a file; its inode stays until it is [reaped](Self::reap).
    pub(crate) fn unlink(&mut self, directory: u32, name: &[u8]) -> Result<(), Errno> {
        let outcome = self.changing().unlink(number(directory)?, file_name(name)?);
        outcome.map(ignore).map_err(errno)
    }

    /// The same for an empty directory.
    pub(crate) fn remove_directory(&mut self, directory: u32, name: &[u8]) -> Result<(), Errno> {
        let outcome = self.changing().remove_empty_directory(number(directory)?, file_name(name)?);
        outcome.map(ignore).map_err(errno)
    }

    /// Moves a name, instead of what is there.
    pub(crate) fn rename(
        &mut self,
        (from, name): (u32, &[u8]),
        (to, new): (u32, &[u8]),
    ) -> Result<(), Errno> {
        let (from, to) = (number(from)?, number(to)?);
        let (name, new) = (file_name(name)?, file_name(new)?);
        let outcome = self.changing().rename(from, name, to, new, RenameOptions::REPLACE);
        outcome.map(ignore).map_err(errno)
    }

    /// Frees an inode that has no name any more.
    pub(crate) fn reap(&mut self, inode: u32) -> Result<(), Errno> {
        self.changing().reap_unlinked_inode(number(inode)?).map_err(errno)
    }

    pub(crate) fn change(&mut self, inode: u32, change: Change) -> Result<(), Errno> {
        let update = InodeMetadataUpdate {
            permissions: change.permissions.map(permissions).transpose()?,
            owner: change.owners,
            atime: change.accessed.map(timestamp),
            mtime: change.modified.map(timestamp),
            ..InodeMetadataUpdate::default()
        };
        self.changing().update_inode_metadata(number(inode)?, update).map(drop).map_err(errno)
    }

    pub(crate) fn room(&self) -> Room {
        let stats = self.ext4.statfs();
        Room {
            block_bytes: stats.block_size,
            blocks: stats.total_blocks,
            free_blocks: stats.free_blocks,
            inodes: stats.total_inodes.into(),
            free_inodes: stats.free_inodes.into(),
        }
    }

    /// Everything that was written outlives a loss of power from now on.
    pub(crate) fn sync(&mut self) -> Result<(), Errno> {
        self.ext4.sync().map_err(errno)?;
        self.is_changed = false;
        Ok(())
    }

    /// Whether anything was changed since the last [`sync`](Self::sync).
    pub(crate) const fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// The library, for who changes something. What fails half-way may have changed something too.
    const fn changing(&mut self) -> &mut Ext4<Sectors, MountedServices<(), NoopObserver>> {
        self.is_changed = true;
        &mut self.ext4
    }
}

/// Whether an inode is to be reaped shows when nobody uses it any more.
fn ignore<T>(_: T) {}

fn number(inode: u32) -> Result<InodeNumber, Errno> {
    InodeNumber::new(inode).map_err(errno)
}

fn file_name(name: &[u8]) -> Result<FileName<'_>, Errno> {
    FileName::new(name).map_err(errno)
}

fn permissions(bits: u32) -> Result<FilePermissions, Errno> {
    FilePermissions::new((bits & 0o7777) as u16).map_err(errno)
}

fn timestamp(time: Duration) -> Ext4Timestamp {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Ext4Timestamp::new(seconds, time.subsec_nanos())
}

/// A type, as in a mode.
const fn kind(of: DirectoryEntryType) -> u32 {
    match of {
        DirectoryEntryType::Unknown | DirectoryEntryType::RegularFile => S_IFREG,
        DirectoryEntryType::Directory => S_IFDIR,
        DirectoryEntryType::CharacterDevice => S_IFCHR,
        DirectoryEntryType::BlockDevice => S_IFBLK,
        DirectoryEntryType::Fifo => S_IFIFO,
        DirectoryEntryType::Socket => S_IFSOCK,
        DirectoryEntryType::Symlink => S_IFLNK,
    }
}

/// Makes an empty file system.
#[cfg(test)]
pub(super) fn format(disk: Box<dyn Disk>, options: rsext4::MkfsOptions) -> Result<(), Errno> {
    let clock = WallClock(Arc::default());
    rsext4::format(Sectors(disk), clock, options).map(drop).map_err(errno)
}

/// What a program is told when the library refuses.
fn errno(error: Ext4Error) -> Errno {
    match error.kind() {
        Ext4ErrorKind::NotFound => ENOENT,
        Ext4ErrorKind::AlreadyExists => EEXIST,
        Ext4ErrorKind::NotDirectory => ENOTDIR,
        Ext4ErrorKind::IsDirectory => EISDIR,
        Ext4ErrorKind::NotEmpty => ENOTEMPTY,
        Ext4ErrorKind::NoSpace | Ext4ErrorKind::QuotaExceeded => ENOSPC,
        Ext4ErrorKind::NoMemory => ENOMEM,
        Ext4ErrorKind::ReadOnly => EROFS,
        Ext4ErrorKind::TooManyLinks => EMLINK,
        Ext4ErrorKind::PermissionDenied => EPERM,
        Ext4ErrorKind::Busy => EBUSY,
        Ext4ErrorKind::FileTooLarge | Ext4ErrorKind::Overflow => EFBIG,
        Ext4ErrorKind::InvalidInput => EINVAL,
        Ext4ErrorKind::Unsupported | Ext4ErrorKind::UnsupportedFeature => EOPNOTSUPP,
        _ => EIO,
    }
}

/// Tells the library what [`Volume::set_time`] was told.
struct WallClock(Arc<AtomicU64>);

impl Clock for WallClock {
    fn now(&self) -> Ext4Result<Ext4Timestamp> {
        Ok(timestamp(Duration::from_nanos(self.0.load(Ordering::Relaxed))))
    }
}

/// A disk, as the library wants to see it.
struct Sectors(Box<dyn Disk>);

impl Sectors {
    fn check(bytes: usize, count: u32) -> Ext4Result<()> {
        let fits = bytes as u64 == u64::from(count) * SECTOR;
        if fits { Ok(()) } else { Err(Ext4Error::new(Ext4ErrorKind::InvalidInput)) }
    }
}

impl BlockIo for Sectors {
    fn write(&mut self, buffer: &[u8], sector: SectorId, count: u32) -> Ext4Result<()> {
        Self::check(buffer.len(), count)?;
        self.0.write(sector.raw(), buffer).map_err(|_| Ext4Error::new(Ext4ErrorKind::Io))
    }

    fn read(&mut self, buffer: &mut [u8], sector: SectorId, count: u32) -> Ext4Result<()> {
        Self::check(buffer.len(), count)?;
        self.0.read(sector.raw(), buffer).map_err(|_| Ext4Error::new(Ext4ErrorKind::Io))
    }

    fn geometry(&self) -> DeviceGeometry {
        DeviceGeometry::new(SECTOR as u32, self.0.sectors())
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let read_only = self.0.is_read_only();
        DeviceCapabilities { read_only, flush: true, ..DeviceCapabilities::default() }
    }

    fn flush(&mut self) -> Ext4Result<()> {
        self.0.flush().map_err(|_| Ext4Error::new(Ext4ErrorKind::Io))
    }
}
