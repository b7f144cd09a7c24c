//! All of it as a server.

use alloc::vec::Vec;

use libsys::Cap;
use libsys::layout::{Component, Interrupt, Kind, Missing};
use libsys::object::Notification;
use libsys::server::{Buffer, Handler, Outgoing, Request};
use libsys::service::packet::{Port, Switch, control};
use libsys::window::Window;
use virtio::{AnyTransport, DeviceError, StartError, Transport};

use crate::card::NetworkCard;
use crate::station::{Station, WordError};

/// Why the driver does not start.
#[derive(Debug)]
pub enum SetupError {
    /// The layout lacks something.
    Missing(Missing<'static>),
    /// There is no device that can be used.
    Device(DeviceError),
    /// The device does not start.
    Start(StartError),
    /// A word of the driver is none.
    Word(WordError<'static>),
    /// Two clients would have one address.
    Address(&'static str),
}

impl From<Missing<'static>> for SetupError {
    fn from(missing: Missing<'static>) -> Self {
        Self::Missing(missing)
    }
}

/// The switch with its card.
struct Driver<'a, T: Transport> {
    switch: Switch<&'a Window, Cap<Notification>>,
    card: NetworkCard<T>,
    interrupt: Interrupt,
}

impl<T: Transport> Handler for Driver<'_, T> {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        control::Server::perform(&mut self.switch.control(&self.card), request, buffer)
    }

    fn signalled(&mut self, signals: u64) {
        if signals & self.interrupt.signal != 0 {
            self.card.interrupted();
            // It is this driver's own: nothing to refuse.
            let _ = self.interrupt.handler.acknowledge();
        }
    }

    fn work(&mut self) -> bool {
        self.switch.work(&mut self.card)
    }
}

/// Drives the first device that the layout gives, for the clients that the words name.
///
/// # Errors
/// What the layout or the device lacks.
pub fn serve(component: Component) -> Result<(), SetupError> {
    let mut devices = component.entries().filter(|entry| entry.kind == Kind::Device);
    let name = devices.next().map_or("", |entry| entry.name);
    virtio::provide_pool(&component).map_err(SetupError::Device)?;
    let transport: AnyTransport = virtio::device(&component, name).map_err(SetupError::Device)?;
    let card = NetworkCard::new(transport).map_err(SetupError::Start)?;
    let interrupt = component.interrupt(name)?;
    let (reception, reply) = (component.reception()?, component.reply()?);
    let stations: Result<Vec<_>, _> = component.arguments().map(Station::parse).collect();
    let stations = stations.map_err(SetupError::Word)?;
    let windows: Result<Vec<Window>, _> =
        stations.iter().map(|station| component.region(station.name)).collect();
    let windows = windows?;
    let mut switch = Switch::new(1);
    for (station, window) in stations.iter().zip(&windows) {
        let port = Port::new(window, component.notification(station.name)?);
        let badge = component.badge(station.name)?;
        let address = station.address.unwrap_or(card.address());
        if !switch.attach(badge, address, station.grant, port) {
            return Err(SetupError::Address(station.name));
        }
    }
    libsys::server::serve(&reception, reply, &mut Driver { switch, card, interrupt })
}
