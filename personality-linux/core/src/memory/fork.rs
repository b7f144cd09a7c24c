//! A copy of an address space that shares its frames until somebody writes.

use super::frames::Frames;
use super::space::AddressSpace;
use super::table::Entry;
use crate::machine::{Exhausted, Machine, Protection, USER_END};

impl AddressSpace {
    /// The copy. Its pages are mapped when they are touched; those of this space that could be
    /// written cannot any more.
    pub(crate) fn fork<M: Machine>(&mut self, frames: &mut Frames<M>) -> Result<Self, Exhausted> {
        let mut child = Self::over(frames.machine.create_space()?);
        child.areas = self.areas.clone();
        child.heap = self.heap.clone();
        for page in self.table.pages(&(0..USER_END)) {
            let Some(entry) = self.table.get(page) else { continue };
            let is_shared = self.area(page).is_none_or(|(_, area)| area.is_shared);
            if is_shared {
                // The child finds it in the object.
                continue;
            }
            frames.share(entry.frame);
            child.table.insert(page, Entry { mapped: None, ..entry });
            if let Some((mapping, permitted)) = entry.mapped.filter(|(_, now)| now.write) {
                let protection = Protection { write: false, ..permitted };
                frames.machine.protect(mapping, self.handle, page, protection);
                self.table.insert(page, Entry { mapped: Some((mapping, protection)), ..entry });
            }
        }
        Ok(child)
    }
}
