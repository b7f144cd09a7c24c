//! Processes and threads.

use alloc::vec::Vec;

use super::{Address, Answer, Stop};
use crate::abi::errno::{E2BIG, ECHILD, EFAULT, EINVAL, EPERM, ESRCH, Errno};
use crate::abi::flags::{AT_FDCWD, PR_GET_NAME, PR_SET_NAME, WCONTINUED, WNOHANG, WUNTRACED};
use crate::abi::structures::RUSAGE_BYTES;
use crate::linux::{Linux, Program};
use crate::machine::{Machine, ThreadId};
use crate::process::end::exited;
use crate::process::fork::CloneArguments;
use crate::process::stack::LIMIT;
use crate::process::state::Life;
use crate::waiting::{Key, Wait};

impl<M: Machine> Linux<M> {
    pub(super) fn exit(&mut self, me: ThreadId, code: u32) -> Answer {
        let is_last = self.process(me)?.threads.len() == 1;
        if is_last {
            return self.exit_group(me, code);
        }
        self.end_thread(me);
        Err(Stop::Gone)
    }

    pub(super) fn exit_group(&mut self, me: ThreadId, code: u32) -> Answer {
        let number = self.process_id(me);
        self.end_process(number, exited(code));
        Err(Stop::Gone)
    }

    pub(super) fn clone_call(
        &mut self,
        me: ThreadId,
        flags: u64,
        stack: Address,
        parent_id: Address,
        thread_pointer: Address,
        child_id: Address,
    ) -> Answer {
        let arguments = CloneArguments { stack, parent_id, thread_pointer, child_id };
        self.clone_thread(me, flags, arguments)
    }

    pub(super) fn execve(
        &mut self,
        me: ThreadId,
        path: Address,
        arguments: Address,
        environment: Address,
    ) -> Answer {
        let path = self.path(me, path)?;
        let mut left = LIMIT;
        let arguments = self.texts(me, arguments, &mut left)?;
        let environment = self.texts(me, environment, &mut left)?;
        let viewer = self.viewer(me)?;
        let start = self.start_of(me, AT_FDCWD)?;
        let loaded = self.load(&viewer, &start, Program { path, arguments, environment })?;
        self.replace_program(me, loaded)?;
        Err(Stop::Gone)
    }

    /// The texts that an array of addresses names, up to a zero.
    fn texts(
        &mut self,
        me: ThreadId,
        array: Address,
        left: &mut usize,
    ) -> Result<Vec<Vec<u8>>, Errno> {
        let mut texts = Vec::new();
        if array == 0 {
            return Ok(texts);
        }
        for index in 0.. {
            let at = array.checked_add(8 * index).ok_or(EFAULT)?;
            let address = self.read_word(me, at)?;
            if address == 0 {
                break;
            }
            let text = self.read_text(me, address, *left).map_err(|errno| match errno {
                EFAULT => EFAULT,
                _ => E2BIG,
            })?;
            *left = left.checked_sub(text.len() + 9).ok_or(E2BIG)?;
            texts.push(text);
        }
        Ok(texts)
    }

    pub(super) fn wait4(
        &mut self,
        me: ThreadId,
        whom: i32,
        status: Address,
        options: u32,
        usage: Address,
    ) -> Answer {
        if options & !(WNOHANG | WUNTRACED | WCONTINUED) != 0 {
            return Err(EINVAL.into());
        }
        let number = self.process_id(me);
        let group = self.process(me)?.group;
        let is_meant = |child: u32, of: u32| match whom {
            -1 => true,
            0 => of == group,
            whom if whom > 0 => child == whom.unsigned_abs(),
            whom => of == whom.unsigned_abs(),
        };
        let mine = |(_, child): &(&u32, &crate::process::Process)| child.parent == number;
        let children = self.processes.iter().filter(mine);
        let mut children = children.filter(|(id, child)| is_meant(**id, child.group)).peekable();
        if children.peek().is_none() {
            return Err(ECHILD.into());
        }
        let ended = children.find_map(|(id, child)| match child.life {
            Life::Ended(status) => Some((*id, status)),
            Life::Alive => None,
        });
        match ended {
            Some((child, how)) => {
                if status != 0 {
                    self.write_memory(me, status, &how.to_le_bytes())?;
                }
                if usage != 0 {
                    self.write_memory(me, usage, &[0; RUSAGE_BYTES])?;
                }
                self.processes.remove(&child);
                Ok(child.into())
            }
            None if options & WNOHANG != 0 => Ok(0),
            None => Err(Stop::Wait(Wait::on(Key::Children(number)))),
        }
    }

