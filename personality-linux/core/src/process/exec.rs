//! A program's address space and first registers, from its file.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::image::{HEAD_BYTES, Image, Segment};
use super::stack::{Places, build};
use crate::abi::errno::{EACCES, EFAULT, EISDIR, ELOOP, ENOENT, ENOEXEC, ENOMEM, Errno};
use crate::files::{Last, Node};
use crate::linux::{Linux, Program};
use crate::machine::{Machine, PAGE, PAGE_BITS, Protection, Registers, ThreadId, USER_END};
use crate::memory::space::{STACK_END, STACK_LIMIT};
use crate::memory::{AddressSpace, Area, Backing, MemoryObject, Place, page_of};

/// Where programs begin that may be anywhere.
const MOVABLE_BASE: u64 = 0x5555_5555_0000;
/// Where the server's code for programs is: above the stack.
pub(crate) const TRAMPOLINE: u64 = USER_END - (64 << 10);
/// Scripts whose interpreters are scripts, at most.
const SCRIPTS: u32 = 4;
/// What of the stack is an area from the start.
const STACK_AT_FIRST: u64 = 128 << 10;

/// A program that is ready to run.
pub(crate) struct Loaded {
    pub(crate) space: AddressSpace,
    pub(crate) registers: Registers,
    pub(crate) executable: Vec<u8>,
    pub(crate) arguments: Vec<Vec<u8>>,
}

impl<M: Machine> Linux<M> {
    /// Loads a program into an address space of its own. `start`: where relative paths begin.
    ///
    /// # Errors
    /// Those of paths; `EACCES`, `EISDIR`, `ENOEXEC`, `ELOOP`, `ENOMEM`, `E2BIG`.
    pub(crate) fn load(
        &mut self,
        viewer: &crate::files::Viewer,
        start: &Rc<Node>,
        program: Program,
    ) -> Result<Loaded, Errno> {
        let mut program = program;
        for _ in 0..=SCRIPTS {
            let place = viewer.place(start, &program.path, Last::Follow)?;
            let object = executable(&place.node.ok_or(ENOENT)?)?;
            let mut head = alloc::vec![0; HEAD_BYTES];
            let count = object.read(&mut self.frames, 0, &mut head)?;
            head.truncate(count);
            match script(&head, &program)? {
                Some(interpreter) => program = interpreter,
                None => {
                    let mut file = viewer.path_of(&place.directory)?;
                    if file.last() != Some(&b'/') {
                        file.push(b'/');
                    }
                    file.extend(&place.name);
                    return self.load_image(viewer, (&object, &head), file, program);
                }
            }
        }
        Err(ELOOP)
    }

    fn load_image(
        &mut self,
        viewer: &crate::files::Viewer,
        (object, head): (&Rc<MemoryObject>, &[u8]),
        executable: Vec<u8>,
        program: Program,
    ) -> Result<Loaded, Errno> {
        let image = Image::parse(head)?;
        let interpreter = self.interpreter(viewer, object, &image)?;
        let mut space = AddressSpace::new(&mut self.frames).map_err(|_| ENOMEM)?;
        let filled = self.fill(&mut space, object, &image, interpreter.as_ref(), &program);
        match filled {
            Ok(registers) => {
                let arguments = program.arguments;
                Ok(Loaded { space, registers, executable, arguments })
            }
            Err(errno) => {
                space.destroy(&mut self.frames);
                Err(errno)
            }
        }
    }

    /// The program that loads a dynamic one.
    fn interpreter(
        &mut self,
        viewer: &crate::files::Viewer,
        object: &Rc<MemoryObject>,
        image: &Image,
    ) -> Result<Option<(Rc<MemoryObject>, Image)>, Errno> {
        let Some((offset, length)) = image.interpreter else { return Ok(None) };
        if !(2..=1024).contains(&length) {
            return Err(ENOEXEC);
        }
        let mut path = alloc::vec![0; length as usize];
        object.read(&mut self.frames, offset, &mut path)?;
        if path.pop() != Some(0) {
            return Err(ENOEXEC);
        }
        let node = viewer.find(&viewer.root, &path, Last::Follow)?;
        let object = executable(&node)?;
        let mut head = alloc::vec![0; HEAD_BYTES];
        let count = object.read(&mut self.frames, 0, &mut head)?;
        let image = Image::parse(&head[..count])?;
        Ok(Some((object, image)))
    }

