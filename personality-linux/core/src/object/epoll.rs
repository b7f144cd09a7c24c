//! Many files that are waited for together: `epoll(7)`.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::{Rc, Weak};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::time::Duration;

use crate::abi::errno::{EBADF, EEXIST, EINVAL, ENOENT, EPERM, Errno};
use crate::abi::flags::{EPOLLET, EPOLLONESHOT, POLLERR, POLLHUP, POLLIN};
use crate::files::{Content, Description, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::object::{Object, nesting};
use crate::waiting::{Key, Wait};

/// Changes that are kept without asking who depends on them.
const FEW: usize = 8;

/// What is waited for of a file, and what the program wants to be told then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Interest {
    pub(crate) events: u32,
    pub(crate) data: u64,
}

/// A file in the set.
#[derive(Debug)]
struct Item {
    file: Weak<Description>,
    interest: Interest,
    /// Whether it was told of once and is to be asked for again.
    is_spent: bool,
    /// For those that are told of changes only: how it was when it was told of.
    told: Option<Told>,
}

/// What says whether a file has changed.
#[derive(Debug)]
struct Told {
    /// What it depends on, and how often that had changed.
    changes: Vec<(Key, u64)>,
    /// When it was to change by itself: later ones are told once that is over.
    until: Option<Duration>,
}

/// The set. A file is known by its number and by what that stood for.
#[derive(Debug)]
pub(crate) struct Epoll {
    pub(crate) key: Key,
    items: RefCell<BTreeMap<(i32, usize), Item>>,
    /// How often what the items wait for has changed, for those that are told of changes only.
    pub(super) changes: RefCell<BTreeMap<Key, u64>>,
    /// With more changes than this, those that no file depends on any more are forgotten.
    room: Cell<usize>,
    /// Where the next look begins, so that every file has its turn.
    next: Cell<(i32, usize)>,
}

/// What has happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) events: u32,
    pub(crate) data: u64,
}

/// What has happened to which file, and what that depends on.
#[derive(Debug)]
pub(crate) struct Happened {
    place: (i32, usize),
    pub(crate) event: Event,
    wait: Wait,
}

fn identity(file: &Rc<Description>) -> usize {
    Rc::as_ptr(file).addr()
}

impl Epoll {
    pub(crate) fn new(key: Key) -> Self {
        let items = RefCell::default();
        let room = Cell::new(FEW);
        Self { key, items, changes: RefCell::default(), room, next: Cell::default() }
    }

