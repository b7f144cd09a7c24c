//! An initial task that spoils the system that it made, one fact at a time, to prove that the
//! loader finds each: it prints what the loader says, puts the fact right, and has the whole
//! system verified again.
#![no_std]
#![no_main]

use libsys::object::{Page, PageSize, Small, Thread};
use libsys::window::MemoryKind;
use libsys::{BootInfo, Cap, Error, ObjectType, Rights, SlotPath, initial, modules, println};
use packed::objects::Position;
use packed::{Cell, Image};
use root_task::loader::{Depth, Loader, Stop};

#[libsys::main]
fn main(boot: &'static BootInfo) {
    let Some(image) = modules::find("layout").and_then(|bytes| Image::new(bytes).ok()) else {
        return println!("sabotage: failed: no system came along");
    };
    let done = Loader::build(boot, image).map_err(Failure::Stop).and_then(|loader| {
        let spare = SlotPath::new(initial::CNODE, boot.empty.end - 1);
        Saboteur { loader, image, spare }.spoil_all()
    });
    match done {
        Ok(()) => println!("sabotage: everything was found"),
        Err(Failure::Stop(stop)) => println!("sabotage: failed: {}", stop.of(&image)),
        Err(Failure::Kernel(error)) => println!("sabotage: failed: {error:?}"),
        Err(Failure::Unfound(what)) => println!("sabotage: failed: {what} was not found"),
        Err(Failure::Unfit) => println!("sabotage: failed: the system has nothing to spoil"),
    }
}

/// Why not everything was found.
#[derive(Clone, Copy)]
enum Failure {
    Stop(Stop),
    Kernel(Error),
    Unfound(&'static str),
    Unfit,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Kernel(error)
    }
}

struct Saboteur {
    loader: Loader,
    image: Image<'static>,
    /// Nothing is in it.
    spare: SlotPath,
}

impl Saboteur {
    fn spoil_all(&mut self) -> Result<(), Failure> {
        self.is_whole()?;
        self.move_first_frame()?;
        self.move_inner_frame()?;
        self.empty_slot()?;
        self.occupy_slot()?;
        self.spoil_register()?;
        self.spoil_contents("contents")?;
        self.loader.let_out_of_sight().map_err(Failure::Stop)?;
        self.spoil_contents("contents out of sight")
    }

    /// Prints what the loader finds; it must find something.
    fn find(&mut self, what: &'static str) -> Result<(), Failure> {
        self.find_at(Depth::Usual, what)
    }

    fn find_at(&mut self, depth: Depth, what: &'static str) -> Result<(), Failure> {
        let stop = self.loader.verify(depth).err().ok_or(Failure::Unfound(what))?;
        println!("{what}: {}", stop.of(&self.image));
        Ok(())
    }

    /// After a repair nothing may be left.
    fn is_whole(&mut self) -> Result<(), Failure> {
        self.loader.verify(Depth::Strict).map_err(Failure::Stop)
    }

    /// The first frame of a batch changes places with the next.
    fn move_first_frame(&mut self) -> Result<(), Failure> {
        let first = self.batch()?;
        self.exchange(first, first.plus(1))?;
        self.find("frame elsewhere")?;
        self.exchange(first, first.plus(1))?;
        self.is_whole()
    }

    /// Two frames inside a batch change their places. Whether they have contents that tell them
    /// apart does not matter: addresses are verified first.
    fn move_inner_frame(&mut self) -> Result<(), Failure> {
        let first = self.batch()?;
        let (one, other) = (first.plus(1), first.plus(2));
        self.exchange(one, other)?;
        self.find_at(Depth::Strict, "inner frame elsewhere")?;
        self.exchange(one, other)?;
        self.is_whole()
    }

    /// The first of at least four frames that one retype made.
    fn batch(&self) -> Result<Cell, Failure> {
        let mut runs = self.image.layout.objects.iter().filter(|run| {
            run.object == ObjectType::SmallPage && run.position == Position::Anywhere
        });
        runs.find(|run| run.count > 3).map(|run| run.first).ok_or(Failure::Unfit)
    }

    fn exchange(&self, one: Cell, other: Cell) -> Result<(), Error> {
        let [one, other] = [one, other].map(|cell| self.loader.path(cell));
        self.spare.move_from(one)?;
        one.move_from(other)?;
        other.move_from(self.spare)
    }

    fn empty_slot(&mut self) -> Result<(), Failure> {
        let row = self.image.layout.slots.rows().last().ok_or(Failure::Unfit)?;
        let slot = self.loader.slot(row.node, row.slot);
        self.spare.move_from(slot)?;
        self.find("slot empty")?;
        slot.move_from(self.spare)?;
        self.is_whole()
    }

    /// A capability more, in the last slot of a CNode.
    fn occupy_slot(&mut self) -> Result<(), Failure> {
        let node = self.image.layout.slots.rows().last().ok_or(Failure::Unfit)?.node;
        let run = self.image.layout.objects.of(node).ok_or(Failure::Unfit)?;
        let slot = self.loader.slot(node, (1 << run.size) - 1);
        slot.copy_from(self.loader.path(node), Rights::ALL)?;
        self.find("slot occupied")?;
        slot.delete()?;
        self.is_whole()
    }

    fn spoil_register(&mut self) -> Result<(), Failure> {
        let row = self.image.layout.threads.rows().last().ok_or(Failure::Unfit)?;
        let thread: Cap<Thread> = self.loader.cap(row.thread);
        let before = thread.read_registers(false, 11)?;
        let mut words = *before.words();
        words[1] ^= 0x10;
        thread.write_first_registers(false, &words[..11])?;
        self.find("register")?;
        thread.write_first_registers(false, &before.words()[..11])?;
        self.is_whole()
    }

    /// A bit of the last byte that the image has for a frame of 4 KiB.
    fn spoil_contents(&mut self, what: &'static str) -> Result<(), Failure> {
        let rows = self.image.layout.fills.rows();
        let is_small = |bits: u8| u32::from(bits) == Small::BITS;
        let row = rows.filter(|row| is_small(row.bits) && row.length > 0).last();
        let row = row.ok_or(Failure::Unfit)?;
        let at = u64::from(row.at + row.length - 1);
        self.flip(row.frame, at)?;
        self.find(what)?;
        self.flip(row.frame, at)?;
        self.is_whole()
    }

    /// Flips a bit of a byte in a frame, which may be mapped elsewhere.
    fn flip(&mut self, frame: Cell, at: u64) -> Result<(), Error> {
        self.spare.copy_from(self.loader.path(frame), Rights::ALL)?;
        let page: Cap<Page<Small>> = Cap::at(self.spare.index);
        let view = self.loader.viewer().open::<Small>(page, MemoryKind::Ram)?;
        let mut byte = [0];
        view.window().read_bytes(at, &mut byte);
        view.window().write_bytes(at, &[byte[0] ^ 1]);
        view.close()?;
        self.spare.delete()
    }
}
