//! Policy, waivers, assertions, domains.

use layout::span::Spanned;

use super::super::declare::{tables, words};
use super::super::forms::{Name, OneOrMany, Share, Sides};
use super::component::Control;

tables! {
    /// What the system must keep to.
    pub struct Policy {
        /// Memory that is writable and executable.
        wx: Leave = Leave::Deny,
        /// Two components that see the registers of one page of devices.
        device_page_sharing: Leave = Leave::Deny,
        /// Most of a core's time that may be promised to the real-time band.
        cpu_utilisation_max: Option<Spanned<Share>>,
        /// The threads that must meet their deadlines.
        rt_band: Option<Band>,
    }

    /// A band of priorities.
    pub struct Band {
        /// The lowest of them.
        min_prio: Spanned<u64>,
    }

    /// That a check need not hold.
    pub struct Waiver {
        /// The check's code.
        check: Name,
        /// For which component; else for the whole system.
        component: Option<Name>,
        /// Why.
        reason: String,
    }

    /// What is claimed: one of `isolated`, `only` and `never_holds`.
    pub struct Assertion {
        /// Nothing flows between these two sides.
        isolated: Option<Sides>,
        /// Nobody else reaches something.
        only: Option<Spanned<Only>>,
        /// Some components have no capability of a kind, and cannot get one.
        never_holds: Option<NeverHolds>,
        /// Components through which something may flow.
        trusting: Vec<Name>,
        /// Devices that are trusted to reach only their own memory.
        trusting_dma: Vec<Name>,
    }

    /// Nobody else reaches something: one of the first four, and who may.
    pub struct Only {
        /// What can be read: a region, a device, a component or an object.
        may_read: Option<Name>,
        /// What can be changed.
        may_write: Option<Name>,
        /// What can be called.
        may_call: Option<Name>,
        /// What can be signalled.
        may_signal: Option<Name>,
        /// Who may.
        are: Vec<Name>,
    }

    /// Some components have no capability of a kind, and cannot get one.
    pub struct NeverHolds {
        /// Who; `*` is everybody.
        who: OneOrMany<Name>,
        /// Which.
        cap: OneOrMany<Control>,
        /// Who may nevertheless.
        except: Vec<Name>,
    }

    /// The order of domains.
    pub struct Schedule {
        /// One after the other, again and again.
        turn: Vec<Spanned<Turn>>,
        /// The first turn; else somebody with the control capability begins.
        start: Option<u64>,
        /// The place of the first turn in the kernel's table.
        shift: u64 = 0,
    }

    /// A domain's turn: one of `us` and `ticks`.
    pub struct Turn {
        /// Which.
        domain: u64,
        /// How long, in microseconds.
        us: Option<u64>,
        /// How long, in ticks of the counter.
        ticks: Option<u64>,
    }
}

words! {
    /// Whether something that is often a mistake may be done.
    pub enum Leave {
        /// It is an error.
        Deny = "deny",
        /// It is a warning.
        Warn = "warn",
        /// Nothing is said.
        Allow = "allow",
    }
}
