//! Reading and writing a program's memory. The server finds the frames in its own tables, so that a
//! wild address is an error and never a fault of the server.

use alloc::vec::Vec;

use super::frames::Frames;
use super::space::{Access, AddressSpace};
use crate::abi::errno::{EFAULT, ENAMETOOLONG, Errno};
use crate::machine::{Machine, PAGE, PAGE_BYTES};

impl AddressSpace {
    /// Visits the pages of a range: frame, place in it, and which bytes of the range.
    fn visit<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        (address, length): (u64, usize),
        access: Access,
        mut part: impl FnMut(&mut Frames<M>, crate::machine::Frame, usize, core::ops::Range<usize>),
    ) -> Result<(), Errno> {
        let mut done = 0;
        while done < length {
            let at = address.checked_add(done as u64).ok_or(EFAULT)?;
            let within = (at % PAGE) as usize;
            let count = (PAGE_BYTES - within).min(length - done);
            let frame = self.frame(frames, at, access).map_err(|_| EFAULT)?;
            part(frames, frame, within, done..done + count);
            done += count;
        }
        Ok(())
    }

    /// Copies bytes out of the program's memory.
    pub(crate) fn read<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        address: u64,
        bytes: &mut [u8],
    ) -> Result<(), Errno> {
        let length = bytes.len();
        self.visit(frames, (address, length), Access::Read, |frames, frame, within, range| {
            frames.machine.read(frame, within, &mut bytes[range]);
        })
    }

    /// Copies bytes into the program's memory.
    pub(crate) fn write<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        address: u64,
        bytes: &[u8],
    ) -> Result<(), Errno> {
        self.visit(frames, (address, bytes.len()), Access::Write, |frames, frame, within, range| {
            frames.machine.write(frame, within, &bytes[range]);
        })
    }

    /// The bytes before the first zero, `limit` at most.
    ///
    /// # Errors
    /// `EFAULT`; `ENAMETOOLONG` when there is no zero among them.
    pub(crate) fn read_text<M: Machine>(
        &mut self,
        frames: &mut Frames<M>,
        address: u64,
        limit: usize,
    ) -> Result<Vec<u8>, Errno> {
        let mut text = Vec::new();
        while text.len() < limit {
            let at = address.checked_add(text.len() as u64).ok_or(EFAULT)?;
            // No further than memory that is known to be there.
            let count = ((PAGE - at % PAGE) as usize).min(limit - text.len()).min(256);
            let mut part = [0; 256];
            self.read(frames, at, &mut part[..count])?;
            match part[..count].iter().position(|byte| *byte == 0) {
                Some(end) => {
                    text.extend(&part[..end]);
                    return Ok(text);
                }
                None => text.extend(&part[..count]),
            }
        }
        Err(ENAMETOOLONG)
    }
}
