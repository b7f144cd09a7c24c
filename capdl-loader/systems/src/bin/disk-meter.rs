//! Measures what requests to a disk cost, between marks that a plugin of QEMU sees: requests of
//! several sizes, one by one or many in flight; the way from the interrupt to the client that
//! waits; and a driver that is killed and begins again. As `copied` it is a client whose memory the
//! disk does not reach.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::object::{Thread, UserContext};
use libsys::service::block::{
    Disk, DiskError, Outcome, Request, Restarts, SECTOR, Ticket, Verb, control,
};
use libsys::window::Window;
use libsys::{Cap, println};
use work::block::{Block, COPIED, DEEP, RESTART, WAKING, WORKS};

/// Where nothing is mapped.
const NOWHERE: u64 = 0x10;

struct Meter<'a> {
    disk: Disk<control::Client, &'a Window, &'a Restarts>,
    /// Requests under way, each with a part of the memory for its data.
    places: [Option<Ticket>; DEEP],
    /// Requests so far.
    number: u64,
}

impl Meter<'_> {
    /// A request of this work, with its data in one of the places.
    fn request(&mut self, block: &Block, place: usize) -> Request {
        let bytes = u64::from(block.work.bytes);
        let sector = block.place(self.number) / SECTOR;
        self.number += 1;
        let verb = if block.writes { Verb::Write } else { Verb::Read };
        let at = self.disk.data().start + place as u64 * bytes;
        Request { verb, sector, count: bytes / SECTOR, at }
    }

    fn one_by_one(&mut self, block: &Block) -> Result<(), DiskError> {
        for _ in 0..block.work.requests {
            let request = self.request(block, 0);
            self.disk.run(request)?;
        }
        Ok(())
    }

    /// Keeps as many in flight as the work says.
    fn many(&mut self, block: &Block) -> Result<(), DiskError> {
        let mut left = block.work.requests;
        let mut under_way = 0;
        while left > 0 || under_way > 0 {
            for place in 0..block.depth {
                if left > 0 && self.places[place].is_none() {
                    let request = self.request(block, place);
                    self.places[place] = Some(self.disk.submit(request)?);
                    (left, under_way) = (left - 1, under_way + 1);
                }
            }
            self.disk.wait()?;
            under_way -= self.collect()?;
        }
        Ok(())
    }

    /// Looks at what is done. Answers how many are.
    fn collect(&mut self) -> Result<u32, DiskError> {
        let mut count = 0;
        for place in &mut self.places {
            let outcome = place.and_then(|ticket| self.disk.outcome(ticket));
            match outcome {
                None => continue,
                Some(Outcome::Done) => *place = None,
                Some(outcome) => return Err(DiskError::Failed(outcome)),
            }
            count += 1;
        }
        Ok(count)
    }

    /// Does some works.
    fn measure(&mut self, works: &[Block]) -> Result<(), DiskError> {
        for block in works {
            println!("{}", block.work);
            block.work.measure(|| match block.depth {
                1 => self.one_by_one(block),
                _ => self.many(block),
            })?;
        }
        Ok(())
    }

    /// Waits for interrupts, and for the driver to begin again, whose thread this is.
    fn measure_driver(&mut self, driver: Cap<Thread>) -> Result<(), DiskError> {
        println!("{}", WAKING.work);
        WAKING.work.measure(|| self.one_by_one(&WAKING))?;
        println!("{}", RESTART.work);
        RESTART.work.measure(|| {
            // If it does not die, it answers at once, and the figure shows that.
            let _ = driver.write_registers(true, &UserContext::starting_at(NOWHERE, 0));
            self.one_by_one(&RESTART)
        })
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let way = Restarts::connect(&component, "blk");
    let (driver, memory, bell) = way.map_err(|_| "no driver")?;
    let disk = Disk::open(driver, &memory, &bell).map_err(|_| "no disk")?;
    let mut meter = Meter { disk, places: [None; DEEP], number: 0 };
    let name = component.name();
    let measured = match component.arguments().next() {
        Some("copied") => meter.measure(&COPIED),
        _ => {
            let thread = component.thread("blk").map_err(|_| "it may not kill the driver")?;
            meter.measure(&WORKS).and_then(|()| meter.measure_driver(thread))
        }
    };
    match measured {
        Ok(()) => println!("{name}: done"),
        Err(error) => println!("{name}: {error}"),
    }
    Ok(())
}
