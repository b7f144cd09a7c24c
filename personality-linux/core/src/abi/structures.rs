//! What lies in the memory of programs, as bytes. All numbers are little endian.

use core::time::Duration;

use super::flags::{DT_BLK, DT_CHR, DT_DIR, DT_FIFO, DT_LNK, DT_REG, DT_SOCK};
use super::flags::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK};

/// Bytes of `struct stat`.
pub const STAT_BYTES: usize = 128;
/// Bytes of `struct statx`.
pub const STATX_BYTES: usize = 256;
/// Bytes of one field of `struct utsname`.
pub const UTSNAME_FIELD: usize = 65;
/// Bytes of `struct termios` as the kernel has it.
pub const TERMIOS_BYTES: usize = 36;
/// Bytes of a directory entry before its name.
pub const DIRENT_HEADER: usize = 19;
/// Bytes of `struct sysinfo`.
pub const SYSINFO_BYTES: usize = 112;
/// Bytes of `struct statfs`.
pub const STATFS_BYTES: usize = 120;
/// Bytes of `struct rusage`.
pub const RUSAGE_BYTES: usize = 144;
/// Bytes of `siginfo_t`.
pub const SIGINFO_BYTES: usize = 128;

/// What `stat` tells of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stat {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub inode: u64,
    /// Type and permissions.
    pub mode: u32,
    /// Names.
    pub links: u32,
    /// Whose it is.
    pub owner: u32,
    /// And of which group.
    pub group: u32,
    /// Which device it stands for.
    pub special: u64,
    /// Bytes.
    pub size: u64,
    /// When it was read.
    pub accessed: Duration,
    /// When its content was changed.
    pub modified: Duration,
    /// When anything of it was changed.
    pub changed: Duration,
}

/// Bytes that are filled in order.
struct Fields<const N: usize> {
    bytes: [u8; N],
    next: usize,
}

impl<const N: usize> Fields<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], next: 0 }
    }

    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        let end = self.next + bytes.len();
        if let Some(place) = self.bytes.get_mut(self.next..end) {
            place.copy_from_slice(bytes);
        }
        self.next = end;
        self
    }

    fn word(&mut self, value: u64) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    fn half(&mut self, value: u32) -> &mut Self {
        self.put(&value.to_le_bytes())
    }

    fn time(&mut self, time: Duration) -> &mut Self {
        self.word(time.as_secs()).word(time.subsec_nanos().into())
    }
}

impl Stat {
    /// `struct stat`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; STAT_BYTES] {
        let mut fields = Fields::new();
        fields.word(self.device).word(self.inode).half(self.mode).half(self.links);
        fields.half(self.owner).half(self.group).word(self.special).word(0).word(self.size);
        fields.half(4096).half(0).word(self.size.div_ceil(512));
        fields.time(self.accessed).time(self.modified).time(self.changed);
        fields.bytes
    }

    /// `struct statx`, with all basic fields.
    #[must_use]
    pub fn to_extended(&self) -> [u8; STATX_BYTES] {
        const BASIC: u32 = 0x7ff;
        let mut fields = Fields::new();
        fields.half(BASIC).half(4096).word(0).half(self.links).half(self.owner);
        fields.half(self.group).half(self.mode & 0xffff).word(self.inode).word(self.size);
        fields.word(self.size.div_ceil(512)).word(0);
        // Of the creation nothing is known but that nothing was before.
        for time in [self.accessed, self.modified.min(self.changed), self.changed, self.modified] {
            fields.time(time);
        }
        let (major, minor) =
            (|device: u64| (device >> 8) as u32, |device: u64| device as u32 & 255);
        fields.half(major(self.special)).half(minor(self.special));
        fields.half(major(self.device)).half(minor(self.device));
        fields.bytes
    }

    /// The type of the file as directories tell it.
    #[must_use]
    pub const fn directory_type(mode: u32) -> u8 {
        match mode & S_IFMT {
            S_IFDIR => DT_DIR,
            S_IFCHR => DT_CHR,
            S_IFIFO => DT_FIFO,
            S_IFLNK => DT_LNK,
            S_IFBLK => DT_BLK,
            S_IFSOCK => DT_SOCK,
            _ => DT_REG,
        }
    }
}

