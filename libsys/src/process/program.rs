//! Programs: from an image to a process.

use abi::Rights;

use super::{Gift, Handover, Image, Process, Resources, Supervisor};
use crate::bootstrap::AllocationError;
use crate::exit::Parent;
use crate::initial;
use crate::memory::{Memory, Objects, Space};
use crate::object::Untyped;
use crate::worker::Options;

/// Slots of a program's CSpace that mean the same in every program.
pub mod slots {
    use crate::cap::Cap;
    use crate::object::Endpoint;

    /// Whom a supervised program tells about its end.
    pub const PARENT: Cap<Endpoint> = Cap::at(4);
    /// The [terminal](crate::service::terminal) of a supervised program, for
    /// [`console::connect`](crate::console::connect).
    pub const CONSOLE: Cap<Endpoint> = Cap::at(5);
    /// From here on the slots are free for gifts: those before are these two, and those of
    /// [`initial`](crate::initial).
    pub const FREE: u64 = 16;
}

/// What is started, and with what.
///
/// ```no_run
/// use libsys::memory::{Memory, Space};
/// use libsys::process::{BuildError, Image, Program, Supervisor};
/// use libsys::println;
/// use libsys::worker::Options;
///
/// /// Runs the program in a module to its end.
/// fn run(memory: &mut Memory, ours: &mut Space, options: Options) -> Result<(), BuildError> {
///     let supervisor = Supervisor::create(memory)?;
///     let image = Image::of_module("tool")?;
///     let program = Program {
///         argument: 7,
///         supervisor: Some((&supervisor, 1)),
///         ..Program::new(&image, options)
///     };
///     let process = program.start(memory, ours)?;
///     println!("{}", supervisor.wait());
///     process.free(memory)?;
///     Ok(supervisor.free(memory)?)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Program<'a> {
    /// The image.
    pub image: &'a Image<'a>,
    /// How the first thread runs. Its stack is in the image; `parent` is an endpoint in the
    /// program's CSpace, which a gift puts there.
    pub options: Options,
    /// A number for the main function.
    pub argument: u64,
    /// `log2` of the slots of its CSpace: 5 or more.
    pub cspace_bits: u32,
    /// Capabilities for it.
    pub gifts: &'a [Gift],
    /// Memory for it.
    pub resources: Option<&'a Resources>,
    /// Who hears how it fares, and the number by which that knows it: from 1 on, below 2⁶².
    /// Decides about `options.fault_handler` and `options.parent`.
    pub supervisor: Option<(&'a Supervisor, u64)>,
}

impl<'a> Program<'a> {
    /// Argument 0, 256 slots, no gifts, no memory, no supervisor.
    #[must_use]
    pub const fn new(image: &'a Image<'a>, options: Options) -> Self {
        let (gifts, resources, supervisor) = (&[], None, None);
        Self { image, options, argument: 0, cspace_bits: 8, gifts, resources, supervisor }
    }

    /// Builds it and starts its first thread.
    ///
    /// # Errors
    /// Those of [`build`](Self::build).
    pub fn start(&self, memory: &mut Memory, ours: &mut Space) -> Result<Process, AllocationError> {
        let process = self.build(memory, ours)?;
        let started = process.threads.first().map_or(Ok(()), |first| {
            first.start_with(&self.handover(first.ipc_buffer).registers(self.image.entry()))
        });
        finish(memory, process, started)
    }

    /// Builds it. Its first thread does not run yet: [`handover`](Self::handover) has its
    /// registers. `ours` is our own space.
    ///
    /// # Errors
    /// Too little memory, a number that no process can have, or what the kernel refuses: two gifts
    /// for a slot, for example. Nothing is left then.
    pub fn build(&self, memory: &mut Memory, ours: &mut Space) -> Result<Process, AllocationError> {
        if let Some((_, number)) = self.supervisor {
            Supervisor::check(number)?;
        }
        let mut process = Process::create(memory, self.cspace_bits)?;
        let built = self.furnish(&mut process, memory, ours);
        finish(memory, process, built)
    }

    /// What its first thread finds in its registers.
    #[must_use]
    pub fn handover(&self, ipc_buffer: u64) -> Handover {
        let parent = match self.supervisor {
            Some(_) => Parent::Endpoint(slots::PARENT),
            None => self.options.parent,
        };
        Handover { argument: self.argument, ipc_buffer, thread: initial::THREAD, parent }
    }

    fn furnish(
        &self,
        process: &mut Process,
        memory: &mut Memory,
        ours: &mut Space,
    ) -> Result<(), AllocationError> {
        for segment in self.image.segments() {
            process.load_segment(memory, ours, segment)?;
        }
        let options = Options { stack_pages: 0, ..self.options };
        let thread = match self.supervisor {
            None => process.add_thread(memory, options)?,
            Some((supervisor, number)) => {
                for gift in supervisor.gifts(number) {
                    process.give(memory, gift)?;
                }
                supervisor.handling_faults(memory, number, |memory, fault_handler| {
                    process.add_thread(memory, Options { fault_handler, ..options })
                })?
            }
        };
        let vspace = process.space.space().vspace();
        for gift in [
            Gift::new(initial::THREAD, thread.thread, Rights::ALL),
            Gift::new(initial::CNODE, process.cnode, Rights::ALL).badged(process.guard()),
            Gift::new(initial::VSPACE, vspace, Rights::ALL),
        ] {
            process.give(memory, gift)?;
        }
        if let Some(resources) = self.resources {
            provide(process, memory, resources, options)?;
        }
        self.gifts.iter().try_for_each(|gift| process.give(memory, *gift))
    }
}

/// Gives a process memory, and authority over its core.
fn provide(
    process: &mut Process,
    memory: &mut Memory,
    resources: &Resources,
    options: Options,
) -> Result<(), AllocationError> {
    let untyped = process.objects.more(memory).create_sized::<Untyped>(resources.bits)?;
    process.give(memory, Gift::new(resources.memory, untyped, Rights::ALL))?;
    process.give(memory, Gift::new(resources.core, options.core, Rights::ALL))
}

/// The process if all went well; else it is freed.
fn finish(
    memory: &mut Memory,
    process: Process,
    result: Result<(), AllocationError>,
) -> Result<Process, AllocationError> {
    match result {
        Ok(()) => Ok(process),
        Err(reason) => {
            process.free(memory)?;
            Err(reason)
        }
    }
}
