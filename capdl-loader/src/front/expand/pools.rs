//! Bounded creation of objects at run time: what a component needs for it.

use abi::directory::Kind as Entry;
use layout::cap::Cap;
use layout::names::{Pool, PoolKind};
use layout::object::{AsidPool, Kind};

use super::Expander;
use super::draft::Holding;
use crate::code::Code;
use crate::front::format::component as spec;

/// Most cores that the kernel uses.
const MOST_CORES: u64 = 8;
/// Most members of a pool.
const MOST: u64 = 4096;
/// Slots for a member that is a thread: its thread, IPC buffer, stack, and one to spare.
const THREAD_SLOTS: u64 = 4;
/// Slots for a member with an address space: tables and pages, too.
const PROCESS_SLOTS: u64 = 64;
/// Most empty slots of a component.
const MOST_SPARE: u64 = 1 << 20;

impl Expander<'_> {
    /// Untyped memory, ASID pools, authority over the machine, and pools of all components.
    pub(super) fn pools(&mut self) {
        for draft in 0..self.drafts.len() {
            let spec = &self.drafts[draft].spec.value;
            self.spare(draft, spec.spare_slots);
            for name in &spec.untyped {
                let layout = self.layout;
                let Some(_) = self.find("untyped memory", &layout.untyped, name) else { continue };
                let Some(object) = self.object(name) else { continue };
                let bits = match self.model[object].kind {
                    Kind::Untyped(untyped) => untyped.bits,
                    _ => 0,
                };
                let held = Holding { cap: Cap::Untyped(object), extent: bits, span: name.span };
                self.hold_with(draft, Entry::Untyped, name.value.clone(), held);
            }
            self.whole_machine(draft);
            for pool in &spec.pool.0 {
                self.pool(draft, pool);
            }
            self.own(draft);
        }
    }

    /// Capabilities that give authority over the whole machine.
    fn whole_machine(&mut self, draft: usize) {
        let spec = self.drafts[draft].spec;
        for control in &spec.value.control {
            let caps: Vec<(String, Cap)> = match control {
                spec::Control::Irq => vec![(control.word().into(), Cap::IrqControl)],
                spec::Control::Asid => vec![(control.word().into(), Cap::AsidControl)],
                spec::Control::Domain => vec![(control.word().into(), Cap::DomainControl)],
                spec::Control::SecureMonitor => {
                    vec![(control.word().into(), Cap::SecureMonitor { badge: None })]
                }
                spec::Control::Sched => {
                    let cores = 0..self.model.target.cores.min(MOST_CORES);
                    cores
                        .map(|core| (format!("sched_control.{core}"), Cap::SchedControl { core }))
                        .collect()
                }
            };
            for (name, cap) in caps {
                self.hold(draft, Entry::Control, name, cap, spec.span);
            }
        }
        if spec.value.asid_pool {
            let pool = AsidPool { high: None, slots: Vec::new() };
            let name = format!("{}/asid_pool", spec.name);
            let pool = self.add(Some(draft), name, Kind::AsidPool(pool), spec.span);
            self.hold(draft, Entry::AsidPool, String::new(), Cap::AsidPool(pool), spec.span);
        }
    }

    fn pool(&mut self, draft: usize, pool: &spec::Pool) {
        let name = &pool.name;
        if pool.max > MOST {
            let message = format!("the pool `{}` may have more than {MOST} members", name.value);
            self.error(Code::PARAMETER, message, name.span, "too many");
            return;
        }
        let memory = pool.untyped.as_ref().or(self.drafts[draft].spec.value.untyped.first());
        let Some(memory) = memory else {
            let message = format!("the pool `{}` has no memory to make members of", name.value);
            self.error(Code::WRONG_TYPE, message, name.span, "give it `untyped`");
            return;
        };
        let Some(memory) = self.object(memory) else { return };
        let (kind, slots) = match pool.kind {
            spec::PoolKind::Thread => (PoolKind::Threads, THREAD_SLOTS),
            spec::PoolKind::Process => (PoolKind::Processes, PROCESS_SLOTS),
        };
        self.spare(draft, pool.max * slots);
        let mut times = Vec::new();
        if let Some(sched) = &pool.sched {
            for member in 0..pool.max {
                let object = format!("{}/{}/{member}", self.drafts[draft].spec.name, name.value);
                let time = self.time(draft, object, sched, name.span);
                times.push(time);
                let name_of = format!("{}.{member}", name.value);
                self.hold(draft, Entry::SchedContext, name_of, Cap::SchedContext(time), name.span);
            }
        }
        self.model.pools.push(Pool {
            name: name.value.clone(),
            span: name.span,
            owner: self.drafts[draft].id,
            most: pool.max,
            kind,
            max_priority: pool.prio_max.value,
            memory,
            times,
        });
    }

    /// Capabilities to the component itself. Who may make objects needs slots to put them into,
    /// and mostly wants to map what it makes.
    fn own(&mut self, draft: usize) {
        let spec = self.drafts[draft].spec;
        let makes = !spec.value.untyped.is_empty();
        let wants = |own| spec.value.own.contains(&own);
        let itself = || "self".to_string();
        if makes || wants(spec::Own::CSpace) {
            let object = self.drafts[draft].cspace;
            let cap = Cap::CNode { object, guard: 0, guard_bits: None };
            self.hold(draft, Entry::CSpace, itself(), cap, spec.span);
        }
        if makes || wants(spec::Own::VSpace) {
            let cap = Cap::PageTable(self.drafts[draft].vspace);
            self.hold(draft, Entry::VSpace, itself(), cap, spec.span);
        }
        if let Some(time) = self.drafts[draft].time.filter(|_| wants(spec::Own::SchedContext)) {
            self.hold(draft, Entry::SchedContext, itself(), Cap::SchedContext(time), spec.span);
        }
    }

    fn spare(&mut self, draft: usize, slots: u64) {
        let span = self.drafts[draft].spec.span;
        let all = self.drafts[draft].spare.saturating_add(slots);
        if all > MOST_SPARE {
            let message = format!("more than {MOST_SPARE} empty slots");
            self.error(Code::PARAMETER, message, span, "of this component");
            return;
        }
        self.drafts[draft].spare = all;
    }
}
