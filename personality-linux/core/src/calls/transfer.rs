//! Reading and writing.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::{Address, Answer, Fd, Stop};
use crate::abi::errno::{
    EAGAIN, EBADF, EFAULT, EFBIG, EINVAL, EISDIR, ENOSPC, EPIPE, ESPIPE, Errno,
};
use crate::abi::flags::{O_APPEND, O_NONBLOCK, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET};
use crate::abi::signals::SIGPIPE;
use crate::abi::structures::pair;
use crate::files::pipe::ATOMIC;
use crate::files::{Content, Description, Device, Pipe, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::memory::Unavailable;
use crate::process::state::Info;
use crate::waiting::Wait;

/// Bytes that are copied at once.
const CHUNK: usize = 4096;
/// Most bytes that one call transfers.
const LIMIT: u64 = 0x7fff_f000;
/// Most parts of a transfer.
const PARTS: u64 = 1024;

/// Where bytes are in the memory of a program.
#[derive(Clone, Copy, Debug)]
struct Part {
    address: u64,
    length: u64,
}

/// Where a transfer begins in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Start {
    /// Where the last one ended.
    Here,
    At(u64),
}

impl<M: Machine> Linux<M> {
    pub(super) fn read(&mut self, me: ThreadId, fd: Fd, buffer: Address, length: u64) -> Answer {
        self.read_parts(me, fd, &[Part { address: buffer, length }], Start::Here)
    }

    pub(super) fn readv(&mut self, me: ThreadId, fd: Fd, parts: Address, count: u64) -> Answer {
        let parts = self.parts(me, parts, count)?;
        self.read_parts(me, fd, &parts, Start::Here)
    }

    pub(super) fn pread64(
        &mut self,
        me: ThreadId,
        fd: Fd,
        buffer: Address,
        length: u64,
        offset: u64,
    ) -> Answer {
        self.read_parts(me, fd, &[Part { address: buffer, length }], at(offset)?)
    }

    pub(super) fn write(&mut self, me: ThreadId, fd: Fd, buffer: Address, length: u64) -> Answer {
        self.write_parts(me, fd, &[Part { address: buffer, length }], Start::Here)
    }

    pub(super) fn writev(&mut self, me: ThreadId, fd: Fd, parts: Address, count: u64) -> Answer {
        let parts = self.parts(me, parts, count)?;
        self.write_parts(me, fd, &parts, Start::Here)
    }

    pub(super) fn pwrite64(
        &mut self,
        me: ThreadId,
        fd: Fd,
        buffer: Address,
        length: u64,
        offset: u64,
    ) -> Answer {
        self.write_parts(me, fd, &[Part { address: buffer, length }], at(offset)?)
    }

    /// The parts that an array tells of.
    fn parts(&mut self, me: ThreadId, array: Address, count: u64) -> Result<Vec<Part>, Errno> {
        if count > PARTS {
            return Err(EINVAL);
        }
        let mut parts = Vec::new();
        for index in 0..count {
            let at = array.checked_add(16 * index).ok_or(EFAULT)?;
            let [address, length] = pair(self.read_array(me, at)?);
            if i64::try_from(length).is_err() {
                return Err(EINVAL);
            }
            parts.push(Part { address, length });
        }
        Ok(parts)
    }

