//! Capabilities derived, moved and deleted.

use abi::{ObjectType, Rights};
use libsys::object::Endpoint;
use libsys::{Badge, Cap};

use super::REPETITIONS;
use super::stage::Stage;
use crate::machine::mark;
use crate::{Bench, Outcome};

/// Children of one capability to be revoked at once.
const CHILDREN: u64 = 256;

/// Measures everything that happens to capabilities between their slots.
pub(crate) fn derivations(bench: &mut Bench) -> Outcome {
    copies(bench)?;
    children(bench)?;
    for (object, name) in [
        (ObjectType::Endpoint, "delete an endpoint"),
        (ObjectType::Notification, "delete a notification"),
        (ObjectType::Thread, "delete a thread"),
        (ObjectType::Reply, "delete a reply"),
        (ObjectType::SmallPage, "delete a page"),
    ] {
        last(bench, object, name)?;
    }
    Ok(())
}

/// A capability that is copied, moved and deleted again.
fn copies(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let source = stage.own.create::<Endpoint>()?;
    let (one, other) = (stage.own.slot::<Endpoint>()?, stage.own.slot::<Endpoint>()?);
    let [source, one, other] = [source, one, other].map(|cap| stage.own.path(cap));
    bench.announce(&["copy a capability", "move a capability", "delete a copy"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        one.copy_from(source, Rights::ALL)?;
        mark::close();
        mark::open::<2>();
        other.move_from(one)?;
        mark::close();
        mark::open::<3>();
        other.delete()?;
        mark::close();
    }
    stage.clear(bench)
}

/// A capability that is minted, and one whose children are revoked.
fn children(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let source = stage.own.create::<Endpoint>()?;
    let source = stage.own.path(source);
    let slots = stage.own.slots(CHILDREN)?;
    let child = stage.own.path(Cap::<Endpoint>::at(slots.start));
    bench.announce(&["mint a capability", "revoke a child", "revoke without children"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        child.mint_from(source, Rights::ALL, Badge(1))?;
        mark::close();
        mark::open::<2>();
        source.revoke()?;
        mark::close();
        mark::open::<3>();
        source.revoke()?;
        mark::close();
    }
    bench.announce(&["revoke 256 children"]);
    for _ in 0..REPETITIONS {
        for slot in slots.clone() {
            let child = stage.own.path(Cap::<Endpoint>::at(slot));
            child.mint_from(source, Rights::ALL, Badge(slot))?;
        }
        mark::open::<1>();
        source.revoke()?;
        mark::close();
    }
    stage.clear(bench)
}

/// The last capability to an object, and with it the object.
fn last(bench: &mut Bench, object: ObjectType, name: &str) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let slots = stage.own.make(object, 0, REPETITIONS)?;
    bench.announce(&[name]);
    for slot in slots {
        let path = stage.own.path(Cap::<Endpoint>::at(slot));
        mark::open::<1>();
        path.delete()?;
        mark::close();
    }
    stage.clear(bench)
}
