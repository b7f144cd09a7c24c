//! Which kernel image is under the suite.

use libsys::debug;
use libsys::object::Endpoint;
use libsys::syscall::Message;

use super::outcome::Outcome;
use super::world::World;

/// What the kernel was built with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Image {
    /// With the debug calls.
    Debug,
    /// Without them.
    Release,
}

/// Label with which the probe says that it came through.
const CAME_THROUGH: u64 = 0xbeef;

/// Asks the kernel for a debug call: an image without it faults the caller.
pub(super) fn probe(world: &mut World) -> Outcome<Image> {
    let endpoint = world.create::<Endpoint>()?;
    let options = libsys::worker::Options { fault_handler: endpoint, ..world.options(254) };
    world.spawn_with(options, move || {
        let _ = debug::cap_identify(1);
        endpoint.send(Message::new(CAME_THROUGH, &[]));
    })?;
    let came_through = endpoint.wait().info.label() == CAME_THROUGH;
    Ok(if came_through { Image::Debug } else { Image::Release })
}
