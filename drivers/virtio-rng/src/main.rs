//! The driver of a virtio source of random bytes.
#![no_std]
#![no_main]

use libsys::layout::Component;
use virtio_rng::SetupError;

#[libsys::main]
fn main(component: Component) -> Result<(), SetupError> {
    virtio_rng::serve(&component)
}
