//! Process groups and sessions.

use super::Answer;
use crate::abi::errno::{EACCES, EINVAL, EPERM, ESRCH, Errno};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};

impl<M: Machine> Linux<M> {
    /// The process with this number, 0 for the caller's.
    fn named(&mut self, me: ThreadId, number: u32) -> Result<u32, Errno> {
        let number = if number == 0 { self.process_id(me) } else { number };
        if self.processes.contains_key(&number) { Ok(number) } else { Err(ESRCH) }
    }

    pub(super) fn setpgid(&mut self, me: ThreadId, process: u32, group: u32) -> Answer {
        let number = self.named(me, process)?;
        let caller = self.process_id(me);
        let session = self.process(me)?.session;
        let group = if group == 0 { number } else { group };
        if i32::try_from(group).is_err() {
            return Err(EINVAL.into());
        }
        let exists = self.processes.values().any(|p| p.group == group && p.session == session);
        let process = self.processes.get_mut(&number).ok_or(ESRCH)?;
        if number != caller && process.parent != caller {
            return Err(ESRCH.into());
        }
        if number != caller && process.has_executed {
            return Err(EACCES.into());
        }
        if process.session != session || process.session == number || group != number && !exists {
            return Err(EPERM.into());
        }
        process.group = group;
        Ok(0)
    }

    pub(super) fn getpgid(&mut self, me: ThreadId, process: u32) -> Answer {
        let number = self.named(me, process)?;
        Ok(self.processes.get(&number).ok_or(ESRCH)?.group.into())
    }

    pub(super) fn getsid(&mut self, me: ThreadId, process: u32) -> Answer {
        let number = self.named(me, process)?;
        Ok(self.processes.get(&number).ok_or(ESRCH)?.session.into())
    }

    pub(super) fn setsid(&mut self, me: ThreadId) -> Answer {
        let number = self.process_id(me);
        if self.processes.values().any(|process| process.group == number) {
            return Err(EPERM.into());
        }
        let process = self.process(me)?;
        (process.group, process.session) = (number, number);
        Ok(number.into())
    }
}
