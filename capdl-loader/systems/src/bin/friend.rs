//! Asks others which life they are in, and stays with them when they fail.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::{println, time};
use systems::life;

/// Periods in which nobody has work: longer than the supervisor waits for a sign of life.
const IDLE: u32 = 40;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let name = component.name();
    let (bell, restarted) = (component.bell()?, component.signal("phoenix.restarted")?);
    let phoenix = life::Client::new(component.endpoint("phoenix")?);
    let life = loop {
        match phoenix.number() {
            Ok(life) => break life,
            Err(_) => {
                while bell.wait() & restarted == 0 {}
                println!("{name}: heard of it");
                (0..IDLE).for_each(|_| time::next_period());
            }
        }
    };
    println!("{name}: phoenix is in life {life}");
    let oracle = life::Client::new(component.endpoint("oracle")?);
    let lives = [(); 4].map(|()| oracle.number().unwrap_or_default());
    println!("{name}: oracle was in lives {lives:?}");
    let ends = [(); 3].map(|()| oracle.number().err());
    println!("{name}: oracle ends with {ends:?}");
    for other in ["sleeper", "patient"] {
        let life = life::Client::new(component.endpoint(other)?).number();
        println!("{name}: {other} is in life {}", life.unwrap_or_default());
    }
    Ok(())
}
