//! Invariants of time and of the scheduler's queues.

use super::{Checked, ensure};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::sched_context::SchedContext;
use crate::thread::{Queued, Thread};

/// The refills of a context sum to its budget, are sorted and disjoint, and the first is of use.
pub(super) fn refills_are_sound(kernel: &Kernel) -> Checked {
    for context in kernel.mem.all::<SchedContext>() {
        let (here, at) = (&kernel[context], context.granule());
        if !here.is_configured() {
            continue;
        }
        let head = kernel.head_refill(context);
        if here.is_round_robin() {
            ensure(head.amount <= here.budget, "a turn is no longer than the budget", at)?;
            continue;
        }
        let mut sum = 0;
        let mut last: Option<crate::refill::Refill> = None;
        for refill in kernel.refill_list(context) {
            sum += refill.amount;
            let apart = last.is_none_or(|last| last.end() <= refill.time);
            ensure(apart, "refills are sorted and disjoint", at)?;
            last = Some(refill);
        }
        ensure(sum == here.budget, "refills sum to the budget", at)?;
        ensure(head.amount >= kernel.min_budget(), "the first refill is of use", at)?;
    }
    Ok(())
}

/// A thread is in the queue that it believes to be in, and in no other; a queued thread is
/// schedulable; the current thread is in no queue.
pub(super) fn every_thread_has_one_place(kernel: &Kernel) -> Checked {
    for thread in kernel.mem.all::<Thread>() {
        let (here, at) = (&kernel[thread], thread.granule());
        let ready = (0..kernel.queue_sets()).map(|set| ready_count(kernel, set, thread)).sum();
        let released = (0..kernel.core_count)
            .filter_map(|core| kernel.release_queues(core))
            .flat_map(|queues| kernel[queues].roots)
            .map(|root| release_count(kernel, root, thread))
            .sum();
        let (in_ready, in_release): (usize, usize) = (ready, released);
        let wanted = match here.queued {
            Queued::No => (0, 0),
            Queued::Ready => (1, 0),
            Queued::Release => (0, 1),
        };
        ensure((in_ready, in_release) == wanted, "a thread is where it believes to be", at)?;
        if here.queued == Queued::Ready {
            ensure(kernel.is_schedulable(thread), "a ready thread is schedulable", at)?;
        }
        if here.queued == Queued::Release {
            ensure(here.state.is_runnable(), "a thread that waits for time is runnable", at)?;
            ensure(here.sched_context.is_some(), "a thread that waits for time has some", at)?;
        }
        let current = kernel.cores.iter().filter(|core| core.current == Some(thread)).count();
        ensure(current <= 1, "a thread runs on one core", at)?;
        let idle_queue = current == 0 || here.queued == Queued::No || kernel.core_count > 1;
        ensure(idle_queue, "the current thread is in no queue", at)?;
        let waits = current == 1 || here.queued != Queued::No || !kernel.is_schedulable(thread);
        ensure(waits, "a schedulable thread runs or is queued", at)?;
    }
    Ok(())
}

/// Whoever is ready or runs has time that may be used by now: other time is waited for.
pub(super) fn time_that_is_used_was_released(kernel: &Kernel) -> Checked {
    // A core may have been given a thread since it last looked at the clock.
    let now = kernel.cores.iter().map(|core| core.time).max().unwrap_or(0);
    for thread in kernel.mem.all::<Thread>() {
        let here = &kernel[thread];
        let core = &kernel.cores[usize::from(here.core)];
        let is_used = here.queued == Queued::Ready || core.current == Some(thread);
        let context = here.sched_context.filter(|context| kernel[*context].is_configured());
        if let (true, Some(context)) = (is_used && kernel.is_schedulable(thread), context) {
            let released = kernel.head_refill(context).time <= now;
            ensure(released, "time that is used was released", thread.granule())?;
        }
    }
    Ok(())
}

fn ready_count(kernel: &Kernel, set: usize, thread: Obj<Thread>) -> usize {
    let mut count = 0;
    for priority in 0..=abi::MAX_PRIORITY {
        let mut next = kernel[kernel.queues(set)].first(priority);
        while let Some(other) = next {
            count += usize::from(other == thread && kernel[other].priority == priority);
            next = kernel[other].ready.next;
        }
    }
    count
}

fn release_count(kernel: &Kernel, root: Option<Obj<Thread>>, thread: Obj<Thread>) -> usize {
    let Some(here) = root else { return 0 };
    let place = kernel[here].release;
    usize::from(here == thread)
        + release_count(kernel, place.left, thread)
        + release_count(kernel, place.right, thread)
}

/// Parents are due before their children, ranks lean left, and times are those of the refills.
pub(crate) fn release_queues_are_heaps(kernel: &Kernel) -> Checked {
    for core in 0..kernel.core_count {
        let Some(queues) = kernel.release_queues(core) else { return Ok(()) };
        let earliest = kernel.cores[core].earliest_release == kernel[queues].earliest();
        ensure(earliest, "a core knows when its first thread is due", queues.granule())?;
        for (priority, root) in (0..=abi::MAX_PRIORITY).zip(kernel[queues].roots) {
            let known = kernel[queues].knows(priority, kernel);
            ensure(known, "the times of roots stand beside them", queues.granule())?;
            heap_below(kernel, root, None)?;
        }
    }
    Ok(())
}

fn heap_below(kernel: &Kernel, node: Option<Obj<Thread>>, parent: Option<Obj<Thread>>) -> Checked {
    let Some(here) = node else { return Ok(()) };
    let (place, at) = (kernel[here].release, here.granule());
    ensure(place.parent == parent, "children know their parent", at)?;
    if let Some(parent) = parent {
        ensure(kernel[parent].release.time <= place.time, "parents are due first", at)?;
    }
    let rank = |node: Option<Obj<Thread>>| node.map_or(0, |node| kernel[node].release.rank);
    let leans = rank(place.left) >= rank(place.right) && place.rank == rank(place.right) + 1;
    ensure(leans, "ranks lean left", at)?;
    if let Some(context) = kernel[here].sched_context {
        let time = kernel.head_refill(context).time;
        ensure(time == place.time, "a thread waits for its first refill", at)?;
    }
    heap_below(kernel, place.left, Some(here))?;
    heap_below(kernel, place.right, Some(here))
}

/// No ready thread has a higher priority than the one that runs.
pub(super) fn the_best_thread_runs(kernel: &Kernel) -> Checked {
    if kernel.core_count > 1 {
        // Other cores may have been asked to choose and not have done so yet.
        return Ok(());
    }
    let Some(best) = kernel[kernel.queues(kernel.own_queue_set())].highest() else { return Ok(()) };
    let runs =
        kernel.current().is_some_and(|current| kernel[current].priority >= kernel[best].priority);
    ensure(runs, "the best thread runs", best.granule())
}
