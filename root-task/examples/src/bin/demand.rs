//! Demand paging: stacks and heaps that come when they are touched, and what becomes of programs
//! that touch what is not theirs.
#![no_std]
#![no_main]

use libsys::{System, println};
use pager_examples::setting::{Failed, Setting};
use pager_examples::toucher::Task;
use root_task::pager::{Component, Launch, PagedImage};

/// No page of the program is here.
const NULL: u64 = 0x10;
/// The program's variables: writable, so never executed. Its code is linked to the start.
const STACK: u64 = 0;

#[libsys::main]
fn main(system: System) -> Result<(), Failed> {
    let setting = Setting::new(system)?;
    // Once for nothing: tables for a look at frames stay.
    let image = setting.learn("toucher")?;
    let first = start(&setting, &image, Task::Behave, 600)?;
    setting.report();
    setting.stop(first)?;
    setting.service.forget(image)?;

    let before = setting.used();
    let image = setting.learn("toucher")?;
    for task in [Task::Touch, Task::Recurse] {
        let component = start(&setting, &image, task, 4096)?;
        setting.report();
        setting.stop(component)?;
    }
    for task in [Task::Overflow, Task::WriteReadOnly, Task::ReadNothing, Task::Exceed] {
        let guilty = start(&setting, &image, task, 600)?;
        setting.report();
        let bystander = start(&setting, &image, Task::Behave, 600)?;
        setting.report();
        setting.stop(bystander)?;
        setting.stop(guilty)?;
    }
    let lost = start(&setting, &image, Task::Behave, 600)?;
    setting.report();
    for address in [NULL, image.data()] {
        lost.run_at(address, STACK)?;
        setting.report();
    }
    setting.stop(lost)?;
    setting.service.forget(image)?;
    println!("{} bytes were not given back", setting.used() - before);
    Ok(())
}

fn start(
    setting: &Setting,
    image: &PagedImage,
    task: Task,
    quota: u64,
) -> Result<Component, Failed> {
    let launch = Launch { quota, argument: task as u64, ..Launch::new(image, setting.options) };
    Ok(setting.service.launch(&launch)?)
}
