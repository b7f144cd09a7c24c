//! Threads, their time, and domains.

use layout::cap::Cap;
use layout::model::TurnLength;
use layout::object::{CNode, Kind, Object};
use layout::thread::{Role, Thread};
use layout::{Model, ObjectId, Span};
use packed::record::{self, ARGUMENTS, Resume, Time, Turn};
use packed::{Cell, System};

use super::cells::Cells;
use super::numbering::Numbering;
use super::refusal;
use crate::Diagnostic;

/// Puts the rows into the system.
pub(super) fn write(
    model: &Model,
    numbering: &Numbering,
    cells: &mut Cells,
    frequency: Option<u64>,
    system: &mut System,
) -> Result<(), Diagnostic> {
    for (id, object) in model.objects() {
        match &object.kind {
            Kind::SchedContext(_) => system.times.extend(time(numbering.cell(id), object)?),
            Kind::Thread(thread) => {
                let cell = numbering.cell(id);
                system.threads.push(row(model, numbering, cells, (id, object), thread)?);
                if thread.resumed {
                    resume(system, cell);
                }
            }
            _ => {}
        }
    }
    let start = model.schedule.start;
    for (index, turn) in (model.schedule.shift..).zip(&model.schedule.turns) {
        let number = narrow(turn.span, index, "a turn beyond the schedule")?;
        system.turns.push(Turn {
            index: number,
            domain: narrow(turn.span, turn.domain, "no such domain")?,
            ticks: ticks(turn, frequency)?,
            is_start: start.is_some_and(|start| start + model.schedule.shift == index),
        });
    }
    Ok(())
}

/// How long a turn is, in ticks of the counter.
fn ticks(turn: &layout::Turn, frequency: Option<u64>) -> Result<u64, Diagnostic> {
    let microseconds = match turn.length {
        TurnLength::Ticks(ticks) => return Ok(ticks),
        TurnLength::Microseconds(microseconds) => microseconds,
    };
    let frequency = frequency.ok_or_else(|| {
        refusal(turn.span, "a turn in microseconds, on a board whose counter is not known")
    })?;
    let ticks = u128::from(microseconds) * u128::from(frequency) / 1_000_000;
    u64::try_from(ticks).map_err(|_| refusal(turn.span, "a turn that is too long"))
}

fn resume(system: &mut System, thread: Cell) {
    match system.resumes.last_mut() {
        Some(last) if last.first.plus(last.count) == thread => last.count += 1,
        _ => system.resumes.push(Resume { first: thread, count: 1 }),
    }
}

fn time(context: Cell, object: &Object) -> Result<Option<Time>, Diagnostic> {
    let Kind::SchedContext(time) = &object.kind else { return Ok(None) };
    let Some(budget) = time.budget else { return Ok(None) };
    Ok(Some(Time {
        context,
        core: narrow(object.span, time.core, "no such core")?,
        budget: budget.value,
        period: time.period,
        extra_refills: time.extra_refills,
        data: time.data,
        is_sporadic: time.is_sporadic,
    }))
}

fn row(
    model: &Model,
    numbering: &Numbering,
    cells: &mut Cells,
    (id, object): (ObjectId, &Object),
    thread: &Thread,
) -> Result<record::Thread, Diagnostic> {
    let mut cap = |role| {
        let entry = thread.role(role)?;
        cells.of(numbering, &entry.cap)
    };
    let mut arguments = [0; ARGUMENTS];
    let given = thread.arguments.as_slice();
    let places = arguments.get_mut(..given.len());
    let places = places.ok_or_else(|| refusal(object.span, "more than eight arguments"))?;
    places.copy_from_slice(given);
    let small = |number| narrow(object.span, number, "a number that is too large for a thread");
    Ok(record::Thread {
        thread: numbering.cell(id),
        cspace: cap(Role::CSpace),
        guard: thread.role(Role::CSpace).map_or(0, |entry| guard(model, &entry.cap)),
        vspace: cap(Role::VSpace),
        buffer: cap(Role::Buffer),
        buffer_address: thread.buffer_address,
        context: cap(Role::SchedContext),
        fault_handler: cap(Role::FaultHandler),
        timeout_handler: cap(Role::TimeoutHandler),
        notification: cap(Role::Notification),
        priority: small(thread.priority)?,
        max_priority: small(thread.max_priority)?,
        domain: small(thread.domain)?,
        is_without_float: thread.is_without_float,
        entry: thread.entry.map_or(0, |entry| entry.value),
        stack: thread.stack,
        thread_pointer: thread.thread_pointer,
        arguments,
    })
}

/// The word for the guard of a capability to a CNode; 0: none.
pub(super) fn guard(model: &Model, cap: &Cap) -> u64 {
    let Cap::CNode { object, guard, guard_bits } = *cap else { return 0 };
    let Kind::CNode(CNode { bits, .. }) = &model[object].kind else { return 0 };
    let bits = guard_bits.unwrap_or(u64::from(abi::WORD_BITS).saturating_sub(*bits));
    match u8::try_from(bits) {
        // The word keeps as many bits of a guard as there can be.
        Ok(bits) if bits < 64 => abi::GuardWord { bits, guard }.word(),
        _ => 0,
    }
}

/// A number in fewer bits.
pub(super) fn narrow<T: TryFrom<u64>>(
    span: Span,
    number: u64,
    message: &str,
) -> Result<T, Diagnostic> {
    T::try_from(number).map_err(|_| refusal(span, message))
}
