//! Drives a disk for the clients that its layout gives it.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dma::{Region, pool};
use libsys::layout::{Component, Interrupt, Kind};
use libsys::server::{Origin, Port, Request};
use libsys::service::block::{Device, Server, ranges};
use libsys::window::Window;
use libsys::{Badge, Cap, heartbeat, println};
use virtio_blk::Disk;
use virtio_blk::caller::Callers;

/// Why there is no disk.
type Failure = Box<dyn core::error::Error>;

#[libsys::main]
fn main(component: Component) -> Result<(), Failure> {
    let name = component.name();
    let device = component.entries().find(|entry| entry.kind == Kind::Device);
    let device = device.ok_or("the layout gives it no device")?.name;
    let interrupt = component.interrupt(device)?;
    let memory = Region::new(component.dma("pool")?).ok_or("too many regions")?;
    pool::provide(memory)?;
    let transport = virtio::device(&component, device)?;
    let mut disk = Disk::start(transport)?;
    let geometry = disk.geometry();
    let clients: Vec<_> = component.entries().filter(|entry| entry.kind == Kind::Client).collect();
    let names: Vec<&str> = clients.iter().map(|client| client.name).collect();
    let ranges = ranges(&names, component.arguments(), geometry)?;
    // Seen for good, so that all may have it.
    let windows = names.iter().map(|name| component.region(name).map(Box::new).map(Box::leak));
    let windows = windows.collect::<Result<Vec<&'static mut _>, _>>()?;
    let windows: Vec<&'static Window> = windows.into_iter().map(|window| &*window).collect();
    for (client, window) in names.iter().zip(&windows) {
        match component.dma(client) {
            Ok(memory) => disk.add_memory(Region::new(memory).ok_or("too many clients")?),
            // The layout does not let the device reach it.
            Err(_) => disk.add_copied(window)?,
        }
    }
    let callers = Callers::new(component.reception()?, component.replies());
    let mut server = Server::new(disk);
    for ((client, range), memory) in clients.iter().zip(ranges).zip(windows) {
        server.add(Badge(client.value), memory, component.notification(client.name)?, range);
    }
    let _ = interrupt.handler.acknowledge();
    println!("{name}: {} sectors for {} clients", geometry.sectors, names.len());
    serve(&callers, interrupt, &mut server)
}

/// The driver, as this program has it.
type Driver<'a, T> = Server<
    Disk<T>,
    &'static Window,
    Cap<libsys::object::Notification>,
    virtio_blk::caller::Caller<'a>,
>;

/// Serves as long as there is a device.
///
/// # Errors
/// The device is of no use any more: before the next instance begins, it is silenced.
fn serve<'a, T: virtio::Transport>(
    callers: &'a Callers,
    interrupt: Interrupt,
    driver: &mut Driver<'a, T>,
) -> Result<(), Failure> {
    let port = callers.reception();
    loop {
        let sleeps = !driver.round() && driver.fall_asleep();
        if !driver.device().is_alive() {
            let complaint = driver.device().complaint();
            let complaint = complaint.map_or(String::new(), |complaint| complaint.to_string());
            return Err(format!("the device does not come back: {complaint}").into());
        }
        let Some(caller) = callers.next() else {
            // Whoever calls waits in the kernel; the device still has something to say.
            let signals = if sleeps { port.signals() } else { port.poll_signals() };
            driver.wake_up();
            signalled(interrupt, driver, signals)?;
            continue;
        };
        let reply = caller.reply();
        let message = if sleeps { port.receive(reply) } else { port.poll(reply) };
        driver.wake_up();
        match Origin::of(Badge(message.badge)) {
            Origin::Client(Badge(0)) | Origin::Component(_) => {}
            Origin::Client(client) => {
                let request = Request { client, message, slot: 0 };
                driver.called(&request, caller.calling());
            }
            Origin::Signals(signals) => signalled(interrupt, driver, signals)?,
        }
        if let Some(complaint) = driver.device().complaint() {
            println!("the device was reset: {complaint}");
        }
    }
}

/// Takes back the device's interrupt, and answers the supervisor's question, if they are among
/// these signals. Its questions are the rhythm in which the device is looked after.
///
/// # Errors
/// The device has lost a request: the next instance resets it, and clients ask again.
fn signalled<T: virtio::Transport>(
    interrupt: Interrupt,
    driver: &mut Driver<'_, T>,
    signals: u64,
) -> Result<(), Failure> {
    if signals & interrupt.signal != 0 {
        driver.device().acknowledge();
        let _ = interrupt.handler.acknowledge();
    }
    let _ = heartbeat::answer(signals);
    if heartbeat::question().is_some_and(|beat| driver.device().is_stuck(beat)) {
        return Err("the device has lost a request".into());
    }
    Ok(())
}
