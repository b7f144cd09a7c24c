//! Counters of benchmark images: who used how much of the processor. (abi.md §1.1)
//!
//! Time is counted in ticks of the system counter. A reset of all threads starts a new *epoch*:
//! counters of an older epoch count as zero, so that no list of all threads is needed.

use platform::contract::{Platform, Ticks};

use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::options::BENCHMARK;
use crate::thread::Thread;

/// What a thread, the idle loop or a whole core used.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Counters {
    ticks: Ticks,
    schedules: u64,
    kernel_ticks: Ticks,
    kernel_entries: u64,
}

/// Counters of one thread.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct ThreadUtilisation {
    counters: Counters,
    epoch: u64,
}

/// Counters of the system.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Utilisation {
    idle: Counters,
    total: Counters,
    epoch: u64,
    /// When the running thread, or idling, was switched to.
    switched: Ticks,
    /// When the kernel was entered.
    entered: Ticks,
}

impl Kernel {
    fn counters_of(&mut self, thread: Option<Obj<Thread>>) -> &mut Counters {
        let epoch = self.utilisation.epoch;
        match thread {
            None => &mut self.utilisation.idle,
            Some(thread) => {
                let utilisation = &mut self[thread].utilisation;
                if utilisation.epoch != epoch {
                    *utilisation = ThreadUtilisation { epoch, ..ThreadUtilisation::default() };
                }
                &mut utilisation.counters
            }
        }
    }

    /// Notes a kernel entry.
    pub(crate) fn count_entry(&mut self) {
        if BENCHMARK {
            self.utilisation.entered = self.machine.now();
            self.utilisation.total.kernel_entries += 1;
            let current = self.current();
            self.counters_of(current).kernel_entries += 1;
        }
    }

    /// Notes which thread leaves the kernel, after `before` entered it.
    pub(crate) fn count_exit(&mut self, before: Option<Obj<Thread>>, next: Option<Obj<Thread>>) {
        if !BENCHMARK {
            return;
        }
        let now = self.machine.now();
        let inside = now.saturating_sub(self.utilisation.entered);
        self.utilisation.total.kernel_ticks += inside;
        self.counters_of(before).kernel_ticks += inside;
        if before != next {
            let ran = now.saturating_sub(self.utilisation.switched);
            self.utilisation.switched = now;
            self.utilisation.total.ticks += ran;
            self.counters_of(before).ticks += ran;
            self.utilisation.total.schedules += 1;
            self.counters_of(next).schedules += 1;
        }
    }

    /// Starts a benchmark interval.
    pub(crate) fn start_interval(&mut self, caller: Obj<Thread>) {
        let epoch = self.utilisation.epoch + 1;
        let now = self.machine.now();
        self.utilisation =
            Utilisation { epoch, switched: now, entered: now, ..Utilisation::default() };
        self.registers_mut(caller).x[0] = 0;
    }

    /// Ends a benchmark interval: what the running thread used so far is counted.
    pub(crate) fn end_interval(&mut self, caller: Obj<Thread>) {
        let now = self.machine.now();
        let ran = now.saturating_sub(self.utilisation.switched);
        self.utilisation.switched = now;
        self.utilisation.total.ticks += ran;
        self.counters_of(Some(caller)).ticks += ran;
        self.registers_mut(caller).x[0] = 0;
    }

    /// Writes the counters of the thread at `address` to the caller's IPC buffer.
    pub(crate) fn report_utilisation(&mut self, caller: Obj<Thread>, address: u64) {
        let target = self.thread_argument(caller, address, "the utilisation of");
        let words = |counters: Counters| {
            [counters.ticks, counters.schedules, counters.kernel_ticks, counters.kernel_entries]
        };
        let own = words(*self.counters_of(Some(target)));
        let idle = words(self.utilisation.idle);
        let total = words(self.utilisation.total);
        let [idle_ticks, idle_rest @ ..] = idle;
        let Some(buffer) = self.ipc_buffer(caller, true) else { return };
        let all = own.into_iter().chain([idle_ticks, idle_ticks]).chain(idle_rest).chain(total);
        for (index, word) in all.enumerate() {
            self.set_buffer_word(buffer, abi::buffer::word(index), word);
        }
    }

    /// Clears the counters of the thread at `address`.
    pub(crate) fn reset_utilisation(&mut self, caller: Obj<Thread>, address: u64) {
        let target = self.thread_argument(caller, address, "the utilisation of");
        self[target].utilisation =
            ThreadUtilisation { epoch: self.utilisation.epoch, ..ThreadUtilisation::default() };
    }

    /// Clears the counters of all threads.
    pub(crate) fn reset_all_utilisation(&mut self) {
        self.utilisation.epoch += 1;
    }

    /// Prints the counters of the threads that run or could run, as JSON.
    pub(crate) fn dump_utilisation(&mut self) {
        platform::message!("[");
        self.for_each_ready(|kernel, thread| {
            let Counters { ticks, schedules, kernel_ticks, kernel_entries } =
                *kernel.counters_of(Some(thread));
            platform::message!(
                "{{\"thread\": \"{thread:?}\", \"ticks\": {ticks}, \"schedules\": {schedules}, \
                 \"kernel_ticks\": {kernel_ticks}, \"kernel_entries\": {kernel_entries}}},"
            );
        });
        platform::message!("{{}}]");
    }
}
