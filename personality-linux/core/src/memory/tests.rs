//! Address spaces against a simple model: a map from pages to what is permitted.

use alloc::collections::BTreeMap;

use proptest::prelude::*;

use super::space::Access;
use super::{AddressSpace, Area, Backing, Frames, Place, Refused};
use crate::fake::Fake;
use crate::machine::{PAGE, Protection};

/// Where the test works.
const BASE: u64 = 0x10_0000;

#[derive(Clone, Debug)]
enum Step {
    Map(u64, u64, bool),
    Unmap(u64, u64),
    Protect(u64, u64, bool),
    Write(u64, u8),
    Fork,
}

fn steps() -> impl Strategy<Value = Step> {
    let (page, count) = (0_u64..24, 1_u64..8);
    prop_oneof![
        (page.clone(), count.clone(), any::<bool>()).prop_map(|(p, c, w)| Step::Map(p, c, w)),
        (page.clone(), count.clone()).prop_map(|(p, c)| Step::Unmap(p, c)),
        (page.clone(), count, any::<bool>()).prop_map(|(p, c, w)| Step::Protect(p, c, w)),
        (page, any::<u8>()).prop_map(|(p, value)| Step::Write(p, value)),
        Just(Step::Fork),
    ]
}

fn protection(write: bool) -> Protection {
    Protection { read: true, write, execute: false }
}

type Model = BTreeMap<u64, (bool, u8)>;

fn perform(space: &mut AddressSpace, frames: &mut Frames<Fake>, model: &mut Model, step: &Step) {
    let range = |page: u64, count: u64| BASE + page * PAGE..BASE + (page + count) * PAGE;
    match *step {
        Step::Map(page, count, write) => {
            let area = Area {
                end: 0,
                protection: protection(write),
                is_shared: false,
                grows_down: false,
                backing: Backing::Anonymous,
            };
            let place = Place::Exactly(BASE + page * PAGE);
            space.map(frames, place, count * PAGE, area).expect("addresses of a user");
            model.extend((page..page + count).map(|page| (page, (write, 0))));
        }
        Step::Unmap(page, count) => {
            space.unmap(frames, &range(page, count));
            model.retain(|at, _| !(page..page + count).contains(at));
        }
        Step::Protect(page, count, write) => {
            let covered = (page..page + count).all(|page| model.contains_key(&page));
            let result = space.protect(frames, &range(page, count), protection(write));
            assert_eq!(result.is_ok(), covered);
            if covered {
                (page..page + count).for_each(|page| {
                    model.entry(page).and_modify(|entry| entry.0 = write);
                });
            }
        }
        Step::Write(page, value) => {
            let address = BASE + page * PAGE + 7;
            let permitted = model.get(&page).is_some_and(|entry| entry.0);
            assert_eq!(space.write(frames, address, &[value]).is_ok(), permitted);
            if permitted {
                model.entry(page).and_modify(|entry| entry.1 = value);
                space.fault(frames, address, Access::Write).expect("it was written just now");
            }
        }
        Step::Fork => {}
    }
}

fn check(space: &mut AddressSpace, frames: &mut Frames<Fake>, model: &Model) {
    for page in 0..32 {
        let address = BASE + page * PAGE;
        let mut byte = [0];
        let read = space.read(frames, address + 7, &mut byte);
        assert_eq!(read.is_ok(), model.contains_key(&page), "page {page}");
        if let Some((write, value)) = model.get(&page) {
            assert_eq!(byte[0], *value, "page {page}");
            space.fault(frames, address, Access::Read).expect("it can be read");
            let mapped = frames.machine.mapped(space.handle, address).expect("it is mapped");
            assert!(*write || !mapped.protection.write, "page {page}");
        }
    }
}

proptest! {
    #[test]
    fn spaces_and_their_copies_do_what_the_model_does(
        list in proptest::collection::vec(steps(), 1..60)
    ) {
        let mut frames = Frames::new(Fake::new(2000));
        let mut space = AddressSpace::new(&mut frames).expect("a space");
        let mut model = Model::new();
        let mut copies = alloc::vec::Vec::new();
        for step in &list {
            if matches!(step, Step::Fork) && copies.len() < 4 {
                copies.push((space.fork(&mut frames).expect("a space"), model.clone()));
            }
            perform(&mut space, &mut frames, &mut model, step);
        }
        check(&mut space, &mut frames, &model);
        for (mut copy, model) in copies {
            check(&mut copy, &mut frames, &model);
            copy.destroy(&mut frames);
        }
        check(&mut space, &mut frames, &model);
        space.destroy(&mut frames);
        prop_assert_eq!((frames.machine.used(), frames.machine.mappings.len()), (0, 0));
    }
}

#[test]
fn memory_that_ends_is_refused_and_nothing_is_lost() {
    let mut frames = Frames::new(Fake::new(2));
    let mut space = AddressSpace::new(&mut frames).expect("a space");
    let area = Area {
        end: 0,
        protection: Protection::DATA,
        is_shared: false,
        grows_down: false,
        backing: Backing::Anonymous,
    };
    space.map(&mut frames, Place::Exactly(BASE), 4 * PAGE, area).expect("addresses of a user");
    let mut touch = |page| space.fault(&mut frames, BASE + page * PAGE, Access::Write);
    assert_eq!((touch(0), touch(1)), (Ok(()), Ok(())));
    assert_eq!(touch(2), Err(Refused::NoMemory));
    space.destroy(&mut frames);
    assert_eq!(frames.machine.used(), 0);
}
