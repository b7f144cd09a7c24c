//! Returns the ball.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::server::{Buffer, Handler, Outgoing, Request, serve};
use libsys::{Badge, println};
use systems::volley;

struct Player {
    component: Component,
}

impl volley::Server for Player {
    fn play(&mut self, client: Badge, ball: u64) -> Result<u64, volley::Error> {
        let (name, who) = (self.component.name(), self.component.client(client));
        println!("{name}: {} plays {ball}", who.unwrap_or("nobody"));
        Ok(ball + 1)
    }
}

impl Handler for Player {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        volley::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let (reception, reply) = (component.reception()?, component.reply()?);
    serve(&reception, reply, &mut Player { component })
}
