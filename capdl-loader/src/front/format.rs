//! The format `*.layout.toml`: what may stand in it, as types.
//!
//! | module | what |
//! |---|---|
//! | [`component`] | components |
//! | [`memory`] | devices, regions, untyped memory, interrupts |
//! | [`channel`] | how components talk |
//! | [`rules`] | policy, waivers, assertions, domains |
//! | [`raw`] | objects and capabilities that the rest has no words for |

pub mod channel;
pub mod component;
pub mod memory;
pub mod raw;
pub mod rules;

use super::declare::tables;
use super::forms::{Keyed, Name, Version};
use channel::Channel;
use component::Component;
use layout::span::Spanned;
use memory::{Device, Interrupt, Region, Untyped};
use raw::Raw;
use rules::{Assertion, Policy, Schedule, Waiver};

tables! {
    /// A whole system.
    pub struct Layout {
        /// The version of the format.
        layout: Version,
        /// The system's name; else that of the file.
        name: Option<String>,
        /// The board that it runs on: a name, or the path of a file from this one.
        board: Name,
        /// What the kernel is built and started with.
        kernel: Option<Spanned<Kernel>>,
        /// What the system must keep to.
        policy: Option<Policy>,
        /// Checks that need not hold.
        waive: Vec<Waiver>,
        /// Devices, by nodes of the device tree.
        device: Keyed<Device>,
        /// Memory that several components may see.
        region: Keyed<Region>,
        /// Memory for components to make objects of.
        untyped: Keyed<Untyped>,
        /// Interrupts that belong to no device.
        interrupt: Keyed<Interrupt>,
        /// The parts that run by themselves.
        component: Keyed<Component>,
        /// How they talk.
        channel: Vec<Spanned<Channel>>,
        /// What is claimed of the system, to be proven by the tool.
        assert: Vec<Spanned<Assertion>>,
        /// The order of domains.
        schedule: Option<Schedule>,
        /// What the loader has once the system runs, as supervisor.
        supervisor: Option<Spanned<Supervisor>>,
        /// Objects and capabilities that the rest has no words for.
        raw: Option<Raw>,
    }

    /// What the loader has once the system runs, as supervisor: it prints for components, hears of
    /// their failures and starts them again. It runs on core 0.
    pub struct Supervisor {
        /// Its priority, 0 to 255. Who has a higher one is not disturbed by failures of others.
        prio: u64 = 255,
        /// Microseconds in each period.
        budget_us: u64 = 5000,
        /// Microseconds.
        period_us: u64 = 10000,
    }

    /// What the kernel is built and started with.
    pub struct Kernel {
        /// Time is given by scheduling contexts. There is no other kernel.
        mcs: bool = true,
        /// Cores that it uses; else all of the board.
        cores: Option<u64>,
        /// Domains that it has.
        domains: u64 = 1,
        /// `log2` of the slots of the loader's CNode: the boot option `tessera.root_cnode_bits`.
        root_cnode_bits: u64 = 13,
        /// Whether it boots with `tessera.export=vcounter`, so that programs can read the counter:
        /// limits of restarts need it.
        counter: bool = false,
    }
}
