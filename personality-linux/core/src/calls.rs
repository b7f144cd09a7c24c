//! The calls: one table line each, and the families that do them.
//!
//! | module | what |
//! |---|---|
//! | [`transfer`] | reading and writing |
//! | [`copying`] | copying between files |
//! | [`opening`] | opening, closing, duplicating, pipes |
//! | [`names`] | making, removing, renaming; the working directory |
//! | [`status`] | what files are; owners, permissions, times |
//! | [`listing`] | what is in a directory |
//! | [`polling`] | waiting for files |
//! | [`events`] | descriptors for events, times, signals, and sets of them |
//! | [`control`] | `fcntl` and `ioctl` |
//! | [`locking`] | locks on parts of files |
//! | [`refused`] | what there is not |
//! | [`mapping`] | memory |
//! | [`processes`] | processes and threads |
//! | [`children`] | waiting for children |
//! | [`groups`] | process groups and sessions |
//! | [`identities`] | users and groups |
//! | [`signalling`] | signals |
//! | [`queueing`] | signals with values, and waiting for signals |
//! | [`futex`] | waiting for words of memory |
//! | [`time`] | clocks and sleeping |
//! | [`system`] | the machine, its name, its limits |
//! | [`text`] | what generated files say |

mod children;
mod control;
mod copying;
mod events;
mod futex;
mod groups;
mod identities;
mod listing;
mod locking;
mod mapping;
mod names;
mod opening;
mod polling;
mod processes;
mod queueing;
mod refused;
mod signalling;
mod status;
mod system;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod time;
mod transfer;

use crate::abi::errno::Errno;
use crate::linux::Linux;
use crate::machine::{Machine, ThreadId};
use crate::waiting::Wait;

/// Why a call has no result now.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(Errno),
    /// It is to be tried again then.
    Wait(Wait),
    /// Its thread has gone on already, or is no more.
    Gone,
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Failed(errno)
    }
}

/// What a call answers.
pub(crate) type Answer = Result<u64, Stop>;
/// An address in the memory of the caller.
type Address = u64;
/// A descriptor.
type Fd = i32;

/// An argument, from its register.
trait Word {
    fn from_word(word: u64) -> Self;
}

impl Word for u64 {
    fn from_word(word: u64) -> Self {
        word
    }
}

impl Word for u32 {
    fn from_word(word: u64) -> Self {
        word as Self
    }
}

impl Word for i32 {
    fn from_word(word: u64) -> Self {
        word as Self
    }
}

/// Declares the calls: number, name, variant, method, arguments in the order of registers.
macro_rules! calls {
    ($($number:literal $name:literal $variant:ident =>
        $method:ident($($argument:ident: $type:ty),*);)*) => {
        /// A call with its arguments.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Call {
            $($variant { $($argument: $type),* },)*
        }

        /// The numbers and names of all calls, in the order of the table.
        pub const NUMBERS: &[(u64, &str)] = &[$(($number, $name)),*];

        impl Call {
            /// The call with this number and these words; none if it is unknown.
            pub(crate) fn decode(number: u64, words: [u64; 6]) -> Option<Self> {
                let mut words = words.into_iter();
                let mut word = || words.next().unwrap_or(0);
                // Calls without arguments take no word.
                let _ = &mut word;
                Some(match number {
                    $($number => Self::$variant { $($argument: <$type>::from_word(word())),* },)*
                    _ => return None,
                })
            }
        }

        impl<M: Machine> Linux<M> {
            /// Makes a call.
            pub(crate) fn perform(&mut self, me: ThreadId, call: Call) -> Answer {
                match call {
                    $(Call::$variant { $($argument),* } => self.$method(me, $($argument),*),)*
                }
            }
        }
    };
}

