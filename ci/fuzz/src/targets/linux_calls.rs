//! Calls and faults of Linux programs: any numbers, any arguments, any memory.

use linux::calls::NUMBERS;
use linux::fake::{BASE, DATA, Fake, Told, archive, executable};
use linux::linux::MemoryFault;
use linux::machine::ThreadId;
use linux::{Linux, Program};

use super::Target;

/// The target: the first 256 bytes are what the program has in its memory, then steps of a byte
/// that says what happens, and what each step wants.
pub(super) const TARGET: Target = Target {
    name: "linux_calls",
    run,
    words: &[
        b"/init\0",
        b"/a\0",
        b"/dev/zero\0",
        b"/proc/self/maps\0",
        &[0, 0x10, 0x40, 0, 0, 0, 0, 0],
        &[255; 8],
        &[1, 0, 0, 0, 0, 0, 0, 0],
    ],
};

/// Bytes of the program's memory.
const MEMORY: usize = 256;
/// Frames of the machine: so few that they run out.
const FRAMES: usize = 120;

struct World<'a> {
    linux: Linux<Fake>,
    bytes: &'a [u8],
}

fn run(bytes: &[u8]) {
    let (memory, steps) = bytes.split_at(bytes.len().min(MEMORY));
    let mut linux = Linux::new(Fake::new(FRAMES));
    linux.unpack(&archive("init", &executable(memory))).expect("there is room");
    let path = b"/init".to_vec();
    let arguments = vec![path.clone()];
    linux.start(Program { path, arguments, environment: Vec::new() }).expect("a good program");
    let mut world = World { linux, bytes: steps };
    while let Some(what) = world.byte() {
        world.step(what);
    }
    world.end();
}

impl World<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// A thread that runs.
    fn runner(&mut self) -> Option<ThreadId> {
        let which = usize::from(self.byte()?);
        let threads = &self.linux.machine().threads;
        let running: Vec<ThreadId> =
            threads.iter().filter(|(_, thread)| thread.told.is_some()).map(|(id, _)| *id).collect();
        running.get(which % running.len().max(1)).copied()
    }

    /// A number that means something to some call.
    fn word(&mut self) -> Option<u64> {
        Some(match self.byte()? {
            small @ 0..96 => small.into(),
            place @ 96..176 => DATA + u64::from(place - 96) * 8,
            176 => u64::MAX,
            177 => -100_i64 as u64,
            178 => BASE,
            179 => 1 << 47,
            180 => DATA + 4 * 4096 - 3,
            181 => 0x22,
            182 => 0x7fff_ffff_ffff_f000,
            183 => 4096 * u64::from(self.byte()?),
            bit @ 184..248 => 1 << (bit - 184),
            _ => {
                let bytes = [(); 8].map(|()| self.byte().unwrap_or(0));
                u64::from_le_bytes(bytes)
            }
        })
    }

    fn step(&mut self, what: u8) -> Option<()> {
        match what % 16 {
            0 => {
                let thread = self.waits()?;
                let syndrome = self.word()?;
                let fault = MemoryFault { address: self.word()?, is_fetch: what > 127, syndrome };
                self.linux.memory_fault(thread, fault);
            }
            1 => {
                let thread = self.waits()?;
                let syndrome = self.word()?;
                self.linux.exception(thread, syndrome);
            }
            2 => {
                let key = self.byte()?;
                self.linux.typed(&[key]);
            }
            3 => {
                let more = core::time::Duration::from_millis(self.word()? & 0xffff);
                self.linux.machine().time += more;
                self.linux.tick();
            }
            4 => {
                // A program has moved its stack.
                let thread = self.runner()?;
                let stack = self.word()?;
                let registers = self.linux.machine().threads.get_mut(&thread)?;
                registers.registers.stack = stack;
            }
            _ => {
                let number = usize::from(self.byte()?);
                let number = NUMBERS.get(number).map_or(number as u64, |(number, _)| *number);
                let arguments = [(); 6].map(|()| self.word().unwrap_or(0));
                let thread = self.waits()?;
                self.linux.call(thread, number, arguments);
            }
        }
        Some(())
    }

    /// A thread that ran and waits now.
    fn waits(&mut self) -> Option<ThreadId> {
        let thread = self.runner()?;
        self.linux.machine().threads.get_mut(&thread)?.told = None;
        Some(thread)
    }

    /// Whatever has happened, nothing of the machine is left when all have ended.
    fn end(mut self) {
        const KILL: u64 = 129;
        const EXIT_GROUP: u64 = 94;
        // What waits is killed by somebody who does not.
        while let Some(thread) = self.any_runner() {
            self.linux.call(thread, KILL, [u64::MAX, 9, 0, 0, 0, 0]);
            if self.linux.machine().threads.contains_key(&thread) {
                self.linux.machine().threads.get_mut(&thread).expect("it is there").told = None;
                self.linux.call(thread, EXIT_GROUP, [0; 6]);
            }
        }
        let machine = self.linux.machine();
        if machine.threads.is_empty() {
            assert_eq!((machine.spaces(), machine.mappings.len()), (0, 0));
        }
        assert!(machine.used() <= FRAMES);
        let is_waiting = |told: &Option<Told>| told.is_none();
        assert!(machine.threads.values().all(|thread| is_waiting(&thread.told)));
    }

    fn any_runner(&mut self) -> Option<ThreadId> {
        self.bytes = &[0];
        self.waits()
    }
}
