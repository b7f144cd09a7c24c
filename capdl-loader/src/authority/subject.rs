//! What can be written, read, called or signalled, and by which points.

use certificate::{Point, Points};
use layout::cap::Cap;
use layout::names::{RegionId, RegionKind};
use layout::object::Kind;
use layout::policy::{Access, Control};
use layout::{ObjectId, Rights};

use super::party::PartyId;
use super::proof::System;

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A component, or a group of threads.
    Party(PartyId),
    /// Memory or a device.
    Region(RegionId),
    /// An object.
    Object(ObjectId),
}

impl Subject {
    /// What it is called.
    #[must_use]
    pub fn name<'a>(self, system: &'a System<'_>) -> &'a str {
        match self {
            Self::Party(party) => &system.parties[party].name,
            Self::Region(region) => &system.model[region].name,
            Self::Object(object) => &system.model[object].name,
        }
    }

    /// The points that an access of this kind gets to; none if it has nothing to be accessed so.
    #[must_use]
    pub fn points(self, system: &System<'_>, access: Access) -> Vec<Point> {
        let objects = match self {
            Self::Object(object) => vec![object],
            Self::Region(region) => system.model[region].frames.clone(),
            Self::Party(party) => parts(system, party, access),
        };
        let fitting = objects.into_iter().filter(|object| {
            matches!(
                (access, &system.model[*object].kind),
                (Access::Read | Access::Write, Kind::Frame(_) | Kind::Thread(_))
                    | (Access::Call, Kind::Endpoint)
                    | (Access::Signal, Kind::Notification)
            )
        });
        fitting.map(|object| point(system, object, access)).collect()
    }

    /// Where it sends and notices things: the places of data flow.
    #[must_use]
    pub fn places(self, system: &System<'_>) -> Vec<Point> {
        let points = system.points;
        match self {
            Self::Party(party) => system.agents(party),
            Self::Object(object) => vec![points.object(object.0), points.behind(object.0)],
            Self::Region(region) => {
                let frames = system.model[region].frames.iter();
                let mut places: Vec<Point> = frames.map(|id| points.object(id.0)).collect();
                if matches!(system.model[region].kind, RegionKind::Device { .. }) {
                    places.push(points.device(region.0));
                }
                places
            }
        }
    }
}

/// The point of an object that an access gets to.
fn point(system: &System<'_>, object: ObjectId, access: Access) -> Point {
    let is_frame = matches!(system.model[object].kind, Kind::Frame(_));
    match access {
        Access::Read if is_frame => system.points.behind(object.0),
        _ => system.points.object(object.0),
    }
}

/// The parts of a party that an access could mean: its threads and frames; the endpoints that it
/// receives from; the notifications that it waits for.
fn parts(system: &System<'_>, party: PartyId, access: Access) -> Vec<ObjectId> {
    let (model, parties) = (system.model, &system.parties);
    if matches!(access, Access::Read | Access::Write) {
        let own = model.objects().filter(|(id, _)| parties.party(*id) == Some(party));
        return own.map(|(id, _)| id).collect();
    }
    let caps = parties[party].agents.iter().flat_map(|agent| {
        let roles = match &model[*agent].kind {
            Kind::Thread(thread) => thread.roles.as_slice(),
            _ => &[],
        };
        let slots = model[*agent].kind.slots().iter().map(|entry| entry.cap);
        slots.chain(roles.iter().map(|role| role.cap).filter(is_bell))
    });
    let served = caps.filter_map(|cap| match cap {
        Cap::Endpoint { object, rights, .. } | Cap::Notification { object, rights, .. } => {
            (rights.contains(Rights::READ) || is_bell(&cap)).then_some(object)
        }
        _ => None,
    });
    let mut served: Vec<ObjectId> = served.collect();
    served.sort_unstable();
    served.dedup();
    served
}

fn is_bell(cap: &Cap) -> bool {
    matches!(cap, Cap::Notification { rights, .. } if rights.contains(Rights::READ))
}

/// The point of a capability that gives authority over the whole machine.
#[must_use]
pub const fn control_point(points: Points, control: Control) -> Point {
    use certificate::point::Machine;
    points.machine(match control {
        Control::Irq => Machine::IrqControl,
        Control::Asid => Machine::AsidControl,
        Control::Sched => Machine::SchedControl,
        Control::Domain => Machine::DomainControl,
        Control::SecureMonitor => Machine::Firmware,
    })
}

/// What it is called in layouts and questions.
#[must_use]
pub const fn control_name(control: Control) -> &'static str {
    match control {
        Control::Irq => "irq_control",
        Control::Asid => "asid_control",
        Control::Sched => "sched_control",
        Control::Domain => "domain",
        Control::SecureMonitor => "smc",
    }
}

/// All such capabilities.
pub const CONTROLS: [Control; 5] =
    [Control::Irq, Control::Asid, Control::Sched, Control::Domain, Control::SecureMonitor];
