//! Signals: their numbers, and what lies on the stack of a handler.

/// A signal, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Signal(u8);

macro_rules! signals {
    ($($name:ident = $number:literal;)*) => { $(
        #[doc = concat!("Signal ", stringify!($number), ".")]
        pub const $name: Signal = Signal($number);
    )* };
}

signals! {
    SIGHUP = 1;
    SIGINT = 2;
    SIGQUIT = 3;
    SIGILL = 4;
    SIGTRAP = 5;
    SIGABRT = 6;
    SIGBUS = 7;
    SIGFPE = 8;
    SIGKILL = 9;
    SIGUSR1 = 10;
    SIGSEGV = 11;
    SIGPIPE = 13;
    SIGALRM = 14;
    SIGTERM = 15;
    SIGCHLD = 17;
    SIGCONT = 18;
    SIGSTOP = 19;
    SIGTSTP = 20;
    SIGTTIN = 21;
    SIGTTOU = 22;
    SIGURG = 23;
    SIGXCPU = 24;
    SIGVTALRM = 26;
    SIGPROF = 27;
    SIGWINCH = 28;
    SIGIO = 29;
    SIGSYS = 31;
}

/// Highest number.
pub const SIGNALS: usize = 64;

impl Signal {
    /// The signal with this number.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number >= 1 && number <= SIGNALS as u64 { Some(Self(number as u8)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its place in tables.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize - 1
    }

    /// Whether it is one of those that wait more than once.
    #[must_use]
    pub const fn is_for_real_time(self) -> bool {
        self.0 >= 32
    }

    /// Its bit in a set.
    #[must_use]
    pub const fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }
}

/// Handler: what the signal does by itself.
pub const SIG_DFL: u64 = 0;
/// Handler: nothing.
pub const SIG_IGN: u64 = 1;
/// Flag of an action: children that stop are not told of.
pub const SA_NOCLDSTOP: u64 = 1;
/// Flag of an action: children that end need not be asked about.
pub const SA_NOCLDWAIT: u64 = 2;
/// Flag of an action: the handler is told more.
pub const SA_SIGINFO: u64 = 4;
/// Flag of an action: the handler runs on the alternate stack.
pub const SA_ONSTACK: u64 = 0x0800_0000;
/// Flag of an action: a call that was interrupted is made again.
pub const SA_RESTART: u64 = 0x1000_0000;
/// Flag of an action: the signal may come while it is handled.
pub const SA_NODEFER: u64 = 0x4000_0000;
/// Flag of an action: it holds once.
pub const SA_RESETHAND: u64 = 0x8000_0000;
/// Flag of an action: `restorer` is where a handler returns to.
pub const SA_RESTORER: u64 = 0x0400_0000;
/// Flag of an alternate stack: there is none.
pub const SS_DISABLE: u32 = 2;
/// Flag of an alternate stack: it is in use.
pub const SS_ONSTACK: u32 = 1;

/// Where a signal comes from: `kill`.
pub const SI_USER: i32 = 0;
/// Where a signal comes from: the kernel.
pub const SI_KERNEL: i32 = 0x80;
/// Where a signal comes from: `tgkill`.
pub const SI_TKILL: i32 = -6;
/// SIGSEGV: nothing is mapped there.
pub const SEGV_MAPERR: i32 = 1;
/// SIGSEGV: it is not permitted there.
pub const SEGV_ACCERR: i32 = 2;
/// SIGBUS: no such page in the file.
pub const BUS_ADRERR: i32 = 2;
/// SIGILL: no such instruction.
pub const ILL_ILLOPC: i32 = 1;
/// SIGTRAP: a breakpoint.
pub const TRAP_BRKPT: i32 = 1;
/// SIGCHLD: a child has ended.
pub const CLD_EXITED: i32 = 1;
/// SIGCHLD: a child was killed.
pub const CLD_KILLED: i32 = 2;
/// SIGCHLD: a child was killed, and its memory would have been kept.
pub const CLD_DUMPED: i32 = 3;
/// SIGCHLD: a child was stopped.
pub const CLD_STOPPED: i32 = 5;
/// SIGCHLD: a child goes on.
pub const CLD_CONTINUED: i32 = 6;

/// What lies on the stack of a handler (`struct rt_sigframe`), by offsets from its start.
pub mod frame {
    /// `siginfo`, 128 bytes.
    pub const INFO: u64 = 0;
    /// `ucontext`: flags and link, 16 bytes.
    pub const CONTEXT: u64 = 128;
    /// The alternate stack: address, flags, size.
    pub const STACK: u64 = CONTEXT + 16;
    /// The signal mask, and room for a larger one.
    pub const MASK: u64 = CONTEXT + 40;
    /// `sigcontext`, aligned to 16: the address of the fault.
    pub const FAULT_ADDRESS: u64 = CONTEXT + 176;
    /// x0 to x30.
    pub const GENERAL: u64 = FAULT_ADDRESS + 8;
    /// sp, pc, pstate.
    pub const STACK_POINTER: u64 = GENERAL + 31 * 8;
    /// Records of further state: 4096 bytes, aligned to 16, that end with an empty record.
    pub const RECORDS: u64 = FAULT_ADDRESS + 288;
    /// Bytes of the whole.
    pub const BYTES: u64 = RECORDS + 4096;
}