    /// Maps everything; answers the first registers.
    fn fill(
        &mut self,
        space: &mut AddressSpace,
        object: &Rc<MemoryObject>,
        image: &Image,
        interpreter: Option<&(Rc<MemoryObject>, Image)>,
        program: &Program,
    ) -> Result<Registers, Errno> {
        self.map_trampoline(space)?;
        let base = if image.is_movable { MOVABLE_BASE } else { 0 };
        self.map_image(space, object, image, base)?;
        let end = base.wrapping_add(image.span().end);
        space.heap = end..end;
        let (headers, count, size) = image.headers;
        let entry = base.wrapping_add(image.entry);
        let mut places =
            Places { headers: (base.wrapping_add(headers), count, size), base: 0, entry };
        let mut program_counter = entry;
        if let Some((object, image)) = interpreter {
            let span = image.span();
            let length = span.end - span.start;
            let room = area(Protection::default(), Backing::Anonymous);
            let wish = Place::Anywhere(0);
            let at = match image.is_movable {
                true => space.map(&mut self.frames, wish, length, room)?.wrapping_sub(span.start),
                false => 0,
            };
            self.map_image(space, object, image, at)?;
            (places.base, program_counter) = (at, at.wrapping_add(image.entry));
        }
        let mut random = [0; 16];
        self.frames.machine.random(&mut random);
        let (arguments, environment) = (&program.arguments, &program.environment);
        let (stack, bytes) =
            build(STACK_END, &program.path, arguments, environment, &places, random)?;
        let room = STACK_AT_FIRST.max(STACK_END - page_of(stack) + PAGE).min(STACK_LIMIT);
        let area = Area { grows_down: true, ..area(Protection::DATA, Backing::Anonymous) };
        space.map(&mut self.frames, Place::IfFree(STACK_END - room), room, area)?;
        space.write(&mut self.frames, stack, &bytes).map_err(|_| ENOMEM)?;
        Ok(Registers { stack, program_counter, ..Registers::default() })
    }

    fn map_trampoline(&mut self, space: &mut AddressSpace) -> Result<(), Errno> {
        if self.trampoline.length() == 0 {
            let code = super::stubs::CODE.map(u32::to_le_bytes).concat();
            let written = self.trampoline.write(&mut self.frames, 0, &code);
            written.map_err(|_| ENOMEM)?;
        }
        let protection = Protection { read: true, write: false, execute: true };
        let backing = Backing::Object { object: Rc::clone(&self.trampoline), first: 0 };
        let area = area(protection, backing);
        space.map(&mut self.frames, Place::Exactly(TRAMPOLINE), PAGE, area).map(drop)
    }

    fn map_image(
        &mut self,
        space: &mut AddressSpace,
        object: &Rc<MemoryObject>,
        image: &Image,
        base: u64,
    ) -> Result<(), Errno> {
        for segment in &image.segments {
            self.map_segment(space, object, segment, base)?;
        }
        Ok(())
    }

