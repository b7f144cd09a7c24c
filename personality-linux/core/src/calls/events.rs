//! Descriptors for events, times, signals, and sets of them.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::time::check_clock;
use super::{Address, Answer, Fd, Stop};
use crate::abi::errno::{EINVAL, Errno};
use crate::abi::flags::{
    EFD_SEMAPHORE, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC, O_NONBLOCK, O_RDWR,
    TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET,
};
use crate::abi::structures::{duration, timespec};
use crate::files::{Content, Description, Descriptor, Stream};
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::object::Object;
use crate::object::alarm::Alarm;
use crate::object::counter::Counter;
use crate::object::epoll::{Epoll, Interest, check_descriptor, set_of};
use crate::object::timer::Timer;
use crate::process::signals::UNBLOCKABLE;
use crate::waiting::{Key, Wait};

/// Bytes of `struct epoll_event`.
const EVENT: u64 = 16;
/// Most events that one call tells.
const EVENTS: i32 = 1024;

impl<M: Machine> Linux<M> {
    /// The number of another object.
    pub(crate) fn next_key(&mut self) -> Key {
        self.last_object += 1;
        Key::Object(self.last_object)
    }

    /// A descriptor for an object. Only the usual two flags may be set.
    pub(crate) fn descriptor_of(&mut self, me: ThreadId, object: Object, flags: u32) -> Answer {
        if flags & !(O_CLOEXEC | O_NONBLOCK) != 0 {
            return Err(EINVAL.into());
        }
        let node = self.nodes.create(Content::Anonymous, 0o600, self.now());
        let kept = O_RDWR | flags & O_NONBLOCK;
        let description = Description::new(node, Stream::Object(object), kept);
        let closes_on_exec = flags & O_CLOEXEC != 0;
        let descriptor = Descriptor { description, closes_on_exec };
        Ok(self.process(me)?.descriptors.add(descriptor, 0)?)
    }

    pub(super) fn eventfd2(&mut self, me: ThreadId, count: u32, flags: u32) -> Answer {
        let key = self.next_key();
        let is_semaphore = flags & EFD_SEMAPHORE != 0;
        let counter = Counter::new(key, count.into(), is_semaphore, &self.wakes);
        self.descriptor_of(me, Object::Counter(counter), flags & !EFD_SEMAPHORE)
    }

    pub(super) fn timerfd_create(&mut self, me: ThreadId, clock: u32, flags: u32) -> Answer {
        check_clock(clock)?;
        let key = self.next_key();
        let timer = Timer::new(key, &self.wakes);
        self.descriptor_of(me, Object::Timer(timer), flags)
    }

    pub(super) fn timerfd_settime(
        &mut self,
        me: ThreadId,
        fd: Fd,
        flags: u32,
        new: Address,
        old: Address,
    ) -> Answer {
        if flags & !(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) != 0 {
            return Err(EINVAL.into());
        }
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let Stream::Object(Object::Timer(timer)) = &file.stream else { return Err(EINVAL.into()) };
        let alarm = self.read_alarm(me, new, flags & TFD_TIMER_ABSTIME != 0)?;
        let before = timer.alarm(self.now());
        timer.set(alarm);
        if old != 0 {
            self.write_alarm(me, old, before)?;
        }
        Ok(0)
    }

