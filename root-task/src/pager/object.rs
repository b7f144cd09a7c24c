//! Memory objects: pages that several clients can have.

use alloc::collections::BTreeMap;
use core::ops::Range;

use libsys::bootstrap::AllocationError;

use super::access::Access;
use super::cause::Cause;
use super::frames::FrameId;
use super::machine::is_lack;

/// Names an object for as long as a region refers to it.
///
/// ```
/// use root_task::pager::ObjectId;
///
/// fn is_same(one: ObjectId, other: ObjectId) -> bool {
///     one == other
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ObjectId(u64);

/// Where the pages of an object come from.
///
/// ```
/// use libsys::pager::File;
/// use root_task::pager::Source;
///
/// let file = File { number: 1, bytes: 10_000 };
/// assert_eq!(Source::File { server: 0, file }.pages(), Some(3));
/// assert_eq!(Source::Zeros.pages(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// They are zeros at first: memory that clients share.
    Zeros,
    /// A server has them.
    File {
        /// Which server: a number that the pager's owner gives.
        server: u32,
        /// Which file.
        file: libsys::pager::File,
    },
}

impl Source {
    /// How many there are; `None`: as many as one likes.
    #[must_use]
    pub const fn pages(&self) -> Option<u64> {
        match self {
            Self::Zeros => None,
            Self::File { file, .. } => Some(file.pages()),
        }
    }
}

/// A page of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Page {
    /// It is here.
    Present(FrameId),
    /// The server has been asked for it.
    Coming,
    /// It did not come, and who waits does not know yet.
    Failed(Failure),
}

/// Why a page did not come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The server could not provide it.
    NotProvided,
    /// There was no memory for it.
    NoMemory,
}

impl Failure {
    /// What this reason means for the page that it kept away.
    pub(super) const fn of(reason: AllocationError) -> Self {
        if is_lack(reason) { Self::NoMemory } else { Self::NotProvided }
    }

    /// What the client that touched the page is told.
    pub(super) const fn cause(self, access: Access) -> Cause {
        match self {
            Self::NotProvided => Cause::Unavailable(access),
            Self::NoMemory => Cause::Memory(access),
        }
    }
}

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) source: Source,
    /// By index.
    pub(super) pages: BTreeMap<u64, Page>,
    /// Regions that refer to it, and its owner if he has not let go of it.
    pub(super) users: u32,
}

impl Object {
    /// The frame of a page, if that is here.
    pub(super) fn frame(&self, index: u64) -> Option<FrameId> {
        match self.pages.get(&index) {
            Some(Page::Present(frame)) => Some(*frame),
            _ => None,
        }
    }

    /// The run of pages that are neither here nor coming, from `index` on, at most to `end`.
    pub(super) fn missing(&self, index: u64, end: u64) -> Range<u64> {
        let end = self.source.pages().map_or(end, |pages| pages.min(end));
        let known = self.pages.range(index..end.max(index)).next();
        index..known.map_or(end, |(index, _)| *index)
    }
}

/// All objects.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) objects: BTreeMap<ObjectId, Object>,
    last: u64,
}

impl Objects {
    pub(super) const fn new() -> Self {
        Self { objects: BTreeMap::new(), last: 0 }
    }

    /// Adds an object that its owner has.
    pub(super) fn insert(&mut self, source: Source) -> ObjectId {
        self.last += 1;
        let id = ObjectId(self.last);
        self.objects.insert(id, Object { source, pages: BTreeMap::new(), users: 1 });
        id
    }

    pub(super) fn get(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: ObjectId) -> Option<&mut Object> {
        self.objects.get_mut(&id)
    }

    /// One more refers to it.
    pub(super) fn share(&mut self, id: Option<ObjectId>) {
        if let Some(object) = id.and_then(|id| self.get_mut(id)) {
            object.users += 1;
        }
    }

    /// One less refers to it. If nobody does: the object that was.
    pub(super) fn release(&mut self, id: Option<ObjectId>) -> Option<Object> {
        let id = id?;
        let object = self.objects.get_mut(&id)?;
        object.users -= 1;
        if object.users > 0 {
            return None;
        }
        self.objects.remove(&id)
    }
}