calls! {
    5 "setxattr" Setxattr => no_attributes();
    6 "lsetxattr" Lsetxattr => no_attributes();
    7 "fsetxattr" Fsetxattr => no_attributes();
    8 "getxattr" Getxattr => no_attributes();
    9 "lgetxattr" Lgetxattr => no_attributes();
    10 "fgetxattr" Fgetxattr => no_attributes();
    11 "listxattr" Listxattr => no_attributes();
    12 "llistxattr" Llistxattr => no_attributes();
    13 "flistxattr" Flistxattr => no_attributes();
    14 "removexattr" Removexattr => no_attributes();
    15 "lremovexattr" Lremovexattr => no_attributes();
    16 "fremovexattr" Fremovexattr => no_attributes();
    17 "getcwd" Getcwd => getcwd(buffer: Address, size: u64);
    19 "eventfd2" Eventfd2 => eventfd2(count: u32, flags: u32);
    20 "epoll_create1" EpollCreate1 => epoll_create1(flags: u32);
    21 "epoll_ctl" EpollCtl => epoll_ctl(set: Fd, operation: u32, fd: Fd, event: Address);
    22 "epoll_pwait" EpollPwait =>
        epoll_pwait(set: Fd, events: Address, count: i32, time: i32, mask: Address);
    23 "dup" Dup => dup(fd: Fd);
    24 "dup3" Dup3 => dup3(old: Fd, new: Fd, flags: u32);
    25 "fcntl" Fcntl => fcntl(fd: Fd, command: u32, argument: u64);
    29 "ioctl" Ioctl => ioctl(fd: Fd, command: u32, argument: Address);
    33 "mknodat" Mknodat => mknodat(at: Fd, path: Address, mode: u32);
    34 "mkdirat" Mkdirat => mkdirat(at: Fd, path: Address, mode: u32);
    35 "unlinkat" Unlinkat => unlinkat(at: Fd, path: Address, flags: u32);
    36 "symlinkat" Symlinkat => symlinkat(target: Address, at: Fd, path: Address);
    37 "linkat" Linkat =>
        linkat(old_at: Fd, old: Address, new_at: Fd, new: Address, flags: u32);
    38 "renameat" Renameat => renameat(old_at: Fd, old: Address, new_at: Fd, new: Address);
    43 "statfs" Statfs => statfs(path: Address, buffer: Address);
    44 "fstatfs" Fstatfs => fstatfs(fd: Fd, buffer: Address);
    45 "truncate" Truncate => truncate(path: Address, length: u64);
    46 "ftruncate" Ftruncate => ftruncate(fd: Fd, length: u64);
    48 "faccessat" Faccessat => faccessat(at: Fd, path: Address, mode: u32);
    49 "chdir" Chdir => chdir(path: Address);
    50 "fchdir" Fchdir => fchdir(fd: Fd);
    52 "fchmod" Fchmod => fchmod(fd: Fd, mode: u32);
    53 "fchmodat" Fchmodat => fchmodat(at: Fd, path: Address, mode: u32);
    54 "fchownat" Fchownat =>
        fchownat(at: Fd, path: Address, owner: u32, group: u32, flags: u32);
    55 "fchown" Fchown => fchown(fd: Fd, owner: u32, group: u32);
    56 "openat" Openat => openat(at: Fd, path: Address, flags: u32, mode: u32);
    57 "close" Close => close(fd: Fd);
    59 "pipe2" Pipe2 => pipe2(pair: Address, flags: u32);
    61 "getdents64" Getdents64 => getdents64(fd: Fd, buffer: Address, size: u64);
    62 "lseek" Lseek => lseek(fd: Fd, offset: u64, whence: u32);
    63 "read" Read => read(fd: Fd, buffer: Address, length: u64);
    64 "write" Write => write(fd: Fd, buffer: Address, length: u64);
    65 "readv" Readv => readv(fd: Fd, parts: Address, count: u64);
    66 "writev" Writev => writev(fd: Fd, parts: Address, count: u64);
    67 "pread64" Pread64 => pread64(fd: Fd, buffer: Address, length: u64, offset: u64);
    68 "pwrite64" Pwrite64 => pwrite64(fd: Fd, buffer: Address, length: u64, offset: u64);
    71 "sendfile" Sendfile => sendfile(to: Fd, from: Fd, offset: Address, count: u64);
    72 "pselect6" Pselect6 => pselect6(
        count: i32, read: Address, write: Address, except: Address, time: Address, mask: Address);
    73 "ppoll" Ppoll => ppoll(files: Address, count: u64, time: Address, mask: Address);
    74 "signalfd4" Signalfd4 => signalfd4(fd: Fd, mask: Address, size: u64, flags: u32);
    78 "readlinkat" Readlinkat => readlinkat(at: Fd, path: Address, buffer: Address, size: u64);
    79 "newfstatat" Newfstatat => newfstatat(at: Fd, path: Address, buffer: Address, flags: u32);
    80 "fstat" Fstat => fstat(fd: Fd, buffer: Address);
    81 "sync" Sync => sync();
    82 "fsync" Fsync => fsync(fd: Fd);
    83 "fdatasync" Fdatasync => fsync(fd: Fd);
    85 "timerfd_create" TimerfdCreate => timerfd_create(clock: u32, flags: u32);
    86 "timerfd_settime" TimerfdSettime =>
        timerfd_settime(fd: Fd, flags: u32, new: Address, old: Address);
    87 "timerfd_gettime" TimerfdGettime => timerfd_gettime(fd: Fd, buffer: Address);
    88 "utimensat" Utimensat => utimensat(at: Fd, path: Address, times: Address, flags: u32);
    93 "exit" Exit => exit(code: u32);
    94 "exit_group" ExitGroup => exit_group(code: u32);
    95 "waitid" Waitid =>
        waitid(kind: u32, whom: u32, info: Address, options: u32, usage: Address);
    96 "set_tid_address" SetTidAddress => set_tid_address(address: Address);
    98 "futex" Futex => futex(
        address: Address, operation: u32, value: u32, time: Address, other: Address, third: u32);
    99 "set_robust_list" SetRobustList => set_robust_list(head: Address, length: u64);
    101 "nanosleep" Nanosleep => nanosleep(time: Address, left: Address);
    113 "clock_gettime" ClockGettime => clock_gettime(clock: u32, buffer: Address);
    114 "clock_getres" ClockGetres => clock_getres(clock: u32, buffer: Address);
    115 "clock_nanosleep" ClockNanosleep =>
        clock_nanosleep(clock: u32, flags: u32, time: Address, left: Address);
    123 "sched_getaffinity" SchedGetaffinity =>
        sched_getaffinity(thread: u32, size: u64, buffer: Address);
    124 "sched_yield" SchedYield => sched_yield();
    129 "kill" Kill => kill(whom: i32, signal: u32);
    130 "tkill" Tkill => tkill(thread: u32, signal: u32);
    131 "tgkill" Tgkill => tgkill(process: u32, thread: u32, signal: u32);
    132 "sigaltstack" Sigaltstack => sigaltstack(new: Address, old: Address);
    133 "rt_sigsuspend" RtSigsuspend => rt_sigsuspend(mask: Address, size: u64);
    134 "rt_sigaction" RtSigaction =>
        rt_sigaction(signal: u32, new: Address, old: Address, size: u64);
    135 "rt_sigprocmask" RtSigprocmask =>
        rt_sigprocmask(how: u32, new: Address, old: Address, size: u64);
    136 "rt_sigpending" RtSigpending => rt_sigpending(buffer: Address, size: u64);
    137 "rt_sigtimedwait" RtSigtimedwait =>
        rt_sigtimedwait(set: Address, info: Address, time: Address, size: u64);
    138 "rt_sigqueueinfo" RtSigqueueinfo =>
        rt_sigqueueinfo(process: u32, signal: u32, info: Address);
    139 "rt_sigreturn" RtSigreturn => rt_sigreturn();
    140 "setpriority" Setpriority => setpriority(which: u32, who: u32);
    141 "getpriority" Getpriority => getpriority(which: u32, who: u32);
    142 "reboot" Reboot => reboot(first: u32, second: u32, command: u32);
    143 "setregid" Setregid => setregid(real: u32, effective: u32);
    144 "setgid" Setgid => setgid(group: u32);
    145 "setreuid" Setreuid => setreuid(real: u32, effective: u32);
    146 "setuid" Setuid => setuid(user: u32);
    147 "setresuid" Setresuid => setresuid(real: u32, effective: u32, saved: u32);
    148 "getresuid" Getresuid =>
        getresuid(real: Address, effective: Address, saved: Address);
    149 "setresgid" Setresgid => setresgid(real: u32, effective: u32, saved: u32);
    150 "getresgid" Getresgid =>
        getresgid(real: Address, effective: Address, saved: Address);
    151 "setfsuid" Setfsuid => setfsuid(user: u32);
    152 "setfsgid" Setfsgid => setfsgid(group: u32);
    153 "times" Times => times(buffer: Address);
    154 "setpgid" Setpgid => setpgid(process: u32, group: u32);
    155 "getpgid" Getpgid => getpgid(process: u32);
    156 "getsid" Getsid => getsid(process: u32);
    157 "setsid" Setsid => setsid();
    158 "getgroups" Getgroups => getgroups(size: u32, buffer: Address);
    159 "setgroups" Setgroups => setgroups(size: u32, buffer: Address);
    160 "uname" Uname => uname(buffer: Address);
    165 "getrusage" Getrusage => getrusage(who: i32, buffer: Address);
    166 "umask" Umask => umask(mask: u32);
    167 "prctl" Prctl => prctl(option: u32, argument: u64);
    169 "gettimeofday" Gettimeofday => gettimeofday(buffer: Address, zone: Address);
    172 "getpid" Getpid => getpid();
    173 "getppid" Getppid => getppid();
    174 "getuid" Getuid => getuid();
    175 "geteuid" Geteuid => geteuid();
    176 "getgid" Getgid => getgid();
    177 "getegid" Getegid => getegid();
    178 "gettid" Gettid => gettid();
    179 "sysinfo" Sysinfo => sysinfo(buffer: Address);
    198 "socket" Socket => no_sockets();
    199 "socketpair" Socketpair => no_sockets();
    214 "brk" Brk => brk(end: Address);
    215 "munmap" Munmap => munmap(start: Address, length: u64);
    216 "mremap" Mremap => mremap(start: Address, old: u64, new: u64, flags: u32);
    220 "clone" Clone =>
        clone_call(flags: u64, stack: Address, parent: Address, tls: Address, child: Address);
    221 "execve" Execve => execve(path: Address, arguments: Address, environment: Address);
    222 "mmap" Mmap =>
        mmap(wish: Address, length: u64, protection: u32, flags: u32, fd: Fd, offset: u64);
    223 "fadvise64" Fadvise64 => fadvise64(fd: Fd);
    226 "mprotect" Mprotect => mprotect(start: Address, length: u64, protection: u32);
    227 "msync" Msync => msync(start: Address, length: u64);
    233 "madvise" Madvise => madvise(start: Address, length: u64, advice: u32);
    240 "rt_tgsigqueueinfo" RtTgsigqueueinfo =>
        rt_tgsigqueueinfo(process: u32, thread: u32, signal: u32, info: Address);
    260 "wait4" Wait4 => wait4(whom: i32, status: Address, options: u32, usage: Address);
    261 "prlimit64" Prlimit64 =>
        prlimit64(process: u32, resource: u32, new: Address, old: Address);
    276 "renameat2" Renameat2 =>
        renameat2(old_at: Fd, old: Address, new_at: Fd, new: Address, flags: u32);
    278 "getrandom" Getrandom => getrandom(buffer: Address, length: u64, flags: u32);
    285 "copy_file_range" CopyFileRange => copy_file_range(
        from: Fd, from_offset: Address, to: Fd, to_offset: Address, length: u64, flags: u32);
    291 "statx" Statx =>
        statx(at: Fd, path: Address, flags: u32, mask: u32, buffer: Address);
    293 "rseq" Rseq => rseq();
    436 "close_range" CloseRange => close_range(first: u32, last: u32, flags: u32);
    441 "epoll_pwait2" EpollPwait2 =>
        epoll_pwait2(set: Fd, events: Address, count: i32, time: Address, mask: Address);
    439 "faccessat2" Faccessat2 => faccessat2(at: Fd, path: Address, mode: u32, flags: u32);
}

