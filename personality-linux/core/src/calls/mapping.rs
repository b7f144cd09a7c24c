//! Memory.

use alloc::rc::Rc;
use core::ops::Range;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EACCES, EBADF, EFAULT, EINVAL, ENODEV, ENOMEM, Errno};
use crate::abi::flags::{
    MADV_DONTNEED, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, MAP_GROWSDOWN, MAP_PRIVATE,
    MAP_SHARED, MAP_TYPE, MREMAP_MAYMOVE, PROT_EXEC, PROT_READ, PROT_WRITE,
};
use crate::linux::Linux;
use crate::machine::{Machine, PAGE, PAGE_BITS, Protection, ThreadId, USER_END};
use crate::memory::{Area, Backing, MemoryObject, Place, page_up};

/// `MAP_SHARED_VALIDATE`.
const MAP_SHARED_VALIDATE: u32 = 3;

/// Whole pages of user space.
fn pages(start: u64, length: u64) -> Result<Range<u64>, Errno> {
    let length = page_up(length).ok_or(EINVAL)?;
    let end = start.checked_add(length).filter(|end| *end <= USER_END).ok_or(EINVAL)?;
    if !start.is_multiple_of(PAGE) {
        return Err(EINVAL);
    }
    Ok(start..end)
}

/// What the bits permit. Who may write or execute may read: the hardware knows nothing else.
fn protection(bits: u32) -> Result<Protection, Errno> {
    if bits & !(PROT_READ | PROT_WRITE | PROT_EXEC) != 0 {
        return Err(EINVAL);
    }
    let (write, execute) = (bits & PROT_WRITE != 0, bits & PROT_EXEC != 0);
    Ok(Protection { read: bits != 0, write, execute })
}

impl<M: Machine> Linux<M> {
    pub(super) fn brk(&mut self, me: ThreadId, end: Address) -> Answer {
        let (space, frames) = self.space(me)?;
        Ok(space.set_heap_end(frames, end))
    }

    #[allow(clippy::too_many_arguments, reason = "the call has six")]
    pub(super) fn mmap(
        &mut self,
        me: ThreadId,
        wish: Address,
        length: u64,
        bits: u32,
        flags: u32,
        fd: Fd,
        offset: u64,
    ) -> Answer {
        let length = page_up(length).filter(|length| *length > 0).ok_or(EINVAL)?;
        if length > USER_END {
            return Err(ENOMEM.into());
        }
        let protection = protection(bits)?;
        let is_shared = match flags & MAP_TYPE {
            MAP_SHARED | MAP_SHARED_VALIDATE => true,
            MAP_PRIVATE => false,
            _ => return Err(EINVAL.into()),
        };
        let backing = match flags & MAP_ANONYMOUS {
            0 => self.file_backing(me, fd, offset, is_shared && protection.write)?,
            _ if is_shared => {
                Backing::Object { object: MemoryObject::new(&self.frames, length), first: 0 }
            }
            _ => Backing::Anonymous,
        };
        let place = match flags {
            flags if flags & MAP_FIXED_NOREPLACE != 0 => Place::IfFree(wish),
            flags if flags & MAP_FIXED != 0 => Place::Exactly(wish),
            _ => Place::Anywhere(wish),
        };
        let grows_down = flags & MAP_GROWSDOWN != 0 && !is_shared;
        let area = Area { end: 0, protection, is_shared, grows_down, backing };
        let (space, frames) = self.space(me)?;
        Ok(space.map(frames, place, length, area)?)
    }

    fn file_backing(
        &mut self,
        me: ThreadId,
        fd: Fd,
        offset: u64,
        writes: bool,
    ) -> Result<Backing, Errno> {
        let file = self.process(me)?.descriptors.get(fd)?;
        if !file.can_read() || writes && !file.can_write() {
            return Err(if file.can_read() || file.can_write() { EACCES } else { EBADF });
        }
        if !offset.is_multiple_of(PAGE) || i64::try_from(offset).is_err() {
            return Err(EINVAL);
        }
        let object = Rc::clone(file.node.object().ok_or(ENODEV)?);
        Ok(Backing::Object { object, first: offset >> PAGE_BITS })
    }

    pub(super) fn munmap(&mut self, me: ThreadId, start: Address, length: u64) -> Answer {
        let range = pages(start, length)?;
        if range.is_empty() {
            return Err(EINVAL.into());
        }
        let (space, frames) = self.space(me)?;
        space.unmap(frames, &range);
        frames.sweep();
        Ok(0)
    }

    pub(super) fn mprotect(
        &mut self,
        me: ThreadId,
        start: Address,
        length: u64,
        bits: u32,
    ) -> Answer {
        let range = pages(start, length)?;
        let protection = protection(bits)?;
        let (space, frames) = self.space(me)?;
        space.protect(frames, &range, protection)?;
        Ok(0)
    }

    pub(super) fn madvise(
        &mut self,
        me: ThreadId,
        start: Address,
        length: u64,
        advice: u32,
    ) -> Answer {
        let range = pages(start, length)?;
        let (space, frames) = self.space(me)?;
        if !space.is_covered(&range) {
            return Err(ENOMEM.into());
        }
        // All other advice is about speed.
        if advice == MADV_DONTNEED {
            space.forget(frames, &range);
        }
        Ok(0)
    }

    pub(super) fn msync(&mut self, me: ThreadId, start: Address, length: u64) -> Answer {
        let range = pages(start, length)?;
        let (space, _) = self.space(me)?;
        if space.is_covered(&range) { Ok(0) } else { Err(ENOMEM.into()) }
    }

    pub(super) fn mremap(
        &mut self,
        me: ThreadId,
        start: Address,
        old: u64,
        new: u64,
        flags: u32,
    ) -> Answer {
        let (old, new) = (pages(start, old)?, page_up(new).ok_or(EINVAL)?);
        if flags & !MREMAP_MAYMOVE != 0 || new == 0 || old.is_empty() {
            return Err(EINVAL.into());
        }
        let length = old.end - old.start;
        let (space, frames) = self.space(me)?;
        if !space.is_one_area(&old) {
            return Err(EFAULT.into());
        }
        if new <= length {
            space.unmap(frames, &(old.start + new..old.end));
            return Ok(start);
        }
        if space.extend(frames, &old, new).is_ok() {
            return Ok(start);
        }
        if flags & MREMAP_MAYMOVE == 0 {
            return Err(ENOMEM.into());
        }
        Ok(space.relocate(frames, &old, new)?)
    }
}
