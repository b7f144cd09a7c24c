//! System call numbers: the signed value of x7 at `svc`.

/// A call that the kernel itself understands. Any other number is an unknown-syscall fault.
///
/// ```
/// use abi::Syscall;
///
/// assert_eq!(Syscall::Call.number(), u64::MAX);
/// assert_eq!(Syscall::from_number(u64::MAX), Some(Syscall::Call));
/// assert_eq!(Syscall::from_number(1), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i64)]
pub enum Syscall {
    /// Invoke x0 and wait for the reply.
    Call = -1,
    /// Send on x6, then receive on x0 with reply object x6.
    ReplyRecv = -2,
    /// Send on x8, then receive on x0 with reply object x6.
    NBSendRecv = -3,
    /// Send on x6, then wait on x0 without a reply object.
    NBSendWait = -4,
    /// Invoke x0; blocks until a receiver takes the message.
    Send = -5,
    /// Invoke x0; drops the message when nobody waits.
    NBSend = -6,
    /// Receive on x0 with reply object x6.
    Recv = -7,
    /// Poll x0 with reply object x6.
    NBRecv = -8,
    /// Receive on x0 without a reply object.
    Wait = -9,
    /// Poll x0 without a reply object.
    NBWait = -10,
    /// Give up the rest of the current budget.
    Yield = -11,
}

impl Syscall {
    /// The call with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        Some(match number.cast_signed() {
            -1 => Self::Call,
            -2 => Self::ReplyRecv,
            -3 => Self::NBSendRecv,
            -4 => Self::NBSendWait,
            -5 => Self::Send,
            -6 => Self::NBSend,
            -7 => Self::Recv,
            -8 => Self::NBRecv,
            -9 => Self::Wait,
            -10 => Self::NBWait,
            -11 => Self::Yield,
            _ => return None,
        })
    }

    /// The value for x7.
    #[must_use]
    pub const fn number(self) -> u64 {
        (self as i64).cast_unsigned()
    }
}

/// Calls that exist only in images built with debug or benchmark support.
///
/// ```
/// use abi::syscall::DebugSyscall;
///
/// let number = DebugSyscall::Halt.number();
/// assert_eq!(number.cast_signed(), -14);
/// assert!(!DebugSyscall::Halt.is_benchmark());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i64)]
pub enum DebugSyscall {
    /// Low byte of x0 to the kernel's console.
    PutChar = -12,
    /// Print the thread table.
    DumpScheduler = -13,
    /// Stop the machine.
    Halt = -14,
    /// x0: capability pointer in, [`CapTag`] out.
    CapIdentify = -15,
    /// Print the distribution of capabilities.
    Snapshot = -16,
    /// Name the thread x0 by the string in the IPC buffer.
    NameThread = -17,
    /// Send software interrupt x1 to core x0.
    SendIpi = -18,
    /// x0: thread in, its core out.
    ThreadAffinity = -19,
    /// Clean and invalidate caches.
    FlushCaches = -21,
    /// Start a benchmark interval.
    ResetLog = -22,
    /// End a benchmark interval.
    FinalizeLog = -23,
    /// Do nothing.
    NullSyscall = -25,
    /// Write the utilisation counters of thread x0 to the IPC buffer.
    ThreadUtilisation = -26,
    /// Clear the utilisation counters of thread x0.
    ResetThreadUtilisation = -27,
    /// Print the utilisation of all threads.
    DumpAllThreadsUtilisation = -28,
    /// Clear the utilisation counters of all threads.
    ResetAllThreadsUtilisation = -29,
    /// Print and clear the counters of fast paths. Ours, beyond the base numbers.
    DumpFastPaths = -200,
}

impl DebugSyscall {
    /// The debug or benchmark call with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        Some(match number.cast_signed() {
            -12 => Self::PutChar,
            -13 => Self::DumpScheduler,
            -14 => Self::Halt,
            -15 => Self::CapIdentify,
            -16 => Self::Snapshot,
            -17 => Self::NameThread,
            -18 => Self::SendIpi,
            -19 => Self::ThreadAffinity,
            -21 => Self::FlushCaches,
            -22 => Self::ResetLog,
            -23 => Self::FinalizeLog,
            -25 => Self::NullSyscall,
            -26 => Self::ThreadUtilisation,
            -27 => Self::ResetThreadUtilisation,
            -28 => Self::DumpAllThreadsUtilisation,
            -29 => Self::ResetAllThreadsUtilisation,
            -200 => Self::DumpFastPaths,
            _ => return None,
        })
    }

    /// The value for x7.
    #[must_use]
    pub const fn number(self) -> u64 {
        (self as i64).cast_unsigned()
    }

    /// Whether the call belongs to benchmark images (others belong to debug images).
    #[must_use]
    pub const fn is_benchmark(self) -> bool {
        (self as i64) <= Self::FlushCaches as i64
    }
}

/// What [`DebugSyscall::CapIdentify`] answers.
///
/// ```
/// use abi::syscall::CapTag;
///
/// assert_eq!(CapTag::Endpoint as u64, 4);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
#[expect(missing_docs, reason = "the names are those of the objects")]
pub enum CapTag {
    Null = 0,
    Frame = 1,
    Untyped = 2,
    PageTable = 3,
    Endpoint = 4,
    Notification = 6,
    Reply = 8,
    VSpace = 9,
    CNode = 10,
    AsidControl = 11,
    Thread = 12,
    AsidPool = 13,
    IrqControl = 14,
    IrqHandler = 16,
    Zombie = 18,
    Domain = 20,
    SchedContext = 22,
    SchedControl = 24,
    Smc = 25,
    SgiSignal = 27,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_the_rest_is_unknown() {
        for number in -256_i64..=64 {
            let word = number.cast_unsigned();
            let known = Syscall::from_number(word);
            assert_eq!(known.is_some(), (-11..=-1).contains(&number));
            assert!(known.is_none_or(|call| call.number() == word));
            let debug = DebugSyscall::from_number(word);
            assert!(debug.is_none_or(|call| call.number() == word));
            assert!(known.is_none() || debug.is_none());
        }
    }

    #[test]
    fn only_the_full_word_counts() {
        assert_eq!(Syscall::from_number(0xffff_ffff), None);
        assert_eq!(Syscall::from_number(u64::MAX), Some(Syscall::Call));
    }
}
