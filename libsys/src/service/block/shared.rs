//! The client's half for many futures.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;

use super::{Alarm, Control, Disk, DiskError, Outcome, Request, Ticket};
use crate::executor::{Clock, Reactor};
use crate::ring::Memory;
use crate::server::Port;

/// A disk that many futures of one executor use. One more of them
/// [attends](Self::attend) to it.
///
/// ```
/// use libsys::executor::{Clock, Reactor};
/// use libsys::ring::Memory;
/// use libsys::server::Port;
/// use libsys::service::block::{Alarm, Control, Disk, DiskError, Request, SharedDisk, Verb};
///
/// /// Reads two sectors at the same time, each into its place.
/// async fn two<C: Control, M: Memory + Copy, B: Alarm + Copy>(
///     disk: &SharedDisk<C, M, B>,
/// ) -> Result<(), DiskError> {
///     let read = |sector, at| disk.run(Request { verb: Verb::Read, sector, count: 1, at });
///     let first = disk.begin(Request { verb: Verb::Read, sector: 0, count: 1, at: 4096 })?;
///     read(1, 4608).await?;
///     disk.end(first).await
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct SharedDisk<C, M, B>(RefCell<Disk<C, M, B>>);

impl<C: Control, M: Memory + Copy, B: Alarm + Copy> SharedDisk<C, M, B> {
    /// Shares a disk.
    pub const fn new(disk: Disk<C, M, B>) -> Self {
        Self(RefCell::new(disk))
    }

    /// Does something with the disk that waits for nothing.
    pub fn with<T>(&self, work: impl FnOnce(&mut Disk<C, M, B>) -> T) -> T {
        work(&mut self.0.borrow_mut())
    }

    /// Submits a request; [`end`](Self::end) waits for it.
    ///
    /// # Errors
    /// [`DiskError::Full`], or there is no disk any more.
    pub fn begin(&self, request: Request) -> Result<Ticket, DiskError> {
        self.with(|disk| {
            let ticket = disk.submit(request);
            disk.flush();
            ticket
        })
    }

    /// Waits for the outcome of a request.
    ///
    /// # Errors
    /// [`DiskError::Failed`].
    pub async fn end(&self, ticket: Ticket) -> Result<(), DiskError> {
        let waiting = Waiting { disk: self, ticket };
        let outcome = poll_fn(|context| {
            self.with(|disk| match disk.outcome(ticket) {
                Some(outcome) => Poll::Ready(outcome),
                None => {
                    disk.wake_for(ticket, context.waker());
                    Poll::Pending
                }
            })
        });
        let outcome = outcome.await;
        drop(waiting);
        match outcome {
            Outcome::Done => Ok(()),
            outcome => Err(DiskError::Failed(outcome)),
        }
    }

    /// Submits a request, and waits for its outcome.
    ///
    /// # Errors
    /// [`DiskError::Failed`], or the request was not accepted.
    pub async fn run(&self, request: Request) -> Result<(), DiskError> {
        let ticket = self.begin(request)?;
        self.end(ticket).await
    }

    /// Wakes the others when their requests are done, as long as it is polled: `signals`
    /// are those of the driver, `restarts` that of its restarts.
    ///
    /// # Errors
    /// There is no disk any more.
    pub async fn attend<P: Port, T: Clock, const N: usize>(
        &self,
        reactor: &Reactor<P, T, N>,
        signals: u64,
        restarts: u64,
    ) -> Result<(), DiskError> {
        loop {
            let heard = match self.with(Disk::fall_asleep) {
                true => reactor.signalled(signals | restarts).await,
                false => 0,
            };
            self.with(|disk| disk.woken(heard & restarts != 0))?;
        }
    }
}

/// Somebody waits for a request, and may be dropped before it is done.
struct Waiting<'a, C: Control, M: Memory + Copy, B: Alarm + Copy> {
    disk: &'a SharedDisk<C, M, B>,
    ticket: Ticket,
}

impl<C: Control, M: Memory + Copy, B: Alarm + Copy> Drop for Waiting<'_, C, M, B> {
    fn drop(&mut self) {
        self.disk.with(|disk| disk.forget(self.ticket));
    }
}
