//! The machine, its name, its limits.

use super::{Address, Answer, Stop};
use crate::abi::errno::{EINVAL, ENOSYS, EPERM, ESRCH};
use crate::abi::structures::{RUSAGE_BYTES, UTSNAME_FIELD, sysinfo};
use crate::linux::Linux;
use crate::machine::{Machine, PAGE, ThreadId};
use crate::memory::space::STACK_LIMIT;

/// The version that programs are told: that whose calls these are.
pub(super) const RELEASE: &[u8] = b"6.1.0-tessera";
/// No limit.
const INFINITY: u64 = u64::MAX;
/// Resources that have limits.
const RESOURCES: u32 = 16;
const RLIMIT_STACK: u32 = 3;
const RLIMIT_CORE: u32 = 4;
const RLIMIT_NOFILE: u32 = 7;
/// Most bytes that one call makes up.
const RANDOM_LIMIT: u64 = 0x1ff_ffff;

impl<M: Machine> Linux<M> {
    pub(super) fn uname(&mut self, me: ThreadId, buffer: Address) -> Answer {
        let fields: [&[u8]; 6] =
            [b"Linux", b"tessera", RELEASE, b"#1 Tessera", b"aarch64", b"(none)"];
        let mut bytes = [0; 6 * UTSNAME_FIELD];
        for (place, field) in bytes.chunks_exact_mut(UTSNAME_FIELD).zip(fields) {
            place[..field.len()].copy_from_slice(field);
        }
        self.write_memory(me, buffer, &bytes)?;
        Ok(0)
    }

    pub(super) fn sysinfo(&mut self, me: ThreadId, buffer: Address) -> Answer {
        let (free, total) = self.frames.machine.frames();
        let uptime = self.now().as_secs();
        let processes = u16::try_from(self.processes.len()).unwrap_or(u16::MAX);
        let bytes = sysinfo(uptime, total * PAGE, free * PAGE, processes);
        self.write_memory(me, buffer, &bytes)?;
        Ok(0)
    }

    pub(super) fn getrandom(
        &mut self,
        me: ThreadId,
        buffer: Address,
        length: u64,
        flags: u32,
    ) -> Answer {
        if flags > 7 {
            return Err(EINVAL.into());
        }
        let length = length.min(RANDOM_LIMIT);
        let mut bytes = [0; 256];
        let mut done = 0;
        while done < length {
            let count = (length - done).min(bytes.len() as u64);
            let part = &mut bytes[..count as usize];
            self.frames.machine.random(part);
            match self.write_memory(me, buffer.wrapping_add(done), part) {
                Ok(()) => done += count,
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(done)
    }

    /// Limits are as they are.
    pub(super) fn prlimit64(
        &mut self,
        me: ThreadId,
        process: u32,
        resource: u32,
        new: Address,
        old: Address,
    ) -> Answer {
        if process != 0 && !self.processes.contains_key(&process) {
            return Err(ESRCH.into());
        }
        let (soft, hard) = match resource {
            RLIMIT_STACK => (STACK_LIMIT, INFINITY),
            RLIMIT_CORE => (0, INFINITY),
            RLIMIT_NOFILE => {
                let limit = crate::files::descriptors::LIMIT as u64;
                (limit, limit)
            }
            resource if resource < RESOURCES => (INFINITY, INFINITY),
            _ => return Err(EINVAL.into()),
        };
        if new != 0 {
            self.read_array::<16>(me, new)?;
        }
        if old != 0 {
            self.write_memory(me, old, &[soft, hard].map(u64::to_le_bytes).concat())?;
        }
        Ok(0)
    }

    pub(super) fn getrusage(&mut self, me: ThreadId, _who: i32, buffer: Address) -> Answer {
        self.write_memory(me, buffer, &[0; RUSAGE_BYTES])?;
        Ok(0)
    }

    /// What a process has used of the machine.
    pub(super) fn usage_of(&mut self, _process: u32) -> [u8; RUSAGE_BYTES] {
        [0; RUSAGE_BYTES]
    }

    /// Ends the system, for who may do that.
    pub(super) fn reboot(&mut self, me: ThreadId, first: u32, second: u32, command: u32) -> Answer {
        const MAGIC: u32 = 0xfee1_dead;
        /// Any of these, for compatibility.
        const SECOND: [u32; 4] = [672_274_793, 85_072_278, 369_367_448, 537_993_216];
        const CTRL_ALT_DEL: [u32; 2] = [0, 0x89ab_cdef];
        const ENDS: [u32; 3] = [0x4321_fedc, 0xcdef_0123, 0x0123_4567];
        if !self.process(me)?.credentials.is_privileged() {
            return Err(EPERM.into());
        }
        if first != MAGIC || !SECOND.contains(&second) {
            return Err(EINVAL.into());
        }
        if CTRL_ALT_DEL.contains(&command) {
            return Ok(0);
        }
        if !ENDS.contains(&command) {
            return Err(EINVAL.into());
        }
        self.ended.get_or_insert(0);
        Err(Stop::Gone)
    }

    /// There are no restartable sequences; programs go on without.
    pub(super) fn rseq(&mut self, _me: ThreadId) -> Answer {
        Err(Stop::Failed(ENOSYS))
    }

    pub(super) fn sched_yield(&mut self, _me: ThreadId) -> Answer {
        Ok(0)
    }

    pub(super) fn sched_getaffinity(
        &mut self,
        me: ThreadId,
        _thread: u32,
        size: u64,
        buffer: Address,
    ) -> Answer {
        const SET: u64 = 8;
        if size < SET {
            return Err(Stop::Failed(EINVAL));
        }
        self.write_memory(me, buffer, &1_u64.to_le_bytes())?;
        Ok(SET)
    }
}
