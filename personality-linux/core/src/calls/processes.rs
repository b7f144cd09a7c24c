//! Processes and threads.

use alloc::vec::Vec;

use super::{Address, Answer, Stop};
use crate::abi::errno::{E2BIG, EFAULT, EINVAL, Errno};
use crate::abi::flags::{AT_FDCWD, PR_GET_NAME, PR_SET_NAME};
use crate::linux::{Linux, Program};
use crate::machine::{Machine, ThreadId};
use crate::process::end::exited;
use crate::process::fork::CloneArguments;
use crate::process::stack::LIMIT;

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

    /// All processes have the same priority: the answer is 20 less it.
    pub(super) fn getpriority(&mut self, _me: ThreadId, which: u32, _who: u32) -> Answer {
        if which > 2 { Err(EINVAL.into()) } else { Ok(20) }
    }

    pub(super) fn setpriority(&mut self, _me: ThreadId, which: u32, _who: u32) -> Answer {
        if which > 2 { Err(EINVAL.into()) } else { Ok(0) }
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