impl Call {
    /// Whether it is made again when a handler that asks for that has interrupted it.
    pub(crate) const fn is_restartable(&self) -> bool {
        !matches!(
            self,
            Self::Nanosleep { .. }
                | Self::ClockNanosleep { .. }
                | Self::Ppoll { .. }
                | Self::Pselect6 { .. }
                | Self::EpollPwait { .. }
                | Self::EpollPwait2 { .. }
                | Self::RtSigsuspend { .. }
                | Self::RtSigtimedwait { .. }
        )
    }

    /// Whether the server needs memory of its own for what it does.
    pub(crate) const fn takes_memory(&self) -> bool {
        matches!(
            self,
            Self::Mmap { .. }
                | Self::Mprotect { .. }
                | Self::Mremap { .. }
                | Self::Brk { .. }
                | Self::Clone { .. }
                | Self::Execve { .. }
                | Self::Openat { .. }
                | Self::Pipe2 { .. }
                | Self::Eventfd2 { .. }
                | Self::TimerfdCreate { .. }
                | Self::Signalfd4 { .. }
                | Self::EpollCreate1 { .. }
                | Self::EpollCtl { .. }
                | Self::Mkdirat { .. }
                | Self::Mknodat { .. }
                | Self::Symlinkat { .. }
                | Self::Linkat { .. }
                | Self::Fcntl { .. }
                | Self::Write { .. }
                | Self::Writev { .. }
        )
    }

    /// Whether what is done of it is a result.
    pub(crate) const fn counts_bytes(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Writev { .. } | Self::Sendfile { .. })
    }
}
