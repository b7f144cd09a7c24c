//! Plays. It knows the slot of its partner from when it was built: `pinger.rs` beside the layout is
//! what `capdl constants` says of that.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::{Cap, println};
use systems::volley;

#[path = "../../ping-pong/pinger.rs"]
#[allow(dead_code, unreachable_pub, reason = "made for programs of any kind, with all there is")]
mod given;

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