    fn map_segment(
        &mut self,
        space: &mut AddressSpace,
        object: &Rc<MemoryObject>,
        segment: &Segment,
        base: u64,
    ) -> Result<(), Errno> {
        let start = base.wrapping_add(segment.address);
        let end = start.checked_add(segment.in_memory).filter(|end| *end < USER_END);
        let (file_end, end) = (start.wrapping_add(segment.in_file), end.ok_or(ENOEXEC)?);
        let first = page_of(start);
        let file_pages_end = file_end.next_multiple_of(PAGE);
        let all_pages_end = end.next_multiple_of(PAGE);
        if segment.in_file > 0 {
            let page = segment.offset >> PAGE_BITS;
            let backing = Backing::Object { object: Rc::clone(object), first: page };
            let area = area(segment.protection, backing);
            let length = file_pages_end - first;
            space.map(&mut self.frames, Place::Exactly(first), length, area)?;
            if segment.protection.write && end > file_end && file_end < file_pages_end {
                let zeros = alloc::vec![0; (file_pages_end - file_end) as usize];
                space.write(&mut self.frames, file_end, &zeros).map_err(|_| ENOEXEC)?;
            }
        }
        let zeros_from = if segment.in_file > 0 { file_pages_end } else { first };
        if all_pages_end > zeros_from {
            let area = area(segment.protection, Backing::Anonymous);
            let length = all_pages_end - zeros_from;
            space.map(&mut self.frames, Place::Exactly(zeros_from), length, area)?;
        }
        Ok(())
    }

    /// Replaces the program of a thread's process: all other threads of it end.
    pub(crate) fn replace_program(&mut self, me: ThreadId, loaded: Loaded) -> Result<(), Errno> {
        let number = self.process_id(me);
        let others: Vec<ThreadId> = self.process(me)?.threads.iter().copied().collect();
        for other in others.into_iter().filter(|other| *other != me) {
            self.end_thread(other);
        }
        let new = loaded.space.handle;
        self.spaces.insert(new, (loaded.space, 1));
        self.frames.machine.move_thread(me, new);
        self.stop_borrowing(number);
        let process = self.processes.get_mut(&number).ok_or(EFAULT)?;
        let old = core::mem::replace(&mut process.space, new);
        process.has_executed = true;
        process.executable = loaded.executable;
        process.arguments = loaded.arguments.join(&0);
        process.descriptors.close_for_exec();
        for action in &mut process.actions {
            if action.handler != crate::abi::signals::SIG_IGN {
                *action = super::Action::default();
            }
        }
        let mut name = [0; 16];
        let last = process.executable.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        for (place, byte) in name[..15].iter_mut().zip(last) {
            *place = *byte;
        }
        let thread = self.thread(me)?;
        thread.name = name;
        thread.clear_at_end = 0;
        thread.alternate = (0, crate::abi::signals::SS_DISABLE, 0);
        self.leave_space(old);
        // The old program's registers of floating point are nobody's business.
        let mut registers = loaded.registers;
        registers.general[17] = registers.program_counter;
        registers.program_counter = super::stubs::CLEAR;
        self.leave(me, super::signals::Return::Registers(registers));
        Ok(())
    }
}

/// An area that is to be mapped; `map` sets its end.
pub(crate) const fn area(protection: Protection, backing: Backing) -> Area {
    Area { end: 0, protection, is_shared: false, grows_down: false, backing }
}

/// The bytes of a program.
fn executable(node: &Rc<Node>) -> Result<Rc<MemoryObject>, Errno> {
    if node.directory().is_ok() {
        return Err(EISDIR);
    }
    let object = node.object().ok_or(EACCES)?;
    if node.mode.get() & 0o111 == 0 {
        return Err(EACCES);
    }
    Ok(Rc::clone(object))
}

/// What runs a script: the program that its first line names.
fn script(head: &[u8], program: &Program) -> Result<Option<Program>, Errno> {
    let Some(line) = head.strip_prefix(b"#!") else { return Ok(None) };
    let end = line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len().min(254));
    let line = line[..end].trim_ascii();
    if line.is_empty() {
        return Err(ENOEXEC);
    }
    let path_end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (path, rest) = line.split_at(path_end);
    let mut arguments = alloc::vec![path.to_vec()];
    let rest = rest.trim_ascii();
    if !rest.is_empty() {
        arguments.push(rest.to_vec());
    }
    arguments.push(program.path.clone());
    arguments.extend(program.arguments.iter().skip(1).cloned());
    let environment = program.environment.clone();
    Ok(Some(Program { path: path.to_vec(), arguments, environment }))
}
