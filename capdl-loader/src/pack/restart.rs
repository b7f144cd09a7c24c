//! How components are started again.

use std::collections::{BTreeMap, BTreeSet};

use abi::directory::SIGNAL_BADGE;
use layout::names::{Component, Failure, GiveUp, RegionId, RegionKind, Restart, Silence};
use layout::object::Kind;
use layout::supervision::{CLOCK, NURSING, Nursed, Supervision};
use layout::{Model, ObjectId, Rights};
use packed::record::{
    self, Answered, Passive, Quiesce, Recipe, Renewed, Silencing, Supervisor, Told,
};
use packed::{Cell, System};

use super::cells::Cells;
use super::mapping::{Mappings, Views};
use super::numbering::Numbering;
use super::refusal;
use crate::Diagnostic;

/// `log2` of the bytes of the largest frames that the loader looks into.
const LARGEST: u8 = 21;

/// Puts the rows into the system.
pub(super) fn write(
    model: &Model,
    numbering: &Numbering,
    mappings: &Mappings,
    cells: &mut Cells,
    system: &mut System,
) -> Result<(), Diagnostic> {
    let (Some(endpoint), Some(reply)) = (model.supervisor, numbering.reply) else { return Ok(()) };
    let endpoint = numbering.cell(endpoint);
    system.supervisor.push(supervisor(model, numbering, endpoint, reply)?);
    system.passive.extend(model.nursed().map(|nursed| passive(numbering, &nursed)));
    let seen = Seen::of(model, mappings);
    for (number, component) in (0..).zip(&model.components) {
        let Some(restart) = &component.restart else { continue };
        let Some(thread) = component.thread else {
            return Err(refusal(restart.span, "only a component with a thread starts again"));
        };
        system.recipes.push(recipe(number, numbering.cell(thread), numbering, component, restart));
        let before = system.renewed.len();
        renew(model, numbering, &seen, (number, component), system);
        if system.renewed.iter().skip(before).any(|row| row.bits > LARGEST) {
            let message = "a component with memory of 1 GiB of its own does not start again";
            return Err(refusal(restart.span, message));
        }
        for reply in replies(model, component) {
            let reply = numbering.cell(reply);
            system.answered.push(Answered { component: number, reply });
        }
        for cap in &restart.tells {
            let notification = cells.of(numbering, cap);
            system
                .told
                .extend(notification.map(|notification| Told { component: number, notification }));
        }
        if let Some(heartbeat) = &restart.heartbeat {
            let asks = cells.of(numbering, &heartbeat.asks);
            let page = numbering.cell(heartbeat.page);
            let within = restart.silence().unwrap_or(u64::MAX);
            let row = |asks| record::Heartbeat { component: number, page, asks, within };
            system.heartbeats.extend(asks.map(row));
        }
        system.quiesce.extend(devices(model, numbering, number, component));
    }
    Ok(())
}

/// What the loader has as supervisor.
fn supervisor(
    model: &Model,
    numbering: &Numbering,
    endpoint: Cell,
    reply: Cell,
) -> Result<Supervisor, Diagnostic> {
    let Supervision { priority, share, span } = model.supervision;
    let priority =
        u8::try_from(priority).map_err(|_| refusal(span, "no thread has a priority above 255"))?;
    Ok(Supervisor {
        endpoint,
        reply,
        bell: model.supervisor_bell.map(|bell| numbering.cell(bell)),
        priority,
        budget: share.budget,
        period: share.period,
        clock_budget: CLOCK.budget,
        clock_period: CLOCK.period,
    })
}

/// A component that has to be given time until it is initialised.
fn passive(numbering: &Numbering, nursed: &Nursed) -> Passive {
    Passive {
        component: nursed.component.0,
        thread: numbering.cell(nursed.thread),
        ready: nursed.ready & !SIGNAL_BADGE,
        budget: NURSING.budget,
        period: NURSING.period,
    }
}

