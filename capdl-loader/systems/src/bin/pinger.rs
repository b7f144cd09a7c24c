//! Plays. It knows the slot of its partner from when it was built: from what `capdl constants`
//! says of its layout.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::{Cap, println};
use systems::volley;

#[allow(dead_code, unreachable_pub, reason = "made for programs of any kind, with all there is")]
mod given {
    include!(env!("PINGER_CONSTANTS", "made by `cargo xtask`, or by `capdl constants -o`"));
}

#[libsys::main]
fn main(component: Component) {
    let table = volley::Client::new(Cap::at(given::endpoint::PONGER));
    let mut ball = 0;
    while ball < 6 {
        let Ok(returned) = table.play(ball + 1) else { break };
        println!("{}: {} came back as {returned}", component.name(), ball + 1);
        ball = returned;
    }
}
