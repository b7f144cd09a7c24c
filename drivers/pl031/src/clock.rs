//! Serves `libsys::service::clock`.

use alloc::vec::Vec;

use libsys::Badge;
use libsys::server::{Asked, Request, Responder};
use libsys::service::clock::Refusal;
use libsys::service::clock::interface::{Call, Wait};

use crate::alarms::Alarms;
use crate::registers::{Register, Registers};

/// Looks at the time in one go. It does not pass more often meanwhile, unless the device lies.
const ATTEMPTS: u32 = 3;

/// A clock, and its clients that wait for times.
#[derive(Debug)]
pub struct Clock<R, P: Responder> {
    registers: R,
    /// Clients that may set the clock.
    setters: Vec<Badge>,
    alarms: Alarms<Asked<Wait, P>>,
}

impl<R: Registers, P: Responder> Clock<R, P> {
    /// Takes over a clock in whatever state it is. `callers`: how many of so many clients can be
    /// kept waiting at the same time; one always has to be free, for those who do not wait.
    pub fn start(registers: R, setters: Vec<Badge>, callers: usize, clients: usize) -> Self {
        registers.write(Register::InterruptMask, 0);
        registers.write(Register::InterruptClear, 1);
        if registers.read(Register::Control) & 1 == 0 {
            registers.write(Register::Control, 1);
        }
        Self { registers, setters, alarms: Alarms::new(callers.saturating_sub(1), clients) }
    }

    /// A client has called.
    pub fn called(&mut self, request: &Request, responder: P) {
        match Call::accept(request, responder) {
            None => {}
            Some(Call::Now(asked)) => asked.answer(Ok(u64::from(self.now()))),
            Some(Call::Set(asked)) => {
                let result = self.set(asked.client(), asked.time);
                asked.answer(result);
                self.attend();
            }
            Some(Call::Wait(asked)) => self.wait(asked),
        }
    }

    /// The device has interrupted, or a time may have come: answers who has waited for it.
    pub fn attend(&mut self) {
        self.registers.write(Register::InterruptClear, 1);
        for _ in 0..ATTEMPTS {
            let now = self.now();
            while let Some(asked) = self.alarms.due(now) {
                asked.answer(Ok(u64::from(now)));
            }
            let Some(first) = self.alarms.first() else {
                return self.registers.write(Register::InterruptMask, 0);
            };
            self.registers.write(Register::Match, first);
            self.registers.write(Register::InterruptMask, 1);
            // The time may have come before the device knew of it; then it would not interrupt.
            if self.now() < first {
                return;
            }
        }
    }

    fn now(&self) -> u32 {
        self.registers.read(Register::Data)
    }

    fn set(&self, client: Badge, time: u64) -> Result<(), Refusal> {
        if !self.setters.contains(&client) {
            return Err(Refusal::NotAllowed);
        }
        let time = u32::try_from(time).map_err(|_| Refusal::Range)?;
        self.registers.write(Register::Load, time);
        Ok(())
    }

    fn wait(&mut self, asked: Asked<Wait, P>) {
        let Ok(until) = u32::try_from(asked.until) else {
            return asked.answer(Err(Refusal::Range));
        };
        let now = self.now();
        if now >= until {
            return asked.answer(Ok(u64::from(now)));
        }
        match self.alarms.add(asked.client(), until, asked) {
            Ok(oldest) => {
                oldest.into_iter().for_each(|oldest| oldest.answer(Err(Refusal::Busy)));
                self.attend();
            }
            Err(asked) => asked.answer(Err(Refusal::Busy)),
        }
    }
}