/// `struct timespec`.
#[must_use]
pub fn timespec(time: Duration) -> [u8; 16] {
    let mut fields = Fields::new();
    fields.time(time);
    fields.bytes
}

/// The time that a `struct timespec` says, if it is one.
#[must_use]
pub fn duration(bytes: [u8; 16]) -> Option<Duration> {
    let [seconds, nanoseconds] = pair(bytes);
    let seconds = i64::try_from(seconds).ok()?;
    (nanoseconds < 1_000_000_000).then(|| Duration::new(seconds.unsigned_abs(), nanoseconds as u32))
}

/// Two words.
#[must_use]
pub fn pair(bytes: [u8; 16]) -> [u64; 2] {
    let word = u128::from_le_bytes(bytes);
    [word as u64, (word >> 64) as u64]
}

/// `siginfo_t` with the four words behind number, error and code that the signal says.
#[must_use]
pub fn signal_info(number: u8, code: i32, words: [u32; 4], address: u64) -> [u8; SIGINFO_BYTES] {
    let mut fields = Fields::new();
    fields.half(number.into()).half(0).put(&code.to_le_bytes()).half(0);
    if address == 0 {
        words.iter().for_each(|word| {
            fields.half(*word);
        });
    } else {
        fields.word(address);
    }
    fields.bytes
}

/// `struct signalfd_siginfo` of a signal with the same words.
#[must_use]
pub fn signal_descriptor(
    number: u8,
    code: i32,
    words: [u32; 4],
    address: u64,
) -> [u8; SIGINFO_BYTES] {
    let mut fields = Fields::new();
    let [sender, user, status, more] = words;
    fields.half(number.into()).half(0).put(&code.to_le_bytes()).half(sender).half(user);
    // Descriptor, thread, band, overrun, trap.
    fields.half(0).half(0).half(0).half(0).half(0);
    fields.half(status).half(status).word(u64::from(status) | u64::from(more) << 32);
    fields.word(0).word(0).word(address);
    fields.bytes
}

/// `struct sysinfo`: seconds since the start, bytes of memory, those free, processes.
#[must_use]
pub fn sysinfo(uptime: u64, total: u64, free: u64, processes: u16) -> [u8; SYSINFO_BYTES] {
    let mut fields = Fields::new();
    fields.word(uptime).word(0).word(0).word(0).word(total).word(free);
    fields.word(0).word(0).word(0).word(0).put(&processes.to_le_bytes()).put(&[0; 6]);
    fields.word(0).word(0).half(1);
    fields.bytes
}

/// `struct statfs` of a file system of this kind: bytes of a block, blocks, those free, inodes,
/// those free.
#[must_use]
pub fn statfs(kind: u64, bytes: u64, blocks: [u64; 2], inodes: [u64; 2]) -> [u8; STATFS_BYTES] {
    let ([blocks, free], [inodes, free_inodes]) = (blocks, inodes);
    let mut fields = Fields::new();
    fields.word(kind).word(bytes).word(blocks).word(free).word(free);
    fields.word(inodes).word(free_inodes).word(0).word(255).word(bytes);
    fields.bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_has_its_fields_where_linux_has_them() {
        let stat = Stat { inode: 7, mode: 0o100644, size: 5000, links: 1, ..Stat::default() };
        let bytes = stat.to_bytes();
        assert_eq!((bytes[8], bytes[16], bytes[17]), (7, 0xa4, 0x81));
        assert_eq!(u64::from_le_bytes(bytes[48..56].try_into().unwrap()), 5000);
        assert_eq!(u64::from_le_bytes(bytes[64..72].try_into().unwrap()), 10);
        let extended = stat.to_extended();
        assert_eq!(u64::from_le_bytes(extended[40..48].try_into().unwrap()), 5000);
    }

    #[test]
    fn times_are_checked() {
        assert_eq!(duration(timespec(Duration::new(3, 9))), Some(Duration::new(3, 9)));
        let mut bad = [0xff; 16];
        assert_eq!(duration(bad), None);
        bad[..8].fill(0);
        assert_eq!(duration(bad), None);
    }
}
