//! What descriptors stand for that is neither a file nor a pipe.
//!
//! | module | what |
//! |---|---|
//! | [`counter`] | `eventfd` |
//! | [`timer`], [`alarm`] | `timerfd` |
//! | [`epoll`] | sets of files that are waited for together |
//! | [`nesting`] | sets in sets |

pub(crate) mod alarm;
pub(crate) mod counter;
pub(crate) mod epoll;
mod nesting;
#[cfg(test)]
mod tests;
pub(crate) mod timer;

use alloc::rc::Rc;
use core::cell::Cell;

use crate::abi::errno::{EAGAIN, EINVAL, ENOTTY, Errno};
use crate::abi::flags::{O_NONBLOCK, POLLIN};
use crate::abi::structures::signal_descriptor;
use crate::calls::{Answer, Stop};
use crate::files::Description;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::terminal::{MasterEnd, TerminalEnd};
use crate::waiting::{Key, Wait};
use counter::Counter;
use epoll::Epoll;
use timer::Timer;

/// Such a thing. Dropped, it is closed.
#[derive(Debug)]
pub(crate) enum Object {
    /// A terminal.
    Terminal(TerminalEnd),
    /// The device of a pseudo terminal.
    Master(MasterEnd),
    /// A number.
    Counter(Counter),
    /// Time.
    Timer(Timer),
    /// Signals of whoever reads, of this set.
    Signals(Cell<u64>),
    /// A set of files.
    Epoll(Rc<Epoll>),
}

impl<M: Machine> Linux<M> {
    /// Reads into `bytes`, and what came into memory at an address.
    pub(crate) fn read_object(
        &mut self,
        me: ThreadId,
        (file, object): (&Description, &Object),
        address: u64,
        bytes: &mut [u8],
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.read_terminal(me, file, &terminal, address, bytes)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.read_master(me, file, &terminal, address, bytes)
            }
            Object::Counter(counter) => {
                check_room(bytes)?;
                self.touch(me, address, 8)?;
                let count = counter.take().map_err(|errno| waits(file, counter.key, errno))?;
                self.write_memory(me, address, &count.to_le_bytes())?;
                Ok(8)
            }
            Object::Timer(timer) => {
                check_room(bytes)?;
                self.touch(me, address, 8)?;
                let count = timer.take(self.now());
                if count == 0 {
                    return Err(self.waits_for_timer(file, timer));
                }
                self.write_memory(me, address, &count.to_le_bytes())?;
                Ok(8)
            }
            Object::Signals(set) => self.read_signals(me, file, set.get(), address, bytes.len()),
            Object::Epoll(_) => Err(EINVAL.into()),
        }
    }

    /// Writes bytes; answers how many.
    pub(crate) fn write_object(
        &mut self,
        me: ThreadId,
        (file, object): (&Description, &Object),
        bytes: &[u8],
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.write_terminal(me, file, &terminal, bytes)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.write_master(file, &terminal, bytes)
            }
            Object::Counter(counter) => {
                let number = bytes.first_chunk().ok_or(EINVAL)?;
                let added = counter.add(u64::from_le_bytes(*number));
                added.map_err(|errno| waits(file, counter.key, errno))?;
                Ok(8)
            }
            Object::Timer(_) | Object::Signals(_) | Object::Epoll(_) => Err(EINVAL.into()),
        }
    }

    /// What could be done now; `wait` gets what to wait for.
    pub(crate) fn poll_object(&self, me: ThreadId, object: &Object, wait: &mut Wait) -> u16 {
        match object {
            Object::Counter(counter) => {
                wait.keys.push(counter.key);
                counter.poll()
            }
            Object::Timer(timer) => timer.poll(self.now(), wait),
            Object::Signals(set) => {
                wait.keys.push(Key::Signals(self.process_id(me)));
                if self.pending_signals(me) & set.get() != 0 { POLLIN } else { 0 }
            }
            Object::Epoll(epoll) => self.poll_epoll(me, epoll, wait),
            Object::Terminal(end) => {
                wait.keys.push(end.0.key());
                self.poll_terminal(&end.0)
            }
            Object::Master(end) => {
                wait.keys.push(end.0.key());
                end.0.poll_master()
            }
        }
    }

    /// `ioctl`.
    pub(crate) fn object_ioctl(
        &mut self,
        me: ThreadId,
        object: &Object,
        command: u32,
        argument: u64,
    ) -> Answer {
        match object {
            Object::Terminal(end) => {
                let terminal = Rc::clone(&end.0);
                self.terminal_ioctl(me, &terminal, command, argument)
            }
            Object::Master(end) => {
                let terminal = Rc::clone(&end.0);
                self.master_ioctl(me, &terminal, command, argument)
            }
            _ => Err(ENOTTY.into()),
        }
    }

    /// Why a read of a timer has nothing to answer.
    fn waits_for_timer(&self, file: &Description, timer: &Timer) -> Stop {
        if file.is(O_NONBLOCK) {
            return EAGAIN.into();
        }
        let mut wait = Wait::default();
        timer.poll(self.now(), &mut wait);
        Stop::Wait(wait)
    }

    /// Signals that wait for a thread, or for its process.
    pub(crate) fn pending_signals(&self, me: ThreadId) -> u64 {
        let Some(thread) = self.threads.get(&me) else { return 0 };
        let process = self.processes.get(&thread.process);
        thread.pending.set | process.map_or(0, |process| process.pending.set)
    }

    /// Takes signals that wait, as many as there is room for.
    fn read_signals(
        &mut self,
        me: ThreadId,
        file: &Description,
        set: u64,
        address: u64,
        room: usize,
    ) -> Answer {
        const BYTES: usize = 128;
        if room < BYTES {
            return Err(EINVAL.into());
        }
        if self.pending_signals(me) & set == 0 {
            return Err(waits(file, Key::Signals(self.process_id(me)), EAGAIN));
        }
        self.touch(me, address, room - room % BYTES)?;
        let mut told = 0;
        while told + BYTES <= room
            && let Some((signal, info)) = self.take_signal(me, set)
        {
            let bytes = signal_descriptor(signal.number(), info.code, info.words, info.address);
            self.write_memory(me, address + told as u64, &bytes)?;
            told += BYTES;
        }
        Ok(told as u64)
    }
}

/// Numbers are read and written as 8 bytes.
fn check_room(bytes: &[u8]) -> Result<(), Errno> {
    if bytes.len() < 8 { Err(EINVAL) } else { Ok(()) }
}

/// A wait for what a key says, instead of `EAGAIN`, unless the file is not to wait.
fn waits(file: &Description, key: Key, errno: Errno) -> Stop {
    match errno {
        EAGAIN if !file.is(O_NONBLOCK) => Stop::Wait(Wait::on(key)),
        errno => errno.into(),
    }
}
