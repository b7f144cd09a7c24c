//! Bounded creation of objects at run time: what a component needs for it.

use abi::directory::Kind as Entry;
use layout::cap::Cap;
use layout::names::{Pool, PoolKind, PoolMemory};
use layout::object::{AsidPool, Kind, Untyped};
use layout::span::Spanned;

use super::Expander;
use super::draft::Holding;
use crate::Diagnostic;
use crate::code::Code;
use crate::front::format::component as spec;
use crate::front::forms::Size;
use crate::front::limits::MEMBERS;

/// Bytes of a thread: no member takes less.
const LEAST_MEMBER: u64 = 1 << abi::ObjectType::Thread.size_bits(0);
/// Most cores that the kernel uses.
const MOST_CORES: u64 = 8;
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
        if pool.max > MEMBERS {
            let message = format!("the pool `{}` may have more than {MEMBERS} members", name.value);
            self.error(
                Code::PARAMETER,
                message,
                name.span,
                ("too many", "let `max` be smaller, or make several pools"),
            );
            return;
        }
        let Some(memory) = self.pool_memory(draft, pool) else { return };
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

    /// The memory of a pool's members; `None`, and told, if there is none.
    fn pool_memory(&mut self, draft: usize, pool: &spec::Pool) -> Option<PoolMemory> {
        let name = &pool.name;
        let spec = &self.drafts[draft].spec.value;
        match (pool.member_size, pool.untyped.as_ref()) {
            (Some(size), Some(shared)) => {
                let message = format!("the pool `{}` has memory in two ways", name.value);
                let wrong = Diagnostic::error(Code::WRONG_TYPE, message);
                let wrong = wrong.at(shared.span, "for all members together");
                let wrong = wrong.at(size.span, "for each of them");
                self.report.push(wrong.help("leave out `untyped`, or `member_size`"));
                None
            }
            (Some(size), None) => self.pieces(draft, pool, size),
            (None, shared) => {
                let Some(memory) = shared.or(spec.untyped.first()) else {
                    let message =
                        format!("the pool `{}` has no memory to make members of", name.value);
                    let wrong = Diagnostic::error(Code::WRONG_TYPE, message);
                    let wrong = wrong.at(name.span, "neither `member_size` nor `untyped`");
                    self.report.push(wrong.help("write `member_size = \"64K\"`, or as it needs"));
                    return None;
                };
                self.object(memory).map(PoolMemory::Shared)
            }
        }
    }

    /// A piece of memory for each member.
    fn pieces(
        &mut self,
        draft: usize,
        pool: &spec::Pool,
        size: Spanned<Size>,
    ) -> Option<PoolMemory> {
        let name = &pool.name;
        let bytes = size.value.0;
        if !bytes.is_power_of_two() || bytes < LEAST_MEMBER {
            let message = format!("members of the pool `{}` cannot have {bytes} bytes", name.value);
            let wrong = Diagnostic::error(Code::NUMBER, message).at(size.span, "of each member");
            let help = format!("use a power of two from {LEAST_MEMBER} on, as a thread takes it");
            self.report.push(wrong.help(help));
            return None;
        }
        let bits = u64::from(bytes.trailing_zeros());
        let pieces = (0..pool.max).map(|member| {
            let owner = &self.drafts[draft].spec.name;
            let object = format!("{owner}/{}/{member}/memory", name.value);
            let kind = Kind::Untyped(Untyped { bits, address: None });
            let piece = self.add(Some(draft), object, kind, size.span);
            let held = Holding { cap: Cap::Untyped(piece), extent: bits, span: size.span };
            self.hold_with(draft, Entry::Untyped, format!("{}.{member}", name.value), held);
            piece
        });
        Some(PoolMemory::Pieces(pieces.collect()))
    }

    /// Capabilities to the component itself. Who may make objects needs slots to put them into,
    /// and mostly wants to map what it makes.
    fn own(&mut self, draft: usize) {
        let spec = self.drafts[draft].spec;
        let has_pieces = spec.value.pool.0.iter().any(|pool| pool.member_size.is_some());
        let makes = has_pieces || !spec.value.untyped.is_empty();
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
            self.error(
                Code::PARAMETER,
                message,
                span,
                ("of this component", "let `spare_slots` or `max` of its pools be smaller"),
            );
            return;
        }
        self.drafts[draft].spare = all;
    }
}
