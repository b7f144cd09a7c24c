//! The loader as supervisor, once the system runs: what it takes of the processor.

use crate::cap::Cap;
use crate::model::Model;
use crate::names::ComponentId;
use crate::object::{Kind, ObjectId};
use crate::span::Span;
use crate::thread::Role;

/// A part of a core's time: so much in each period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// Microseconds in each period.
    pub budget: u64,
    /// Microseconds.
    pub period: u64,
}

/// The core whose time the supervisor takes: the one that boots.
pub const CORE: u64 = 0;

/// What its clock takes, at its priority, in a system where something is started again. A period
/// is the unit of its delays. The kernel does not begin a call with less than 20 µs left.
pub const CLOCK: Share = Share { budget: 50, period: 10_000 };

/// What a component without time of its own gets, at its own priority, until it says that it is
/// initialised.
pub const NURSING: Share = Share { budget: 2500, period: 10_000 };

/// What the supervisor has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Supervision {
    /// Its priority.
    pub priority: u64,
    /// Its time.
    pub share: Share,
    /// Where that is written; [`Span::NOWHERE`]: nowhere.
    pub span: Span,
}

impl Default for Supervision {
    fn default() -> Self {
        let share = Share { budget: 5000, period: 10_000 };
        Self { priority: 255, share, span: Span::NOWHERE }
    }
}

/// A component that the supervisor gives time until it is initialised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nursed {
    /// The component.
    pub component: ComponentId,
    /// Its thread.
    pub thread: ObjectId,
    /// The badge by which it says that it is.
    pub ready: u64,
}

impl Model {
    /// Whether the supervisor counts time: somebody may be started again.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        self.supervisor.is_some() && self.components.iter().any(|part| part.restart.is_some())
    }

    /// Components that the supervisor gives time until they are initialised: those without any
    /// that can ring its bell.
    pub fn nursed(&self) -> impl Iterator<Item = Nursed> {
        let bell = self.supervisor.and(self.supervisor_bell);
        (0..).map(ComponentId).zip(&self.components).filter_map(move |(component, part)| {
            let (thread, node) = (part.thread?, part.cspace?);
            let Kind::Thread(own) = &self[thread].kind else { return None };
            if own.role(Role::SchedContext).is_some() {
                return None;
            }
            let ready = self[node].kind.slots().iter().find_map(|entry| match entry.cap {
                Cap::Notification { object, badge, .. } if Some(object) == bell => badge,
                _ => None,
            });
            Some(Nursed { component, thread, ready: ready? })
        })
    }
}
