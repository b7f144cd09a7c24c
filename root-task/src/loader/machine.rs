//! Whether the machine is as the image expects, before anything is made.

use libsys::{BootInfo, Error, device_tree, initial};
use packed::Image;
use packed::record::{Memory, Source};

use super::Stop;
use super::memory::offered;

/// Compares what can be known: cores, domains, memory if the image is strict, the device tree.
pub(super) fn expect(boot: &BootInfo, image: &Image<'_>) -> Result<(), Stop> {
    if u64::from(image.header.cores) > boot.node_count {
        return Err(Stop::OtherMachine("it has fewer cores"));
    }
    expect_domains(image)?;
    if image.header.is_strict {
        expect_memory(boot, image)?;
    }
    expect_device_tree(image)
}

/// The boot information says nothing of domains, but the kernel refuses those that it does not
/// have with the range of those that it has. A system of one domain needs none.
fn expect_domains(image: &Image<'_>) -> Result<(), Stop> {
    let turns = image.layout.turns.rows();
    let of_threads = image.layout.threads.rows().map(|thread| thread.domain);
    let last_domain = of_threads.chain(turns.map(|turn| turn.domain)).max().unwrap_or(0);
    let last_turn = image.layout.turns.rows().map(|turn| turn.index).max();
    // An impossible duration, so that a call that gets so far changes nothing either.
    let ask = |index, domain| initial::DOMAIN.configure_schedule(index, domain, u64::MAX);
    if last_domain > 0 && is_beyond(u64::from(last_domain), ask(0, u8::MAX)) {
        return Err(Stop::OtherMachine("it has fewer domains"));
    }
    if last_turn.is_some_and(|last| is_beyond(u64::from(last), ask(u64::MAX, 0))) {
        return Err(Stop::OtherMachine("its schedule of domains is shorter"));
    }
    Ok(())
}

/// Whether a number is out of the range that a refusal tells.
fn is_beyond(number: u64, refusal: Result<(), Error>) -> bool {
    matches!(refusal, Err(Error::Range { max, .. }) if number > max)
}

/// A strict image is for exactly this memory.
fn expect_memory(boot: &BootInfo, image: &Image<'_>) -> Result<(), Stop> {
    let mut planned = image.layout.memory.rows();
    let mut found = offered(boot).iter().map(|piece| Memory {
        address: piece.address,
        bits: piece.size_bits,
        is_device: piece.is_device != 0,
    });
    loop {
        match (planned.next(), found.next()) {
            (None, None) => return Ok(()),
            (planned, found) if planned == found => (),
            (planned, found) => return Err(Stop::OtherMemory { planned, found }),
        }
    }
}

/// Looks whether there is a device tree, if a frame is to be filled with it.
fn expect_device_tree(image: &Image<'_>) -> Result<(), Stop> {
    if device_tree::blob().is_some() {
        return Ok(());
    }
    let mut fills = image.layout.fills.rows();
    match fills.find(|row| row.source == Source::DeviceTree) {
        Some(row) => Err(Stop::NoDeviceTree { cell: row.frame }),
        None => Ok(()),
    }
}