    fn read_parts(&mut self, me: ThreadId, fd: Fd, parts: &[Part], start: Start) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        if !file.can_read() {
            return Err(EBADF.into());
        }
        if start != Start::Here && matches!(file.stream, Stream::Pipe(_) | Stream::Object(_)) {
            return Err(ESPIPE.into());
        }
        let mut total = 0;
        for part in parts {
            let mut done = 0;
            let length = part.length.min(LIMIT - total);
            while done < length {
                let want = usize::try_from(length - done).unwrap_or(CHUNK).min(CHUNK);
                let address = part.address.checked_add(done).ok_or(EFAULT)?;
                let from = match start {
                    Start::Here => Start::Here,
                    Start::At(offset) => Start::At(offset.saturating_add(total)),
                };
                let read = self.with_room(want, |linux, bytes| {
                    linux.read_chunk(me, &file, address, bytes, from)
                });
                match read {
                    Ok(0) => return Ok(total),
                    Ok(count) => {
                        done += count;
                        total += count;
                        // What is not a file gives what it has now.
                        if count < want as u64 {
                            return Ok(total);
                        }
                    }
                    Err(_) if total > 0 => return Ok(total),
                    Err(stop) => return Err(stop),
                }
            }
        }
        Ok(total)
    }

    /// Lends room for so many bytes, a page at most, in which anything may stand.
    fn with_room(
        &mut self,
        want: usize,
        work: impl FnOnce(&mut Self, &mut [u8]) -> Answer,
    ) -> Answer {
        let mut room = core::mem::take(&mut self.transferred);
        room.resize(CHUNK, 0);
        let answer = work(self, &mut room[..want.min(CHUNK)]);
        self.transferred = room;
        answer
    }

    /// Reads as many bytes as there is room for, or fewer.
    fn read_chunk(
        &mut self,
        me: ThreadId,
        file: &Rc<Description>,
        address: Address,
        bytes: &mut [u8],
        start: Start,
    ) -> Answer {
        let position = match start {
            Start::Here => file.position.get(),
            Start::At(offset) => offset,
        };
        let count = match &file.stream {
            Stream::Text(text) => copy_from(text, position, bytes),
            Stream::Pipe(end) => return self.read_pipe(me, file, &end.pipe, address, bytes),
            Stream::Object(object) => {
                return self.read_object(me, (file, object), address, bytes);
            }
            Stream::Node => match &file.node.content {
                Content::Regular(object) => object.read(&mut self.frames, position, bytes)?,
                Content::Device(device) => {
                    return self.read_device(me, *device, address, bytes);
                }
                Content::Directory(_) => return Err(EISDIR.into()),
                _ => return Err(EINVAL.into()),
            },
        };
        self.write_memory(me, address, &bytes[..count])?;
        if start == Start::Here {
            file.position.set(position + count as u64);
        }
        Ok(count as u64)
    }

    fn read_pipe(
        &mut self,
        me: ThreadId,
        file: &Description,
        pipe: &Pipe,
        address: Address,
        bytes: &mut [u8],
    ) -> Answer {
        if pipe.len() == 0 {
            return match pipe.has_writers() {
                false => Ok(0),
                true if file.is(O_NONBLOCK) => Err(EAGAIN.into()),
                true => Err(Stop::Wait(Wait::on(pipe.key))),
            };
        }
        // Nothing is taken that cannot be delivered.
        let length = bytes.len().min(pipe.len());
        self.touch(me, address, length)?;
        let count = pipe.take(&mut bytes[..length]);
        self.write_memory(me, address, &bytes[..count])?;
        Ok(count as u64)
    }

    /// Makes sure that memory can be written.
    pub(crate) fn touch(
        &mut self,
        me: ThreadId,
        address: Address,
        length: usize,
    ) -> Result<(), Errno> {
        if length == 0 {
            return Ok(());
        }
        let mut byte = [0];
        let last = address.checked_add(length as u64 - 1).ok_or(EFAULT)?;
        for at in [address, last] {
            self.read_memory(me, at, &mut byte)?;
            self.write_memory(me, at, &byte)?;
        }
        Ok(())
    }

    fn read_device(
        &mut self,
        me: ThreadId,
        device: Device,
        address: Address,
        bytes: &mut [u8],
    ) -> Answer {
        let count = match device {
            Device::Null => 0,
            Device::Zero | Device::Full => {
                bytes.fill(0);
                bytes.len()
            }
            Device::Random => {
                self.frames.machine.random(bytes);
                bytes.len()
            }
            // They are opened as terminals.
            _ => return Err(EINVAL.into()),
        };
        self.write_memory(me, address, &bytes[..count])?;
        Ok(count as u64)
    }

    fn write_parts(&mut self, me: ThreadId, fd: Fd, parts: &[Part], start: Start) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        if !file.can_write() {
            return Err(EBADF.into());
        }
        if start != Start::Here && matches!(file.stream, Stream::Pipe(_) | Stream::Object(_)) {
            return Err(ESPIPE.into());
        }
        let sum = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(part.length)).min(LIMIT);
        let before = self.flight(me).map_or(0, |flight| flight.done);
        let mut total = before;
        while total < sum {
            let (address, left) = place_in(parts, total).ok_or(EFAULT)?;
            let want = usize::try_from(left.min(sum - total)).unwrap_or(CHUNK).min(CHUNK);
            let to = match start {
                Start::Here => Start::Here,
                Start::At(offset) => Start::At(offset.saturating_add(total)),
            };
            let left = (sum - total) as usize;
            let written = self.with_room(want, |linux, bytes| {
                linux.write_chunk(me, &file, address, bytes, (to, left))
            });
            match written {
                Ok(count) => total += count,
                Err(Stop::Wait(wait)) => {
                    if let Some(flight) = self.flight(me) {
                        flight.done = total;
                    }
                    return Err(Stop::Wait(wait));
                }
                Err(_) if total > 0 => return Ok(total),
                Err(stop) => return Err(stop),
            }
        }
        Ok(total)
    }

    /// Writes up to so many bytes, of as many as are left.
    fn write_chunk(
        &mut self,
        me: ThreadId,
        file: &Rc<Description>,
        address: Address,
        bytes: &mut [u8],
        (start, left): (Start, usize),
    ) -> Answer {
        let want = bytes.len();
        self.read_memory(me, address, bytes)?;
        if let Stream::Pipe(end) = &file.stream {
            return self.write_pipe(me, file, &end.pipe, bytes, left);
        }
        if let Stream::Object(object) = &file.stream {
            return self.write_object(me, (file, object), bytes);
        }
        match &file.node.content {
            Content::Regular(object) => {
                let position = match start {
                    Start::Here if file.is(O_APPEND) => object.length(),
                    Start::Here => file.position.get(),
                    Start::At(offset) => offset,
                };
                if position.checked_add(want as u64).is_none_or(|end| i64::try_from(end).is_err()) {
                    return Err(EFBIG.into());
                }
                let object = Rc::clone(object);
                let written = object.write(&mut self.frames, position, bytes);
                let count = written.map_err(write_error)?;
                if start == Start::Here {
                    file.position.set(position + count as u64);
                }
                file.node.wrote(self.now());
                Ok(count as u64)
            }
            Content::Device(Device::Full) => Err(ENOSPC.into()),
            Content::Device(_) => Ok(want as u64),
            _ => Err(EINVAL.into()),
        }
    }

    fn write_pipe(
        &mut self,
        me: ThreadId,
        file: &Description,
        pipe: &Pipe,
        bytes: &[u8],
        left: usize,
    ) -> Answer {
        if !pipe.has_readers() {
            self.signal_thread(me, SIGPIPE, Info::default());
            return Err(EPIPE.into());
        }
        // Little is written as a whole or not yet.
        let needed = if left <= ATOMIC { left } else { 1 };
        if pipe.room() < needed {
            return Err(match file.is(O_NONBLOCK) {
                true => EAGAIN.into(),
                false => Stop::Wait(Wait::on(pipe.key)),
            });
        }
        Ok(pipe.put(bytes) as u64)
    }

    pub(super) fn lseek(&mut self, me: ThreadId, fd: Fd, offset: u64, whence: u32) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let size = match &file.stream {
            Stream::Pipe(_) | Stream::Object(_) => return Err(ESPIPE.into()),
            Stream::Text(text) => text.len() as u64,
            Stream::Node => file.node.size(),
        };
        let base = match whence {
            SEEK_SET => 0,
            SEEK_CUR => file.position.get(),
            SEEK_END => size,
            // The whole file counts as data.
            SEEK_DATA if offset < size => 0,
            SEEK_HOLE if offset < size => size.wrapping_sub(offset),
            SEEK_DATA | SEEK_HOLE => return Err(crate::abi::errno::ENXIO.into()),
            _ => return Err(EINVAL.into()),
        };
        let position = base.wrapping_add(offset);
        if i64::try_from(position).is_err() {
            return Err(EINVAL.into());
        }
        file.position.set(position);
        Ok(position)
    }

    pub(super) fn sendfile(
        &mut self,
        me: ThreadId,
        to: Fd,
        from: Fd,
        offset: Address,
        count: u64,
    ) -> Answer {
        let process = self.process(me)?;
        let (to, from) = (process.descriptors.get(to)?, process.descriptors.get(from)?);
        let (to, from) = (Rc::clone(to), Rc::clone(from));
        let (Some(source), true, true) = (from.node.object(), from.can_read(), to.can_write())
        else {
            return Err(EINVAL.into());
        };
        let target = match (&to.stream, to.node.object()) {
            (Stream::Node, Some(target)) => target,
            // Programs copy by themselves then.
            _ => return Err(EINVAL.into()),
        };
        let mut position = match offset {
            0 => from.position.get(),
            at => self.read_word(me, at)?,
        };
        let mut total = 0;
        let mut bytes = [0; CHUNK];
        while total < count.min(LIMIT) {
            let want = usize::try_from(count - total).unwrap_or(CHUNK).min(CHUNK);
            let got = source.read(&mut self.frames, position, &mut bytes[..want])?;
            if got == 0 {
                break;
            }
            let place = to.position.get();
            let put = target.write(&mut self.frames, place, &bytes[..got]).map_err(write_error)?;
            to.node.wrote(self.now());
            to.position.set(place + put as u64);
            position += put as u64;
            total += put as u64;
        }
        match offset {
            0 => from.position.set(position),
            at => self.write_memory(me, at, &position.to_le_bytes())?,
        }
        Ok(total)
    }
}

/// Files in memory are full when memory is.
fn write_error(unavailable: Unavailable) -> Errno {
    match unavailable {
        Unavailable::Memory => ENOSPC,
        Unavailable::Source(errno) => errno,
    }
}

/// A place in a file, of a call that names one.
fn at(offset: u64) -> Result<Start, Errno> {
    i64::try_from(offset).map(|_| Start::At(offset)).map_err(|_| EINVAL)
}

/// The address of byte number `done`, and how many follow it in its part.
fn place_in(parts: &[Part], done: u64) -> Option<(u64, u64)> {
    let mut before = 0;
    for part in parts {
        if done - before < part.length {
            let within = done - before;
            return Some((part.address.checked_add(within)?, part.length - within));
        }
        before += part.length;
    }
    None
}

/// Copies bytes of a text; answers how many.
fn copy_from(text: &[u8], position: u64, bytes: &mut [u8]) -> usize {
    let start = usize::try_from(position).unwrap_or(text.len()).min(text.len());
    let count = bytes.len().min(text.len() - start);
    bytes[..count].copy_from_slice(&text[start..start + count]);
    count
}
