//! For whom a process works: users and groups.

use alloc::vec::Vec;

use super::{Address, Answer};
use crate::abi::errno::{EINVAL, EPERM, Errno};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::credentials::{Credentials, Identity};

/// Most further groups.
const GROUPS: u32 = 65_536;

impl<M: Machine> Linux<M> {
    fn credentials(&mut self, me: ThreadId) -> Result<&mut Credentials, Errno> {
        Ok(&mut self.process(me)?.credentials)
    }

    pub(super) fn getuid(&mut self, me: ThreadId) -> Answer {
        Ok(self.credentials(me)?.user.real.into())
    }

    pub(super) fn geteuid(&mut self, me: ThreadId) -> Answer {
        Ok(self.credentials(me)?.user.effective.into())
    }

    pub(super) fn getgid(&mut self, me: ThreadId) -> Answer {
        Ok(self.credentials(me)?.group.real.into())
    }

    pub(super) fn getegid(&mut self, me: ThreadId) -> Answer {
        Ok(self.credentials(me)?.group.effective.into())
    }

    pub(super) fn setuid(&mut self, me: ThreadId, user: u32) -> Answer {
        let own = self.credentials(me)?;
        own.user.set(user, own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setgid(&mut self, me: ThreadId, group: u32) -> Answer {
        let own = self.credentials(me)?;
        own.group.set(group, own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setreuid(&mut self, me: ThreadId, real: u32, effective: u32) -> Answer {
        let own = self.credentials(me)?;
        own.user.set_two(real, effective, own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setregid(&mut self, me: ThreadId, real: u32, effective: u32) -> Answer {
        let own = self.credentials(me)?;
        own.group.set_two(real, effective, own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setresuid(
        &mut self,
        me: ThreadId,
        real: u32,
        effective: u32,
        saved: u32,
    ) -> Answer {
        let own = self.credentials(me)?;
        own.user.set_three([real, effective, saved], own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setresgid(
        &mut self,
        me: ThreadId,
        real: u32,
        effective: u32,
        saved: u32,
    ) -> Answer {
        let own = self.credentials(me)?;
        own.group.set_three([real, effective, saved], own.is_privileged())?;
        Ok(0)
    }

    pub(super) fn setfsuid(&mut self, me: ThreadId, user: u32) -> Answer {
        let own = self.credentials(me)?;
        Ok(own.user.set_files(user, own.is_privileged()).into())
    }

    pub(super) fn setfsgid(&mut self, me: ThreadId, group: u32) -> Answer {
        let own = self.credentials(me)?;
        Ok(own.group.set_files(group, own.is_privileged()).into())
    }

    pub(super) fn getresuid(
        &mut self,
        me: ThreadId,
        real: Address,
        effective: Address,
        saved: Address,
    ) -> Answer {
        let user = self.credentials(me)?.user;
        self.tell_identity(me, user, [real, effective, saved])
    }

    pub(super) fn getresgid(
        &mut self,
        me: ThreadId,
        real: Address,
        effective: Address,
        saved: Address,
    ) -> Answer {
        let group = self.credentials(me)?.group;
        self.tell_identity(me, group, [real, effective, saved])
    }

    fn tell_identity(&mut self, me: ThreadId, identity: Identity, to: [Address; 3]) -> Answer {
        let numbers = [identity.real, identity.effective, identity.saved];
        for (address, number) in to.into_iter().zip(numbers) {
            self.write_memory(me, address, &number.to_le_bytes())?;
        }
        Ok(0)
    }

    pub(super) fn getgroups(&mut self, me: ThreadId, size: u32, buffer: Address) -> Answer {
        let groups = self.credentials(me)?.groups.clone();
        if size == 0 {
            return Ok(groups.len() as u64);
        }
        if (size as usize) < groups.len() {
            return Err(EINVAL.into());
        }
        let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
        self.write_memory(me, buffer, &bytes)?;
        Ok(groups.len() as u64)
    }

    pub(super) fn setgroups(&mut self, me: ThreadId, size: u32, buffer: Address) -> Answer {
        if !self.credentials(me)?.is_privileged() {
            return Err(EPERM.into());
        }
        if size > GROUPS {
            return Err(EINVAL.into());
        }
        let mut bytes = alloc::vec![0; 4 * size as usize];
        self.read_memory(me, buffer, &mut bytes)?;
        let groups = bytes.as_chunks().0.iter().map(|group| u32::from_le_bytes(*group));
        self.credentials(me)?.groups = groups.collect();
        Ok(0)
    }
}
