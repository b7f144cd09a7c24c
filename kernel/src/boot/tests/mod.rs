//! Tests of the whole boot on the fake machine.

extern crate std;

pub(super) mod elf;
pub(crate) mod machine;
mod memory;
mod root_task;
