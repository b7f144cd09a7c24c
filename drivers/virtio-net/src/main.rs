//! The driver of a virtio network card.
#![no_std]
#![no_main]

use libsys::layout::Component;
use virtio_net::SetupError;

#[libsys::main]
fn main(component: Component) -> Result<(), SetupError> {
    virtio_net::serve(component)
}
