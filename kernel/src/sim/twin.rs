//! A copy of a kernel, to do the same step in two ways and compare what comes out.
//!
//! Objects are compared as values of their types, since the bytes between the fields of a value
//! mean nothing; user frames and free memory are compared byte for byte.

use std::format;
use std::string::String;

use platform::context::Context;

use crate::asid::AsidPool;
use crate::endpoint::Endpoint;
use crate::kernel::Kernel;
use crate::mem::{GRANULE_BITS, Kind, Mem, Obj, Object};
use crate::notification::Notification;
use crate::ready::ReadyQueues;
use crate::refill::Refill;
use crate::reply::Reply;
use crate::sched_context::SchedContext;
use crate::shadow::INTERIOR;
use crate::slot::Slot;
use crate::table::Table;
use crate::testing::Memory;
use crate::thread::Thread;

/// Granules that are compared at once.
const PAGE: usize = 4096 >> GRANULE_BITS;

/// A copy of a kernel with its memory.
pub(crate) struct Twin {
    pub(crate) kernel: Kernel,
    // The kernel's memory: it must live as long as the kernel.
    _memory: Memory,
}

impl Twin {
    /// A copy of a kernel.
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let memory = Memory::new(kernel.mem.bounds().1);
        let mem = memory.like(&kernel.mem);
        let domains = kernel.domains.count();
        let machine = kernel.machine.clone();
        let copy = Kernel::new(mem, machine, kernel.core_count, domains);
        let mut twin = Self { kernel: copy, _memory: memory };
        twin.copy_from(kernel);
        twin
    }

    /// The kernel, and the memory that must live as long as it.
    pub(crate) fn into_parts(self) -> (Kernel, Memory) {
        (self.kernel, self._memory)
    }

    /// Becomes equal to a kernel with as much memory.
    pub(crate) fn copy_from(&mut self, other: &Kernel) {
        self.kernel.copy_from(other);
    }
}

/// What differs between two kernels, if anything does.
pub(crate) fn difference(one: &Kernel, other: &Kernel) -> Option<String> {
    let Kernel {
        mem,
        machine,
        here,
        core_count,
        cores,
        ready,
        releases,
        domains,
        irqs,
        space_epoch,
        asids,
        khz,
        min_budget,
        verbose,
        utilisation,
        tally,
        work_left,
    } = one;
    difference_of_cores(one, other)
        .or_else(|| unlike("here", here, &other.here))
        .or_else(|| unlike("core_count", core_count, &other.core_count))
        .or_else(|| unlike("cores", cores, &other.cores))
        .or_else(|| unlike("ready", ready, &other.ready))
        .or_else(|| unlike("releases", releases, &other.releases))
        .or_else(|| unlike("domains", domains, &other.domains))
        .or_else(|| unlike("irqs", irqs, &other.irqs))
        .or_else(|| unlike("space_epoch", space_epoch, &other.space_epoch))
        .or_else(|| unlike("asids", asids, &other.asids))
        .or_else(|| unlike("khz", khz, &other.khz))
        .or_else(|| unlike("min_budget", min_budget, &other.min_budget))
        .or_else(|| unlike("verbose", verbose, &other.verbose))
        .or_else(|| unlike("utilisation", utilisation, &other.utilisation))
        .or_else(|| unlike("tally", tally, &other.tally))
        .or_else(|| unlike("work_left", work_left, &other.work_left))
        .or_else(|| difference_of_memories(mem, &other.mem))
        .or_else(|| unlike("events", machine.events(), other.machine.events()))
        .or_else(|| unlike("machine", machine, &other.machine))
}

/// The executing core first: all cores together are hard to read.
fn difference_of_cores(one: &Kernel, other: &Kernel) -> Option<String> {
    unlike("core", one.core(), other.core())
}

fn unlike<T: PartialEq + core::fmt::Debug + ?Sized>(
    what: &str,
    one: &T,
    other: &T,
) -> Option<String> {
    (one != other).then(|| format!("{what}:\n  {one:?}\n  {other:?}"))
}

