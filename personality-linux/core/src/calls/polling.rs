//! Waiting for files.

use alloc::vec::Vec;

use super::{Address, Answer, Stop};
use crate::abi::errno::{EBADF, EFAULT, EINVAL, Errno};
use crate::abi::flags::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};
use crate::abi::structures::duration;
use crate::files::pipe::{PipeEnd, Side};
use crate::files::{Description, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::signals::UNBLOCKABLE;
use crate::waiting::Wait;

/// Bytes of `struct pollfd`.
const ENTRY: u64 = 8;

impl<M: Machine> Linux<M> {
    pub(super) fn ppoll(
        &mut self,
        me: ThreadId,
        files: Address,
        count: u64,
        time: Address,
        mask: Address,
    ) -> Answer {
        if count > crate::files::descriptors::LIMIT as u64 {
            return Err(EINVAL.into());
        }
        let deadline = self.deadline_after(me, time)?;
        if mask != 0 {
            let mask = self.read_word(me, mask)?;
            self.mask_for_call(me, mask);
        }
        let mut ready = 0;
        let mut wait = Wait::default();
        for index in 0..count {
            let at = files.checked_add(ENTRY * index).ok_or(EFAULT)?;
            let entry: [u8; 8] = self.read_array(me, at)?;
            let [a, b, c, d, low, high, ..] = entry;
            let (fd, wanted) = (i32::from_le_bytes([a, b, c, d]), u16::from_le_bytes([low, high]));
            let answer = self.poll_descriptor(me, fd, &mut wait);
            let answer = answer & (wanted | POLLERR | POLLHUP | POLLNVAL);
            ready += u64::from(answer != 0);
            self.write_memory(me, at + 6, &answer.to_le_bytes())?;
        }
        let is_over = deadline.is_some_and(|deadline| deadline <= self.now());
        if ready > 0 || is_over {
            return Ok(ready);
        }
        wait.not_behind(deadline);
        Err(Stop::Wait(wait))
    }

    #[allow(clippy::too_many_arguments, reason = "the call has six")]
    pub(super) fn pselect6(
        &mut self,
        me: ThreadId,
        count: i32,
        read: Address,
        write: Address,
        except: Address,
        time: Address,
        mask: Address,
    ) -> Answer {
        let count = usize::try_from(count).map_err(|_| EINVAL)?;
        let bytes = count.min(crate::files::descriptors::LIMIT).div_ceil(64) * 8;
        let deadline = self.deadline_after(me, time)?;
        if mask != 0 && self.read_word(me, mask)? != 0 {
            let mask = self.read_word(me, mask).and_then(|set| self.read_word(me, set))?;
            self.mask_for_call(me, mask);
        }
        let kinds = [(read, POLLIN | POLLHUP | POLLERR), (write, POLLOUT | POLLERR), (except, 0)];
        let (mut wait, mut ready, mut answers) = (Wait::default(), 0, Vec::new());
        for (address, events) in kinds.into_iter().filter(|(address, _)| *address != 0) {
            let mut set = alloc::vec![0; bytes];
            self.read_memory(me, address, &mut set)?;
            let mut answer = alloc::vec![0; bytes];
            for fd in (0..count.min(8 * bytes)).filter(|fd| set[fd / 8] >> (fd % 8) & 1 != 0) {
                match self.poll_descriptor(me, fd as i32, &mut wait) {
                    POLLNVAL => return Err(EBADF.into()),
                    state if state & events != 0 => {
                        answer[fd / 8] |= 1 << (fd % 8);
                        ready += 1;
                    }
                    _ => {}
                }
            }
            answers.push((address, answer));
        }
        if ready == 0 && deadline.is_none_or(|deadline| deadline > self.now()) {
            wait.not_behind(deadline);
            return Err(Stop::Wait(wait));
        }
        for (address, answer) in answers {
            self.write_memory(me, address, &answer)?;
        }
        Ok(ready)
    }

    /// When a call ends that waits as long as a `timespec` says; the same each time it is tried.
    pub(super) fn deadline_after(
        &mut self,
        me: ThreadId,
        time: Address,
    ) -> Result<Option<core::time::Duration>, Errno> {
        if time == 0 {
            return Ok(None);
        }
        if let Some(deadline) = self.flight(me).and_then(|flight| flight.deadline) {
            return Ok(Some(deadline));
        }
        let wait = duration(self.read_array(me, time)?).ok_or(EINVAL)?;
        let deadline = self.now().saturating_add(wait);
        if let Some(flight) = self.flight(me) {
            flight.deadline = Some(deadline);
        }
        Ok(Some(deadline))
    }

    /// Lets another mask hold while a call waits.
    pub(super) fn mask_for_call(&mut self, me: ThreadId, mask: u64) {
        if let Some(thread) = self.threads.get_mut(&me) {
            thread.mask_before.get_or_insert(thread.mask);
            thread.mask = mask & !UNBLOCKABLE;
        }
    }

    /// What could be done with a descriptor now; `wait` gets what to wait for.
    fn poll_descriptor(&self, me: ThreadId, fd: i32, wait: &mut Wait) -> u16 {
        if fd < 0 {
            return 0;
        }
        let process = self.processes.get(&self.process_id(me));
        let file = process.and_then(|process| process.descriptors.get(fd).ok());
        file.map_or(POLLNVAL, |file| self.poll_file(me, file, wait))
    }

    /// What could be done with a file now.
    pub(crate) fn poll_file(&self, me: ThreadId, file: &Description, wait: &mut Wait) -> u16 {
        match &file.stream {
            Stream::Pipe(end) => {
                wait.keys.push(end.pipe.key);
                poll_pipe(end)
            }
            Stream::Object(object) => self.poll_object(me, object, wait),
            _ => POLLIN | POLLOUT,
        }
    }
}

fn poll_pipe(end: &PipeEnd) -> u16 {
    match end.side {
        Side::Read => {
            let readable = if end.pipe.len() > 0 { POLLIN } else { 0 };
            readable | if end.pipe.has_writers() { 0 } else { POLLHUP }
        }
        Side::Write if !end.pipe.has_readers() => POLLERR,
        Side::Write if end.pipe.room() >= crate::files::pipe::ATOMIC => POLLOUT,
        Side::Write => 0,
    }
}
