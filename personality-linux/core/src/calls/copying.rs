//! Copying between files without a way through the program.

use alloc::rc::Rc;

use super::{Address, Answer, Fd};
use crate::abi::errno::{EBADF, EINVAL, ENOSPC, Errno};
use crate::abi::flags::O_APPEND;
use crate::files::{Description, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::memory::Unavailable;

/// Bytes that are copied at once.
const CHUNK: usize = 4096;
/// Most bytes that one call copies: programs ask again.
const LIMIT: u64 = 4 << 20;

impl<M: Machine> Linux<M> {
    #[allow(clippy::too_many_arguments, reason = "the call has six")]
    pub(super) fn copy_file_range(
        &mut self,
        me: ThreadId,
        from: Fd,
        from_offset: Address,
        to: Fd,
        to_offset: Address,
        length: u64,
        flags: u32,
    ) -> Answer {
        let process = self.process(me)?;
        let from = Rc::clone(process.descriptors.get(from)?);
        let to = Rc::clone(process.descriptors.get(to)?);
        if flags != 0 {
            return Err(EINVAL.into());
        }
        if !from.can_read() || !to.can_write() || to.is(O_APPEND) {
            return Err(EBADF.into());
        }
        let begin = self.place_of(me, &from, from_offset)?;
        let target = self.place_of(me, &to, to_offset)?;
        let length = length.min(LIMIT);
        let is_same = Rc::ptr_eq(&from.node, &to.node);
        if is_same && begin.abs_diff(target) < length {
            return Err(EINVAL.into());
        }
        let done = self.copy(&from, begin, &to, target, length)?;
        self.advance(me, &from, from_offset, begin + done)?;
        self.advance(me, &to, to_offset, target + done)?;
        Ok(done)
    }

    /// Where a copy begins in a file: at an offset in memory, or at the file's own position.
    fn place_of(
        &mut self,
        me: ThreadId,
        file: &Description,
        offset: Address,
    ) -> Result<u64, Errno> {
        let place = match offset {
            0 => file.position.get(),
            at => self.read_word(me, at)?,
        };
        let end = place.checked_add(LIMIT).filter(|end| i64::try_from(*end).is_ok());
        end.map(|_| place).ok_or(EINVAL)
    }

    fn advance(
        &mut self,
        me: ThreadId,
        file: &Description,
        offset: Address,
        place: u64,
    ) -> Result<(), Errno> {
        match offset {
            0 => file.position.set(place),
            at => self.write_memory(me, at, &place.to_le_bytes())?,
        }
        Ok(())
    }

    /// Copies so many bytes, fewer if there are not so many; answers how many.
    fn copy(
        &mut self,
        from: &Description,
        begin: u64,
        to: &Description,
        target: u64,
        length: u64,
    ) -> Result<u64, Errno> {
        let (Stream::Node, Stream::Node) = (&from.stream, &to.stream) else { return Err(EINVAL) };
        let source = from.node.object().ok_or(EINVAL)?;
        let object = to.node.object().ok_or(EINVAL)?;
        let (mut done, mut bytes) = (0, [0; CHUNK]);
        while done < length {
            let want = usize::try_from(length - done).unwrap_or(CHUNK).min(CHUNK);
            let got = source.read(&mut self.frames, begin + done, &mut bytes[..want])?;
            if got == 0 {
                break;
            }
            match object.write(&mut self.frames, target + done, &bytes[..got]) {
                Ok(count) => done += count as u64,
                Err(_) if done > 0 => break,
                Err(Unavailable::Memory) => return Err(ENOSPC),
                Err(Unavailable::Source(errno)) => return Err(errno),
            }
        }
        if done > 0 {
            to.node.wrote(self.now());
        }
        Ok(done)
    }
}