    /// Something has changed.
    pub(crate) fn note(&self, key: Key) {
        if let Some(count) = self.changes.borrow_mut().get_mut(&key) {
            *count += 1;
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// `EPERM`: it can always be read and written. `EEXIST`. `ELOOP`: it is a set that may not be
    /// in this one, of all that there are.
    pub(crate) fn add(
        &self,
        fd: i32,
        file: &Rc<Description>,
        interest: Interest,
        all: &[Weak<Self>],
    ) -> Result<(), Errno> {
        let can_wait = matches!(file.stream, Stream::Object(_) | Stream::Pipe(_));
        if !can_wait && !matches!(file.node.content, Content::Device(_)) {
            return Err(EPERM);
        }
        if let Ok(inner) = set_of(file) {
            nesting::check(self, inner, all)?;
        }
        let mut items = self.items.borrow_mut();
        let key = (fd, identity(file));
        if items.get(&key).is_some_and(|item| item.file.upgrade().is_some()) {
            return Err(EEXIST);
        }
        let item = Item { file: Rc::downgrade(file), interest, is_spent: false, told: None };
        items.insert(key, item);
        Ok(())
    }

    /// The sets in this one.
    pub(super) fn sets(&self) -> Vec<Rc<Self>> {
        let items = self.items.borrow();
        let files = items.values().filter_map(|item| item.file.upgrade());
        files.filter_map(|file| set_of(&file).ok().map(Rc::clone)).collect()
    }

    /// Changes what is waited for.
    ///
    /// # Errors
    /// `ENOENT`.
    pub(crate) fn modify(
        &self,
        fd: i32,
        file: &Rc<Description>,
        interest: Interest,
    ) -> Result<(), Errno> {
        let mut items = self.items.borrow_mut();
        let item = items.get_mut(&(fd, identity(file))).ok_or(ENOENT)?;
        (item.interest, item.is_spent, item.told) = (interest, false, None);
        Ok(())
    }

    /// Takes a file out.
    ///
    /// # Errors
    /// `ENOENT`.
    pub(crate) fn remove(&self, fd: i32, file: &Rc<Description>) -> Result<(), Errno> {
        self.items.borrow_mut().remove(&(fd, identity(file))).map(drop).ok_or(ENOENT)
    }

    /// The places of all items, from the one whose turn it is.
    fn places(&self) -> Vec<(i32, usize)> {
        let mut items = self.items.borrow_mut();
        items.retain(|_, item| item.file.strong_count() > 0);
        let (from, before) = (items.range(self.next.get()..), items.range(..self.next.get()));
        from.chain(before).map(|(place, _)| *place).collect()
    }

    /// A file in the set, and what it is asked for; none if it is not asked now.
    fn asked(&self, place: (i32, usize)) -> Option<(Rc<Description>, Interest)> {
        let items = self.items.borrow();
        let item = items.get(&place).filter(|item| !item.is_spent)?;
        Some((item.file.upgrade()?, item.interest))
    }

    /// Whether what a file that is told of changes only waits for has changed since.
    fn has_changed(&self, place: (i32, usize), wait: &Wait) -> bool {
        let changes = self.changes.borrow();
        let items = self.items.borrow();
        let Some(told) = items.get(&place).and_then(|item| item.told.as_ref()) else { return true };
        let now = wait.keys.iter().map(|key| (*key, changes.get(key).copied().unwrap_or(0)));
        told.until != wait.until || !now.eq(told.changes.iter().copied())
    }

    /// A program was told of a file.
    pub(crate) fn tell(&self, Happened { place, wait, .. }: &Happened) {
        let mut items = self.items.borrow_mut();
        let Some(item) = items.get_mut(place) else { return };
        item.is_spent = item.interest.events & EPOLLONESHOT != 0;
        if item.interest.events & EPOLLET != 0 {
            let mut changes = self.changes.borrow_mut();
            let told = wait.keys.iter().map(|key| (*key, *changes.entry(*key).or_insert(0)));
            item.told = Some(Told { changes: told.collect(), until: wait.until });
            if changes.len() > self.room.get() {
                let all = items.values().filter_map(|item| item.told.as_ref());
                let used: BTreeSet<Key> =
                    all.flat_map(|told| told.changes.iter().map(|(key, _)| *key)).collect();
                changes.retain(|key, _| used.contains(key));
                self.room.set(2 * changes.len() + FEW);
            }
        }
    }
}

impl<M: Machine> Linux<M> {
    /// What has happened to files of a set, so many at most, which is to be told. `wait` gets what
    /// to wait for.
    pub(crate) fn epoll_events(
        &self,
        me: ThreadId,
        epoll: &Epoll,
        limit: usize,
        wait: &mut Wait,
    ) -> Vec<Happened> {
        let mut events = Vec::new();
        wait.keys.push(epoll.key);
        for place in epoll.places() {
            let Some(event) = self.epoll_item(me, epoll, place, wait) else { continue };
            if events.len() == limit {
                // It is the first one to be asked next time.
                epoll.next.set(place);
                return events;
            }
            events.push(event);
        }
        epoll.next.set((i32::MIN, 0));
        events
    }

    /// What has happened to one file, and what that depends on.
    fn epoll_item(
        &self,
        me: ThreadId,
        epoll: &Epoll,
        place: (i32, usize),
        wait: &mut Wait,
    ) -> Option<Happened> {
        let (file, interest) = epoll.asked(place)?;
        let mut own = Wait::default();
        let state = u32::from(self.poll_file(me, &file, &mut own));
        wait.keys.extend(&own.keys);
        wait.not_behind(own.until);
        let events = state & (interest.events | u32::from(POLLERR | POLLHUP));
        let is_new = interest.events & EPOLLET == 0 || epoll.has_changed(place, &own);
        let event = Event { events, data: interest.data };
        (events != 0 && is_new).then_some(Happened { place, event, wait: own })
    }

    /// Whether anything has happened to a file of a set.
    pub(crate) fn poll_epoll(&self, me: ThreadId, epoll: &Epoll, wait: &mut Wait) -> u16 {
        wait.keys.push(epoll.key);
        let places = epoll.places();
        let mut ready =
            places.into_iter().filter_map(|place| self.epoll_item(me, epoll, place, wait));
        // All are asked, so that a change of any is noticed.
        if ready.by_ref().count() > 0 { POLLIN } else { 0 }
    }
}

/// The set that a file is.
///
/// # Errors
/// `EINVAL`.
pub(crate) fn set_of(file: &Description) -> Result<&Rc<Epoll>, Errno> {
    match &file.stream {
        Stream::Object(Object::Epoll(epoll)) => Ok(epoll),
        _ => Err(EINVAL),
    }
}

/// The flags that a program may ask for, of those that are known; the others are ignored.
pub(crate) const fn check_descriptor(fd: i32, own: i32) -> Result<(), Errno> {
    if fd < 0 {
        return Err(EBADF);
    }
    if fd == own { Err(EINVAL) } else { Ok(()) }
}
