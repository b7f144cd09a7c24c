//! Interrupts, time, threads, domains.

use core::time::Duration;

use libsys::object::{
    Budget, IrqHandler, Notification, Page, SchedContext, Space, Thread, Trigger,
};
use libsys::{Badge, Cap, Error, GuardWord, initial};
use packed::Cell;
use packed::record::{self, Time};

use super::{Loader, Stop};

/// Registers that a layout can set: PC, SP, flags, x0 to x7.
pub(super) const REGISTERS: usize = 3 + record::ARGUMENTS;

impl Loader {
    pub(super) const fn thread(&self, cell: Cell) -> Cap<Thread> {
        self.cap(cell)
    }

    /// Issues the handlers of interrupts and the signals to cores.
    pub(super) fn issue_interrupts(&self) -> Result<(), Stop> {
        for row in self.image.layout.interrupts.rows() {
            self.issue(&row).map_err(self.refused("issuing an interrupt", row.handler))?;
        }
        for row in self.image.layout.core_signals.rows() {
            let (number, target) = (row.number.into(), row.core.into());
            let issued = initial::IRQ_CONTROL.issue_sgi(number, target, self.path(row.cell));
            issued.map_err(self.refused("issuing a signal", row.cell))?;
        }
        Ok(())
    }

    fn issue(&self, row: &record::Interrupt) -> Result<(), Error> {
        let trigger = match row.trigger {
            record::Trigger::Level => Trigger::Level,
            record::Trigger::Edge => Trigger::Edge,
        };
        let (number, path) = (u64::from(row.number), self.path(row.handler));
        match self.boot.node_count {
            1 => initial::IRQ_CONTROL.issue_trigger(number, trigger, path)?,
            _ => initial::IRQ_CONTROL.issue_trigger_core(number, trigger, path, row.core.into())?,
        }
        let handler: Cap<IrqHandler> = self.cap(row.handler);
        match row.notification {
            Some(notification) => handler.set_notification(self.cap::<Notification>(notification)),
            None => Ok(()),
        }
    }

    /// Gives scheduling contexts their time.
    pub(super) fn give_time(&self) -> Result<(), Stop> {
        for row in self.image.layout.times.rows() {
            let control = initial::sched_control(self.boot, row.core.into());
            let control = control.ok_or(Stop::OtherMachine("it has fewer cores"))?;
            let context: Cap<SchedContext> = self.cap(row.context);
            let given = control.configure(context, budget(&row));
            given.map_err(self.refused("giving time", row.context))?;
        }
        Ok(())
    }

    /// Configures all threads. None of them runs yet.
    pub(super) fn configure_threads(&self) -> Result<(), Stop> {
        for row in self.image.layout.threads.rows() {
            self.configure(&row).map_err(self.refused("configuring", row.thread))?;
        }
        Ok(())
    }

    fn configure(&self, row: &record::Thread) -> Result<(), Error> {
        self.equip(row)?;
        let thread = self.thread(row.thread);
        if row.domain != 0 {
            initial::DOMAIN.set(row.domain, thread)?;
        }
        thread.write_first_registers(false, &registers(row))
    }

    /// Gives a thread all that it has but its domain and its registers.
    pub(super) fn equip(&self, row: &record::Thread) -> Result<(), Error> {
        let thread = self.thread(row.thread);
        let buffer: Cap<Page> = self.optional(row.buffer);
        let address = if row.buffer.is_some() { row.buffer_address } else { 0 };
        if let (Some(cspace), Some(vspace)) = (row.cspace, row.vspace) {
            let guard = (row.guard != 0).then(|| GuardWord::from_word(row.guard));
            let space = Space { guard, ..Space::new(self.cap(cspace), self.cap(vspace)) };
            thread.configure(space, address, buffer)?;
        } else if row.buffer.is_some() {
            thread.set_ipc_buffer(address, buffer)?;
        }
        let (context, handler) = (self.optional(row.context), self.optional(row.fault_handler));
        let (most, priority) = (row.max_priority, row.priority);
        thread.set_sched_params(initial::THREAD, most, priority, context, handler)?;
        if row.timeout_handler.is_some() {
            thread.set_timeout_endpoint(self.optional(row.timeout_handler))?;
        }
        if row.notification.is_some() {
            thread.bind_notification(self.optional(row.notification))?;
        }
        if row.is_without_float {
            thread.disable_fpu(true)?;
        }
        if row.thread_pointer != 0 {
            thread.set_tls_base(row.thread_pointer)?;
        }
        Ok(())
    }

    /// Sets the order of domains.
    pub(super) fn schedule_domains(&self) -> Result<(), Stop> {
        let refused = || self.refused("scheduling domains", Cell(u32::MAX));
        let turns = self.image.layout.turns;
        for row in turns.rows() {
            let set = initial::DOMAIN.configure_schedule(row.index.into(), row.domain, row.ticks);
            set.map_err(refused())?;
        }
        if let Some(start) = turns.rows().find(|row| row.is_start) {
            initial::DOMAIN.set_schedule_start(start.index.into()).map_err(refused())?;
        }
        Ok(())
    }
}

/// The first registers of a thread.
pub(super) const fn registers(row: &record::Thread) -> [u64; REGISTERS] {
    let x = row.arguments;
    [row.entry, row.stack, 0, x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]]
}

/// A part of a core's time, in microseconds.
pub(super) const fn share(budget: u64, period: u64) -> Budget {
    Budget::periodic(Duration::from_micros(budget), Duration::from_micros(period))
}

fn budget(row: &Time) -> Budget {
    Budget {
        budget: Duration::from_micros(row.budget),
        period: Duration::from_micros(row.period),
        extra_refills: row.extra_refills,
        badge: Badge(row.data),
        sporadic: row.is_sporadic,
    }
}