    pub(super) fn set_tid_address(&mut self, me: ThreadId, address: Address) -> Answer {
        self.thread(me)?.clear_at_end = address;
        Ok(me.0.into())
    }

    /// Robust locks of a thread that ends are not released.
    pub(super) fn set_robust_list(&mut self, _me: ThreadId, _head: Address, length: u64) -> Answer {
        const HEAD_BYTES: u64 = 24;
        if length == HEAD_BYTES { Ok(0) } else { Err(EINVAL.into()) }
    }

    pub(super) fn getpid(&mut self, me: ThreadId) -> Answer {
        Ok(self.process_id(me).into())
    }

    pub(super) fn gettid(&mut self, me: ThreadId) -> Answer {
        Ok(me.0.into())
    }

    pub(super) fn getppid(&mut self, me: ThreadId) -> Answer {
        Ok(self.process(me)?.parent.into())
    }

    /// Everybody is root.
    pub(super) fn get_user(&mut self, _me: ThreadId) -> Answer {
        Ok(0)
    }

    pub(super) fn set_user(&mut self, _me: ThreadId, id: u32) -> Answer {
        if id == 0 { Ok(0) } else { Err(EPERM.into()) }
    }

    /// All numbers are 0, or stay as they are.
    pub(super) fn set_users(&mut self, me: ThreadId, real: u32, effective: u32) -> Answer {
        self.set_three_users(me, real, effective, 0)
    }

    pub(super) fn set_three_users(
        &mut self,
        _me: ThreadId,
        real: u32,
        effective: u32,
        saved: u32,
    ) -> Answer {
        let is_root = |id: &u32| matches!(*id, 0 | u32::MAX);
        if [real, effective, saved].iter().all(is_root) { Ok(0) } else { Err(EPERM.into()) }
    }

    pub(super) fn get_users(
        &mut self,
        me: ThreadId,
        real: Address,
        effective: Address,
        saved: Address,
    ) -> Answer {
        for address in [real, effective, saved] {
            self.write_memory(me, address, &[0; 4])?;
        }
        Ok(0)
    }

    /// All processes have the same priority: the answer is 20 less it.
    pub(super) fn getpriority(&mut self, _me: ThreadId, which: u32, _who: u32) -> Answer {
        if which > 2 { Err(EINVAL.into()) } else { Ok(20) }
    }

    pub(super) fn setpriority(&mut self, _me: ThreadId, which: u32, _who: u32) -> Answer {
        if which > 2 { Err(EINVAL.into()) } else { Ok(0) }
    }

    pub(super) fn getgroups(&mut self, _me: ThreadId, _size: u32, _buffer: Address) -> Answer {
        Ok(0)
    }

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
        let exists = self.processes.values().any(|p| p.group == group && p.session == session);
        let process = self.processes.get_mut(&number).ok_or(ESRCH)?;
        if number != caller && process.parent != caller {
            return Err(ESRCH.into());
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

    pub(super) fn umask(&mut self, me: ThreadId, mask: u32) -> Answer {
        let process = self.process(me)?;
        Ok(core::mem::replace(&mut process.umask, mask & 0o777).into())
    }

    pub(super) fn prctl(&mut self, me: ThreadId, option: u32, argument: u64) -> Answer {
        match option {
            PR_SET_NAME => {
                let mut name = [0; 16];
                let text = self.read_text(me, argument, 16).or_else(|errno| match errno {
                    EFAULT => Err(EFAULT),
                    _ => self.read_array::<15>(me, argument).map(Vec::from),
                })?;
                let count = text.len().min(15);
                name[..count].copy_from_slice(&text[..count]);
                self.thread(me)?.name = name;
            }
            PR_GET_NAME => {
                let name = self.thread(me)?.name;
                self.write_memory(me, argument, &name)?;
            }
            _ => return Err(EINVAL.into()),
        }
        Ok(0)
    }
}
