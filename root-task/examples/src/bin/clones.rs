//! Copy on write: a component and a clone of its memory. Who sees what, and what it costs.
#![no_std]
#![no_main]

use libsys::exit::Ending;
use libsys::{System, print, println};
use pager_examples::setting::{Failed, Setting};
use pager_examples::table::{PAGES, Task};
use root_task::pager::{Component, Event, Launch};

#[libsys::main]
fn main(system: System) -> Result<(), Failed> {
    let setting = Setting::new(system)?;
    let image = setting.learn("table")?;
    let launch = Launch::new(&image, setting.options);
    let launch = Launch { argument: Task::Fill as u64, ..launch };
    let original = setting.service.launch(&launch)?;
    setting.report();
    let pages = setting.service.usage(&original).pages;
    let frames = setting.frames();

    let launch = Launch { argument: Task::Show as u64, ..launch };
    print!("the clone ");
    let clone = setting.service.clone_component(&original, &launch)?;
    setting.report();
    let more = setting.frames() - frames;
    println!("a table of {PAGES} pages: at most 16 frames more: {}", more <= 16);
    println!("the original has {pages} pages, the clone {}", setting.service.usage(&clone).pages);

    let copies = setting.service.usage(&clone).copies;
    let steps = [
        ("the original", &original, Task::ChangeFirst),
        ("the original ", &original, Task::Show),
        ("the clone ", &clone, Task::Show),
        ("the clone", &clone, Task::ChangeLast),
        ("the clone ", &clone, Task::Show),
        ("the original ", &original, Task::Show),
    ];
    for (name, component, task) in steps {
        again(&setting, name, component, task)?;
    }
    println!("pages that the clone has copied for it: {}", copied(&setting, &clone) - copies);

    setting.stop(original)?;
    let copies = copied(&setting, &clone);
    again(&setting, "alone, the clone", &clone, Task::ChangeFirst)?;
    again(&setting, "alone, the clone ", &clone, Task::Show)?;
    println!("pages that it has copied alone: {}", copied(&setting, &clone) - copies);
    setting.stop(clone)?;
    setting.service.forget(image)?;
    println!("{} frames are left", setting.frames());
    Ok(())
}

/// Starts a component again, with what it has in memory.
fn again(setting: &Setting, name: &str, component: &Component, task: Task) -> Result<(), Failed> {
    match task {
        Task::Show => print!("{name}"),
        _ => println!("{name} changes its table"),
    }
    component.run(task as u64)?;
    let news = setting.service.wait();
    if news.event != Event::Ended(Ending::Finished) {
        println!("{news}");
    }
    Ok(())
}

fn copied(setting: &Setting, component: &Component) -> u64 {
    setting.service.usage(component).copies
}
