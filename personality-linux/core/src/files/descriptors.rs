//! The numbers that a process has for descriptions.

use alloc::rc::Rc;
use alloc::vec::Vec;

use super::description::Description;
use crate::abi::errno::{EBADF, EMFILE, Errno};

/// Most descriptors of a process.
pub(crate) const LIMIT: usize = 1024;

/// A description, and whether the next program keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    pub(crate) description: Rc<Description>,
    pub(crate) closes_on_exec: bool,
}

/// Descriptors by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Descriptors {
    places: Vec<Option<Descriptor>>,
}

impl Descriptors {
    /// What a number stands for.
    pub(crate) fn get(&self, number: i32) -> Result<&Rc<Description>, Errno> {
        self.descriptor(number).map(|descriptor| &descriptor.description)
    }

    pub(crate) fn descriptor(&self, number: i32) -> Result<&Descriptor, Errno> {
        let index = usize::try_from(number).map_err(|_| EBADF)?;
        self.places.get(index).and_then(Option::as_ref).ok_or(EBADF)
    }

    pub(crate) fn descriptor_mut(&mut self, number: i32) -> Result<&mut Descriptor, Errno> {
        let index = usize::try_from(number).map_err(|_| EBADF)?;
        self.places.get_mut(index).and_then(Option::as_mut).ok_or(EBADF)
    }

    /// Takes the lowest free number, this one or higher.
    pub(crate) fn add(&mut self, descriptor: Descriptor, lowest: u64) -> Result<u64, Errno> {
        let lowest = usize::try_from(lowest).map_err(|_| EMFILE)?;
        let free = (lowest..LIMIT).find(|index| !matches!(self.places.get(*index), Some(Some(_))));
        let index = free.ok_or(EMFILE)?;
        self.set(index, descriptor);
        Ok(index as u64)
    }

    /// Takes this number, whatever it stood for.
    pub(crate) fn replace(&mut self, number: i32, descriptor: Descriptor) -> Result<u64, Errno> {
        let index = usize::try_from(number).ok().filter(|index| *index < LIMIT).ok_or(EBADF)?;
        self.set(index, descriptor);
        Ok(index as u64)
    }

    fn set(&mut self, index: usize, descriptor: Descriptor) {
        if index >= self.places.len() {
            self.places.resize(index + 1, None);
        }
        self.places[index] = Some(descriptor);
    }

    /// Frees a number.
    pub(crate) fn close(&mut self, number: i32) -> Result<(), Errno> {
        let index = usize::try_from(number).map_err(|_| EBADF)?;
        self.places.get_mut(index).and_then(Option::take).map(drop).ok_or(EBADF)
    }

    /// Frees those that the next program does not keep.
    pub(crate) fn close_for_exec(&mut self) {
        for place in &mut self.places {
            if place.as_ref().is_some_and(|descriptor| descriptor.closes_on_exec) {
                *place = None;
            }
        }
    }
}