/// The devices of a component, and how they are made to stop.
fn devices(
    model: &Model,
    numbering: &Numbering,
    number: u32,
    component: &Component,
) -> Vec<Quiesce> {
    // A device can be seen in several parts.
    let regions = component.mappings.iter().filter_map(|mapping| mapping.region);
    let regions: BTreeSet<RegionId> = regions.collect();
    let device = |region: RegionId| {
        let region = &model[region];
        let RegionKind::Device { silencing, .. } = &region.kind else { return None };
        let how = match silencing.how {
            Silence::Nothing => return None,
            Silence::VirtioMmio => Silencing::VirtioMmio,
            Silence::Pl011 => Silencing::Pl011,
            Silence::Pl031 => Silencing::Pl031,
            Silence::Pci => Silencing::Pci,
        };
        let page = region.frames.first().map(|frame| numbering.cell(*frame))?;
        let at = u32::try_from(silencing.at).ok()?;
        Some(Quiesce { component: number, page, at, how })
    };
    regions.into_iter().filter_map(device).collect()
}

fn recipe(
    component: u32,
    thread: Cell,
    numbering: &Numbering,
    described: &Component,
    restart: &Restart,
) -> Recipe {
    let on = |failure| restart.on.contains(&failure);
    Recipe {
        component,
        thread,
        cspace: described.cspace.map(|node| numbering.cell(node)),
        on_fault: on(Failure::Fault),
        on_timeout: on(Failure::Timeout),
        on_exit: on(Failure::Exit),
        most: u32::try_from(restart.most).unwrap_or(u32::MAX),
        within: restart.within,
        delay: restart.delay,
        then: match restart.then {
            GiveUp::Stop => record::GiveUp::Stop,
            GiveUp::Halt => record::GiveUp::Halt,
        },
    }
}

/// Who sees which frames, found once for all components.
struct Seen<'a> {
    mappings: &'a Mappings,
    views: BTreeMap<ObjectId, Views>,
    /// Frames of regions, which may be shared.
    shared: BTreeSet<ObjectId>,
}

impl<'a> Seen<'a> {
    fn of(model: &Model, mappings: &'a Mappings) -> Self {
        let shared = model.regions.iter().flat_map(|region| region.frames.iter().copied());
        Self { mappings, views: mappings.views(), shared: shared.collect() }
    }
}

/// The frames that only this component's address space sees: its program, its data, its stacks.
/// What it shares with others is theirs, too, and stays.
fn renew(
    model: &Model,
    numbering: &Numbering,
    seen: &Seen<'_>,
    (number, component): (u32, &Component),
    system: &mut System,
) {
    let Seen { mappings, views, shared } = seen;
    let pages = component.vspace.map_or(&[][..], |space| mappings.pages_of(space));
    let own = pages.iter().filter(|page| {
        let is_alone = views[&page.object].spaces.len() == 1 && !shared.contains(&page.object);
        let is_memory = !matches!(
            &model[page.object].kind,
            Kind::Frame(frame) if matches!(frame.position, layout::memory::Position::At(_))
        );
        is_alone && is_memory
    });
    for page in own {
        let view = &views[&page.object];
        let row = Renewed {
            component: number,
            first: numbering.cell(page.object),
            count: 1,
            bits: page.bits as u8,
            is_constant: !page.rights.contains(Rights::WRITE),
            is_code: view.is_code,
            is_uncached: view.is_uncached,
        };
        let looks = |row: &Renewed| {
            (row.component, row.bits, row.is_constant, row.is_code, row.is_uncached)
        };
        match system.renewed.last_mut() {
            Some(last)
                if looks(last) == looks(&row)
                    && last.first.plus(last.count) == row.first
                    && numbering.are_of_one_run(last.first, row.first) =>
            {
                last.count += 1;
            }
            _ => system.renewed.push(row),
        }
    }
}

/// The reply objects that only this component holds.
fn replies(model: &Model, component: &Component) -> Vec<ObjectId> {
    let Some(node) = component.cspace else { return Vec::new() };
    let held = model[node].kind.slots().iter().filter_map(|entry| entry.cap.object());
    held.filter(|object| matches!(model[*object].kind, Kind::Reply)).collect()
}
