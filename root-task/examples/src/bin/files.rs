//! Files on demand: a server has them, clients map them, and everybody has the same pages. Who
//! waits for a slow server delays nobody else.
#![no_std]
#![no_main]

use libsys::memory::Objects;
use libsys::object::{Endpoint, Notification};
use libsys::pager::files;
use libsys::process::Gift;
use libsys::server::Text;
use libsys::{Cap, Rights, System, println};
use pager_examples::library::{BROKEN, CALLS, GATE, NUMBERS, REPLY, SLOW, Task};
use pager_examples::setting::{Failed, Setting};
use root_task::pager::{Component, FileServer, Launch, PagedImage, Source};

#[libsys::main]
fn main(system: System) -> Result<(), Failed> {
    let setting = Setting::new(system)?;
    let gate = start_librarian(&setting)?;
    let image = setting.learn("reader")?;

    let first = read(&setting, &image, Task::Sum)?;
    setting.report();
    let frames = setting.frames();
    let second = read(&setting, &image, Task::Sum)?;
    setting.report();
    let more = setting.frames() - frames;
    println!("for the second reader fewer frames than the file has: {}", more < 40);
    stop_all(&setting, [first, second])?;

    let changer = read(&setting, &image, Task::Change)?;
    setting.report();
    let unchanged = read(&setting, &image, Task::Sum)?;
    setting.report();
    stop_all(&setting, [changer, unchanged])?;

    let patient = read(&setting, &image, Task::ReadSlow)?;
    let busy = read(&setting, &image, Task::Touch)?;
    setting.report();
    println!("now the slow file comes");
    gate.signal();
    setting.report();
    stop_all(&setting, [patient, busy])?;

    for task in [Task::ReadBroken, Task::ReadBehind] {
        let unlucky = read(&setting, &image, task)?;
        setting.report();
        setting.stop(unlucky)?;
    }
    Ok(())
}

/// Starts the server of files, as a client of the pager, and publishes its files. Answers what
/// it waits for before it hands out the slow one.
fn start_librarian(setting: &Setting) -> Result<Cap<Notification>, Failed> {
    let image = setting.learn("librarian")?;
    let (calls, gate, reply) = {
        let mut pager = setting.service.pager.lock();
        let memory = &mut pager.machine.memory;
        (memory.create::<Endpoint>()?, memory.create::<Notification>()?, memory.create()?)
    };
    let gifts = [
        Gift::new(CALLS, calls, Rights::READ.or(Rights::GRANT)),
        Gift::new(REPLY, reply, Rights::ALL),
        Gift::new(GATE, gate, Rights::READ),
    ];
    let launch = Launch { gifts: &gifts, ..Launch::new(&image, setting.options) };
    let librarian = setting.service.launch(&launch)?;
    let server = FileServer { endpoint: calls, client: librarian.client };
    let server = setting.service.add_server(server)?;
    for name in [NUMBERS, SLOW, BROKEN] {
        let text = Text::new(name).unwrap_or_default();
        let Ok(file) = files::Client::new(calls).open(text) else { continue };
        let object = setting.service.pager.lock().add_object(Source::File { server, file });
        setting.service.publish(name, object);
    }
    Ok(gate)
}

fn read(setting: &Setting, image: &PagedImage, task: Task) -> Result<Component, Failed> {
    let launch = Launch { argument: task as u64, ..Launch::new(image, setting.options) };
    Ok(setting.service.launch(&launch)?)
}

fn stop_all(setting: &Setting, components: [Component; 2]) -> Result<(), Failed> {
    components.into_iter().try_for_each(|component| Ok(setting.stop(component)?))
}
