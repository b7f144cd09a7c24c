//! Locks on parts of files.

use super::{Address, Answer, Fd, Stop};
use crate::abi::errno::{EAGAIN, EBADF, EINVAL, EOVERFLOW, Errno};
use crate::abi::flags::{
    F_GETLK, F_RDLCK, F_SETLKW, F_UNLCK, F_WRLCK, SEEK_CUR, SEEK_END, SEEK_SET,
};
use crate::files::Description;
use crate::files::locks::Lock;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::waiting::{Key, Wait};

/// Bytes of `struct flock`: type, whence, start, length, process.
const FLOCK_BYTES: usize = 32;

impl<M: Machine> Linux<M> {
    /// `fcntl` with `F_GETLK`, `F_SETLK` and `F_SETLKW`.
    pub(super) fn lock_file(
        &mut self,
        me: ThreadId,
        fd: Fd,
        command: u32,
        argument: Address,
    ) -> Answer {
        let file = alloc::rc::Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let bytes: [u8; FLOCK_BYTES] = self.read_array(me, argument)?;
        let kind = u16::from_le_bytes([bytes[0], bytes[1]]);
        let range = range(&file, &bytes)?;
        let (inode, process) = (file.node.inode, self.process_id(me));
        let is_exclusive = match kind {
            F_UNLCK if command != F_GETLK => {
                if self.locks.clear(inode, process, &range) {
                    self.wake(Key::Locks(inode));
                }
                return Ok(0);
            }
            F_RDLCK if file.can_read() || command == F_GETLK => false,
            F_WRLCK if file.can_write() || command == F_GETLK => true,
            F_RDLCK | F_WRLCK => return Err(EBADF.into()),
            _ => return Err(EINVAL.into()),
        };
        let lock = Lock { range, is_exclusive, process };
        let conflict = self.locks.conflict(inode, &lock).cloned();
        match (command, conflict) {
            (F_GETLK, conflict) => self.tell_conflict(me, argument, conflict),
            (_, None) => {
                self.locks.set(inode, lock);
                Ok(0)
            }
            (F_SETLKW, Some(_)) => Err(Stop::Wait(Wait::on(Key::Locks(inode)))),
            (_, Some(_)) => Err(EAGAIN.into()),
        }
    }

    fn tell_conflict(&mut self, me: ThreadId, argument: Address, lock: Option<Lock>) -> Answer {
        let Some(lock) = lock else {
            self.write_memory(me, argument, &F_UNLCK.to_le_bytes())?;
            return Ok(0);
        };
        let kind = if lock.is_exclusive { F_WRLCK } else { F_RDLCK };
        let open = lock.range.end == u64::MAX;
        let length = if open { 0 } else { lock.range.end - lock.range.start };
        let mut bytes = [0; FLOCK_BYTES];
        bytes[..2].copy_from_slice(&kind.to_le_bytes());
        bytes[8..16].copy_from_slice(&lock.range.start.to_le_bytes());
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        bytes[24..28].copy_from_slice(&lock.process.to_le_bytes());
        self.write_memory(me, argument, &bytes)?;
        Ok(0)
    }

    /// A process closes a descriptor of a file, or ends: it loses its locks on the file.
    pub(crate) fn forget_locks(&mut self, inode: u64, process: u32) {
        if self.locks.clear(inode, process, &(0..u64::MAX)) {
            self.wake(Key::Locks(inode));
        }
    }
}

/// The bytes that a `struct flock` means.
fn range(file: &Description, bytes: &[u8; FLOCK_BYTES]) -> Result<core::ops::Range<u64>, Errno> {
    let word =
        |index: usize| bytes[index..].first_chunk().map_or(0, |word| i64::from_le_bytes(*word));
    let base = match u32::from(u16::from_le_bytes([bytes[2], bytes[3]])) {
        SEEK_SET => 0,
        SEEK_CUR => file.position.get() as i64,
        SEEK_END => file.node.size() as i64,
        _ => return Err(EINVAL),
    };
    let start = base.checked_add(word(8)).ok_or(EOVERFLOW)?;
    let (start, end) = match word(16) {
        0 => (start, None),
        length @ 1.. => (start, Some(start.checked_add(length).ok_or(EOVERFLOW)?)),
        length => (start.checked_add(length).ok_or(EINVAL)?, Some(start)),
    };
    let start = u64::try_from(start).map_err(|_| EINVAL)?;
    Ok(start..end.map_or(u64::MAX, |end| end as u64))
}