/// The first object, or user memory, that differs. Only pages that look different are searched.
fn difference_of_memories(one: &Mem, other: &Mem) -> Option<String> {
    if one.kinds() != other.kinds() {
        return Some("there are other objects".into());
    }
    let granules = one.kinds().len();
    let pages = (0..granules).step_by(PAGE).map(|first| first..granules.min(first + PAGE));
    let unlike = pages.filter(|page| !one.looks_like(other, page.start, page.len()));
    unlike.flatten().find_map(|granule| match one.kinds()[granule] {
        NOTHING => difference_of_bytes(one, other, granule),
        INTERIOR.. => None,
        kind => COMPARE[usize::from(kind) - 1](one, other, granule),
    })
}

const NOTHING: u8 = Kind::Nothing as u8;

fn difference_of_bytes(one: &Mem, other: &Mem, granule: usize) -> Option<String> {
    (!one.looks_like(other, granule, 1)).then(|| format!("bytes at granule {granule:#x}"))
}

/// Compares the objects of one type that begin at a granule.
type Compare = fn(&Mem, &Mem, usize) -> Option<String>;

/// By kind, of which the first is nothing.
const COMPARE: [Compare; 11] = [
    compare::<Slot>,
    compare::<Endpoint>,
    compare::<Notification>,
    compare::<Reply>,
    compare::<Thread>,
    compare::<Context>,
    compare::<SchedContext>,
    compare::<Refill>,
    compare::<Table>,
    compare::<AsidPool>,
    compare::<ReadyQueues>,
];

fn compare<T: Object + PartialEq + core::fmt::Debug>(
    one: &Mem,
    other: &Mem,
    granule: usize,
) -> Option<String> {
    let address = one.bounds().0.0 + ((granule as u64) << GRANULE_BITS);
    let object: Obj<T> = one.at(platform::address::PhysicalAddress(address))?;
    let (one, other) = (one.get(object), other.get(object));
    if one == other { None } else { unlike(&format!("{:?} {object:?}", T::KIND), one, other) }
}

#[cfg(test)]
mod tests {
    use abi::ObjectType;
    use platform::contract::Platform;

    use super::*;
    use crate::sim::System;

    /// Something done to a kernel.
    type Change<'a> = &'a dyn Fn(&mut Kernel);

    #[test]
    fn a_copy_is_equal_until_anything_changes() {
        let mut system = System::new();
        let page = system.make(ObjectType::SmallPage, 0);
        let frame = match system.cap(page) {
            crate::cap::Cap::Page(page) => page.start(),
            other => panic!("{other:?}"),
        };
        let mut twin = Twin::of(system.kernel());
        assert_eq!(difference(&twin.kernel, system.kernel()), None);
        let (thread, slot) = (system.root(), system.slot(page));
        let changes: [(&str, Change<'_>); 8] = [
            ("Thread", &|kernel| kernel[thread].priority -= 1),
            ("Context", &|kernel| kernel.registers_mut(thread).x[30] += 1),
            ("Slot", &|kernel| kernel[slot].cap = crate::cap::Cap::Null),
            ("bytes", &|kernel| kernel.mem.write_user(frame, 1)),
            ("core", &|kernel| kernel.core_mut().used += 1),
            ("work_left", &|kernel| kernel.work_left -= 1),
            ("machine", &|kernel| kernel.machine.set_now(1 << 40)),
            ("events", &|kernel| {
                kernel.machine.record_events(true);
                kernel.machine.publish_tables();
            }),
        ];
        for (name, change) in changes {
            twin.copy_from(system.kernel());
            change(&mut twin.kernel);
            let found = difference(&twin.kernel, system.kernel()).expect("a difference");
            assert!(found.starts_with(name), "{name}: {found}");
            assert_eq!(difference(system.kernel(), system.kernel()), None);
        }
    }
}
