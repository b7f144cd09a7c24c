//! Waiting for children.

use super::{Address, Answer, Stop};
use crate::abi::errno::{ECHILD, EINVAL};
use crate::abi::flags::{
    P_ALL, P_PGID, P_PID, WANY, WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WUNTRACED,
};
use crate::abi::signals::{CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT};
use crate::abi::structures::signal_info;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::process::Process;
use crate::process::end::how_ended;
use crate::process::state::{Life, Notice};
use crate::waiting::{Key, Wait};

/// Which children are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whom {
    All,
    One(u32),
    Group(u32),
}

/// What has happened to a child.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// With this status.
    Ended(u32),
    Noticed(Notice),
}

impl Change {
    /// As `wait4` tells it.
    const fn status(self) -> u32 {
        match self {
            Self::Ended(status) => status,
            Self::Noticed(Notice::Stopped(signal)) => 0x7f | (signal.number() as u32) << 8,
            Self::Noticed(Notice::Continued) => 0xffff,
        }
    }

    /// As `waitid` tells it: code and status.
    const fn code(self) -> (i32, u32) {
        match self {
            Self::Ended(status) => how_ended(status),
            Self::Noticed(Notice::Stopped(signal)) => (CLD_STOPPED, signal.number() as u32),
            Self::Noticed(Notice::Continued) => (CLD_CONTINUED, SIGCONT.number() as u32),
        }
    }

    /// What has happened to a child that its parent asks about.
    fn of(child: &Process, options: u32) -> Option<Self> {
        let asks = |option| options & option != 0;
        match (child.life, child.notice) {
            (Life::Ended(status), _) if asks(WEXITED) => Some(Self::Ended(status)),
            (Life::Alive, Some(notice @ Notice::Stopped(_))) if asks(WUNTRACED) => {
                Some(Self::Noticed(notice))
            }
            (Life::Alive, Some(notice @ Notice::Continued)) if asks(WCONTINUED) => {
                Some(Self::Noticed(notice))
            }
            _ => None,
        }
    }
}

impl<M: Machine> Linux<M> {
    pub(super) fn wait4(
        &mut self,
        me: ThreadId,
        whom: i32,
        status: Address,
        options: u32,
        usage: Address,
    ) -> Answer {
        if options & !(WNOHANG | WUNTRACED | WCONTINUED | WANY) != 0 {
            return Err(EINVAL.into());
        }
        let own_group = self.process(me)?.group;
        let whom = match whom {
            -1 => Whom::All,
            0 => Whom::Group(own_group),
            whom if whom > 0 => Whom::One(whom.unsigned_abs()),
            whom => Whom::Group(whom.unsigned_abs()),
        };
        let Some((child, change)) = self.changed_child(me, whom, options | WEXITED)? else {
            return Ok(0);
        };
        if status != 0 {
            self.write_memory(me, status, &change.status().to_le_bytes())?;
        }
        if usage != 0 {
            let bytes = self.usage_of(child);
            self.write_memory(me, usage, &bytes)?;
        }
        self.acknowledge(child, change);
        Ok(child.into())
    }

    pub(super) fn waitid(
        &mut self,
        me: ThreadId,
        kind: u32,
        whom: u32,
        info: Address,
        options: u32,
        usage: Address,
    ) -> Answer {
        const ASKS: u32 = WEXITED | WUNTRACED | WCONTINUED;
        if options & !(ASKS | WNOHANG | WNOWAIT | WANY) != 0 || options & ASKS == 0 {
            return Err(EINVAL.into());
        }
        let own_group = self.process(me)?.group;
        let whom = match (kind, whom) {
            (P_ALL, _) => Whom::All,
            (P_PID, 1..) => Whom::One(whom),
            (P_PGID, 0) => Whom::Group(own_group),
            (P_PGID, group) => Whom::Group(group),
            _ => return Err(EINVAL.into()),
        };
        let changed = self.changed_child(me, whom, options)?;
        if info != 0 {
            let bytes = match changed {
                Some((child, change)) => {
                    let user = self.processes.get(&child).map_or(0, |c| c.credentials.user.real);
                    let (code, status) = change.code();
                    signal_info(SIGCHLD.number(), code, [child, user, status, 0], 0)
                }
                None => signal_info(0, 0, [0; 4], 0),
            };
            self.write_memory(me, info, &bytes)?;
        }
        let Some((child, change)) = changed else { return Ok(0) };
        if usage != 0 {
            let bytes = self.usage_of(child);
            self.write_memory(me, usage, &bytes)?;
        }
        if options & WNOWAIT == 0 {
            self.acknowledge(child, change);
        }
        Ok(0)
    }

    /// A child to which something has happened; none if the caller does not want to wait for that.
    fn changed_child(
        &mut self,
        me: ThreadId,
        whom: Whom,
        options: u32,
    ) -> Result<Option<(u32, Change)>, Stop> {
        let number = self.process_id(me);
        let is_meant = |id: u32, child: &Process| match whom {
            Whom::All => true,
            Whom::One(number) => id == number,
            Whom::Group(group) => child.group == group,
        };
        let mine = self.processes.iter().filter(|(_, child)| child.parent == number);
        let mut children = mine.filter(|(id, child)| is_meant(**id, child)).peekable();
        if children.peek().is_none() {
            return Err(ECHILD.into());
        }
        let changed = children.find_map(|(id, child)| Some((*id, Change::of(child, options)?)));
        match changed {
            None if options & WNOHANG == 0 => Err(Stop::Wait(Wait::on(Key::Children(number)))),
            changed => Ok(changed),
        }
    }

    /// The parent knows now what has happened to its child.
    fn acknowledge(&mut self, child: u32, change: Change) {
        match change {
            Change::Ended(_) => self.forget_process(child),
            Change::Noticed(_) => {
                if let Some(child) = self.processes.get_mut(&child) {
                    child.notice = None;
                }
            }
        }
    }
}
