//! Plays.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use systems::volley;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let table = volley::Client::new(component.endpoint("ponger")?);
    let mut ball = 0;
    while ball < 6 {
        let Ok(returned) = table.play(ball + 1) else { break };
        println!("{}: {} came back as {returned}", component.name(), ball + 1);
        ball = returned;
    }
    Ok(())
}
