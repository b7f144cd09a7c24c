//! Whatever is refused while a process is built, nothing is left of it.

use super::image::tests::{CODE, DATA, file};
use super::*;
use crate::initial;
use crate::memory::rehearsal::{Stage, rehearse};
use abi::Rights;

const RESOURCES: Resources =
    Resources { memory: Cap::at(20), bits: 14, core: Cap::at(21), slots: 22..256 };

fn options() -> Options {
    Options { fault_handler: Cap::at(9), timeout_handler: Cap::at(9), ..Options::new(Cap::at(8)) }
}

#[test]
fn programs_are_started_or_leave_nothing() {
    let file = file(&[CODE, DATA]);
    let image = Image::parse(&file).expect("a good file");
    let gifts = [16, 17].map(|slot| Gift::new(Cap::<CNode>::at(slot), Cap::at(5), Rights::ALL));
    let calls = rehearse(
        |stage| {
            let supervisor = Supervisor::create(&mut stage.memory)?;
            let program = Program {
                gifts: &gifts,
                resources: Some(&RESOURCES),
                supervisor: Some((&supervisor, 3)),
                ..Program::new(&image, options())
            };
            match program.start(&mut stage.memory, &mut stage.space) {
                Ok(process) => Ok((supervisor, process)),
                Err(reason) => {
                    supervisor.free(&mut stage.memory)?;
                    Err(reason)
                }
            }
        },
        |stage, (supervisor, process)| {
            process.free(&mut stage.memory)?;
            supervisor.free(&mut stage.memory)
        },
    );
    assert!(calls > 40, "{calls}");
}

#[test]
fn a_process_has_a_number_that_is_a_badge() {
    let file = file(&[CODE]);
    let image = Image::parse(&file).expect("a good file");
    for number in [0, 1 << 62, 1 << 63, u64::MAX] {
        rehearse(
            |stage| {
                let supervisor = Supervisor::create(&mut stage.memory)?;
                let supervised = Some((&supervisor, number));
                let program = Program { supervisor: supervised, ..Program::new(&image, options()) };
                let refused = program.start(&mut stage.memory, &mut stage.space).err();
                let expected = abi::Error::Range { min: 1, max: (1 << 62) - 1 };
                assert_eq!(refused, Some(AllocationError::Refused(expected)));
                supervisor.free(&mut stage.memory)
            },
            |_, ()| Ok(()),
        );
    }
}

#[test]
fn a_gift_in_a_slot_that_is_taken_undoes_the_program() {
    let file = file(&[CODE]);
    let image = Image::parse(&file).expect("a good file");
    let gift = Gift::new(initial::THREAD, Cap::at(5), Rights::ALL);
    rehearse(
        |stage| {
            let program = Program { gifts: &[gift], ..Program::new(&image, options()) };
            let refused = program.start(&mut stage.memory, &mut stage.space);
            let reason = refused.expect_err("the slot is that of the thread");
            match reason {
                AllocationError::Refused(abi::Error::DeleteFirst) => Ok(()),
                other => Err(other),
            }
        },
        |_, ()| Ok(()),
    );
}

/// Code, and two threads; each step is all or nothing.
fn furnish(process: &mut Process, stage: &mut Stage) -> Result<(), AllocationError> {
    let Stage { memory, space, .. } = stage;
    let free = process.space().free();
    let loaded = process.load(memory, space, 0x40_0000, &[1; 9000], Access::Execute);
    assert_eq!(loaded.is_err(), process.space().free() == free);
    loaded?;
    for threads in 0..2 {
        let free = process.space().free();
        let added = process.add_thread(memory, options()).is_ok();
        assert_eq!(added, process.threads().len() == threads + 1);
        assert_eq!(added, process.space().free() < free);
        if !added {
            return Err(AllocationError::NoSlots);
        }
    }
    Ok(())
}

#[test]
fn a_step_that_fails_leaves_the_process_as_it_was() {
    rehearse(
        |stage| {
            let mut process = Process::create(&mut stage.memory, 6)?;
            match furnish(&mut process, stage) {
                Ok(()) => Ok(process),
                Err(reason) => {
                    process.free(&mut stage.memory)?;
                    Err(reason)
                }
            }
        },
        |stage, process| process.free(&mut stage.memory),
    );
}
