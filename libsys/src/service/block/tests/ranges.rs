//! Clients see their own ranges, and nothing else.

use std::rc::Rc;

use super::world::{Nap, Shared, Way, World};
use crate::ring::Memory;
use crate::service::block::{
    Disk, DiskError, Geometry, Outcome, Range, RangeError, Request, Verb, ranges,
};

const DISK: Geometry = Geometry { sectors: 64, most: 16, is_read_only: false, discards: true };

fn failure(request: Request, range: Range, is_read_only: bool) -> Result<(), DiskError> {
    let world = World::new(&[range], 1, 0);
    world.borrow_mut().driver().device().is_read_only = is_read_only;
    let memory = world.borrow().memory(0);
    let way = Way { world: Rc::clone(&world), client: 0 };
    let mut disk = Disk::open(way, memory, Nap::new(&world, 0)).expect("a driver");
    let result = disk.run(request);
    // Whatever was refused, the next request is served.
    assert_eq!(disk.run(Request::FLUSH), Ok(()));
    result
}

#[test]
fn requests_stay_in_the_range_and_in_the_memory() {
    let range = Range { first: 8, sectors: 16, is_read_only: false, is_shared: false };
    let end = Shared::new().bytes() as u64;
    let read =
        |sector, count, at| failure(Request { verb: Verb::Read, sector, count, at }, range, false);
    let outside = Err(DiskError::Failed(Outcome::Outside));
    assert_eq!(read(0, 16, 4096), Ok(()));
    assert_eq!(read(15, 1, end - 512), Ok(()));
    for (sector, count, at) in [
        (16, 1, 4096),
        (15, 2, 4096),
        (0, 17, 4096),
        (u64::MAX, 2, 4096),
        (0, u64::MAX, 4096),
        (0, 0, 4096),
        (0, 1, 4088),
        (0, 1, 4100),
        (0, 2, end - 512),
        (0, 1, u64::MAX - 7),
    ] {
        assert_eq!(read(sector, count, at), outside, "{sector} {count} {at}");
    }
}

#[test]
fn what_cannot_be_written_is_not() {
    let mut range = Range { first: 0, sectors: 16, is_read_only: false, is_shared: false };
    let write = Request { verb: Verb::Write, sector: 0, count: 1, at: 4096 };
    let discard = Request { verb: Verb::Discard, ..write };
    let refused = Err(DiskError::Failed(Outcome::ReadOnly));
    assert_eq!(failure(write, range, false), Ok(()));
    assert_eq!(failure(discard, range, false), Ok(()));
    assert_eq!(failure(write, range, true), refused);
    range.is_read_only = true;
    assert_eq!(failure(write, range, false), refused);
    assert_eq!(failure(discard, range, false), refused);
}

#[test]
fn ranges_are_those_of_the_arguments() {
    let two = |arguments: &[&str]| ranges(&["a", "b"], arguments.iter().copied(), DISK);
    let found = two(&["b=8+8:ro", "a=0+8"]).expect("good");
    assert_eq!((found[0].first, found[1].first, found[1].is_read_only), (0, 8, true));
    assert_eq!(two(&["a=0+8"]), Err(RangeError::Missing));
    assert_eq!(two(&["a=0+9", "b=8+8"]), Err(RangeError::Overlap));
    assert_eq!(two(&["a=0+9:shared", "b=8+8"]), Err(RangeError::Overlap));
    assert!(two(&["a=0+9:shared", "b=8+8:shared:ro"]).is_ok());
    for outside in ["a=60+5", "a=64+1", "a=0+0", "a=1+18446744073709551615"] {
        assert_eq!(two(&[outside, "b=0+1"]), Err(RangeError::Outside), "{outside}");
    }
    for wrong in ["a", "a=1", "a=1+", "a=x+1", "a=0+8:rw", "=", "a=-1+2"] {
        assert_eq!(two(&[wrong, "b=0+1"]), Err(RangeError::Malformed), "{wrong}");
    }
    assert_eq!(ranges(&["a"], [], DISK).map(|all| all[0].sectors), Ok(64));
    assert_eq!(two(&[]), Err(RangeError::Missing), "not all of it for both");
}