    pub(super) fn timerfd_gettime(&mut self, me: ThreadId, fd: Fd, buffer: Address) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let Stream::Object(Object::Timer(timer)) = &file.stream else { return Err(EINVAL.into()) };
        let alarm = timer.alarm(self.now());
        self.write_alarm(me, buffer, alarm)?;
        Ok(0)
    }

    /// The alarm that a `struct itimerspec` describes: a period, and a time from now or a moment.
    pub(super) fn read_alarm(
        &mut self,
        me: ThreadId,
        address: Address,
        is_moment: bool,
    ) -> Result<Alarm, Errno> {
        let bytes: [u8; 32] = self.read_array(me, address)?;
        let (parts, _) = bytes.as_chunks::<16>();
        let [period, time] = [parts[0], parts[1]].map(duration);
        let (period, time) = (period.ok_or(EINVAL)?, time.ok_or(EINVAL)?);
        let moment = if is_moment { time } else { self.now().saturating_add(time) };
        Ok(Alarm { next: Some(moment).filter(|_| !time.is_zero()), period })
    }

    /// Tells an alarm as a `struct itimerspec`.
    pub(super) fn write_alarm(
        &mut self,
        me: ThreadId,
        address: Address,
        alarm: Alarm,
    ) -> Result<(), Errno> {
        let left = match alarm.next {
            // One that is about to ring is still set.
            Some(_) => alarm.left(self.now()).max(Duration::from_nanos(1)),
            None => Duration::ZERO,
        };
        let bytes = [timespec(alarm.period), timespec(left)].concat();
        self.write_memory(me, address, &bytes)
    }

    pub(super) fn signalfd4(
        &mut self,
        me: ThreadId,
        fd: Fd,
        mask: Address,
        size: u64,
        flags: u32,
    ) -> Answer {
        super::signalling::check_size(size)?;
        let mask = self.read_word(me, mask)? & !UNBLOCKABLE;
        if fd == -1 {
            return self.descriptor_of(me, Object::Signals(core::cell::Cell::new(mask)), flags);
        }
        let file = Rc::clone(self.process(me)?.descriptors.get(fd)?);
        let Stream::Object(Object::Signals(set)) = &file.stream else { return Err(EINVAL.into()) };
        set.set(mask);
        self.wake(Key::Signals(self.process_id(me)));
        Ok(fd as u64)
    }

    pub(super) fn epoll_create1(&mut self, me: ThreadId, flags: u32) -> Answer {
        if flags & !O_CLOEXEC != 0 {
            return Err(EINVAL.into());
        }
        let epoll = Rc::new(Epoll::new(self.next_key()));
        self.epolls.retain(|epoll| epoll.strong_count() > 0);
        self.epolls.push(Rc::downgrade(&epoll));
        self.descriptor_of(me, Object::Epoll(epoll), flags)
    }

    pub(super) fn epoll_ctl(
        &mut self,
        me: ThreadId,
        set: Fd,
        operation: u32,
        fd: Fd,
        event: Address,
    ) -> Answer {
        let descriptors = &self.process(me)?.descriptors;
        let (own, file) = (Rc::clone(descriptors.get(set)?), Rc::clone(descriptors.get(fd)?));
        check_descriptor(fd, set)?;
        let epoll = set_of(&own)?;
        if operation == EPOLL_CTL_DEL {
            epoll.remove(fd, &file)?;
            return Ok(0);
        }
        let bytes: [u8; EVENT as usize] = self.read_array(me, event)?;
        let [a, b, c, d, _, _, _, _, data @ ..] = bytes;
        let events = u32::from_le_bytes([a, b, c, d]);
        let interest = Interest { events, data: u64::from_le_bytes(data) };
        match operation {
            EPOLL_CTL_ADD => epoll.add(fd, &file, interest, &self.epolls)?,
            EPOLL_CTL_MOD => epoll.modify(fd, &file, interest)?,
            _ => return Err(EINVAL.into()),
        }
        // Whoever waits for the set waits for this, too.
        self.wake(epoll.key);
        Ok(0)
    }

    pub(super) fn epoll_pwait(
        &mut self,
        me: ThreadId,
        set: Fd,
        events: Address,
        count: i32,
        milliseconds: i32,
        mask: Address,
    ) -> Answer {
        if self.flight(me).is_some_and(|flight| flight.deadline.is_none())
            && let Ok(time) = u64::try_from(milliseconds)
        {
            let deadline = self.now().saturating_add(Duration::from_millis(time));
            if let Some(flight) = self.flight(me) {
                flight.deadline = Some(deadline);
            }
        }
        self.await_events(me, (set, events, count), mask)
    }

    pub(super) fn epoll_pwait2(
        &mut self,
        me: ThreadId,
        set: Fd,
        events: Address,
        count: i32,
        time: Address,
        mask: Address,
    ) -> Answer {
        self.deadline_after(me, time)?;
        self.await_events(me, (set, events, count), mask)
    }

    fn await_events(
        &mut self,
        me: ThreadId,
        (set, events, count): (Fd, Address, i32),
        mask: Address,
    ) -> Answer {
        let file = Rc::clone(self.process(me)?.descriptors.get(set)?);
        let epoll = Rc::clone(set_of(&file)?);
        let limit = usize::try_from(count.min(EVENTS)).ok().filter(|count| *count > 0);
        let limit = limit.ok_or(EINVAL)?;
        if mask != 0 {
            let mask = self.read_word(me, mask)?;
            self.mask_for_call(me, mask);
        }
        let deadline = self.flight(me).and_then(|flight| flight.deadline);
        let mut wait = Wait::default();
        let happened = self.epoll_events(me, &epoll, limit, &mut wait);
        if happened.is_empty() && deadline.is_none_or(|deadline| deadline > self.now()) {
            wait.not_behind(deadline);
            return Err(Stop::Wait(wait));
        }
        let bytes: Vec<u8> = happened.iter().flat_map(|one| event_bytes(&one.event)).collect();
        self.write_memory(me, events, &bytes)?;
        // What could not be delivered happens again.
        happened.iter().for_each(|one| epoll.tell(one));
        Ok(happened.len() as u64)
    }
}

/// `struct epoll_event`.
fn event_bytes(event: &crate::object::epoll::Event) -> [u8; EVENT as usize] {
    let mut bytes = [0; EVENT as usize];
    bytes[..4].copy_from_slice(&event.events.to_le_bytes());
    bytes[8..].copy_from_slice(&event.data.to_le_bytes());
    bytes
}
