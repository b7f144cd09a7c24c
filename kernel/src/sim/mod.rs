//! A whole system in a host test: a booted kernel, with user programs played by the test.
//!
//! | file | idea |
//! |---|---|
//! | `system` | boot, traps, time, interrupts; every entry is followed by a check of invariants |
//! | `calls` | system calls and invocations of the current thread, typed |
//! | `world` | objects and threads for scenarios |
//! | `twin` | a copy of a kernel, and what differs between two |
//! | `rehearsal` | every entry on a copy first |
//! | `random` | programs that do anything, in any order |
//! | `miri` | short tests for the interpreter that finds undefined behaviour |
//! | the others | scenarios, by the sections of the specification |

extern crate std;

mod calls;
mod cores;
mod crowd;
mod deletion;
mod domains;
mod entries;
mod faults;
mod foreign;
mod interrupts;
mod memory;
mod messages;
mod miri;
mod random;
mod rehearsal;
mod scheduling;
pub(crate) mod system;
mod threads;
mod twin;
mod world;

pub(crate) use system::System;

#[test]
fn a_booted_system_runs_its_root_task_and_others() {
    let mut system = System::new();
    assert_eq!(system.running(), system.root());
    let helper = system.ready_helper();
    system.switch_to(helper.thread);
    system.pass(2_000_000);
    assert!(system.current().is_some());
}
