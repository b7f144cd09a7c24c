//! The library's numbers are those of Linux's own headers: compared when this is compiled.

use linux::abi::{errno, flags, signals, structures, termios};
use linux_raw_sys::{errno as theirs, general, ioctl};

/// Compares numbers with constants of the same names.
macro_rules! agree {
    ($ours:ident = $module:ident: $($name:ident)*) => { $(
        const _: () = assert!($ours::$name as u64 == $module::$name as u64, stringify!($name));
    )* };
}

macro_rules! agree_errors {
    ($($name:ident)*) => { $(
        const _: () = assert!(errno::$name.0 as u32 == theirs::$name, stringify!($name));
    )* };
}

agree_errors! {
    EPERM EIO ENOENT ESRCH EINTR ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EBUSY
    EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL EMFILE ENOTTY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE
    ERANGE ENAMETOOLONG ENOSYS ENOTEMPTY ELOOP EOVERFLOW EAFNOSUPPORT ETIMEDOUT EOPNOTSUPP
}

agree! { flags = general:
    AT_FDCWD AT_SYMLINK_NOFOLLOW AT_REMOVEDIR AT_SYMLINK_FOLLOW AT_EMPTY_PATH O_WRONLY O_RDWR
    O_ACCMODE O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DIRECTORY O_NOFOLLOW O_LARGEFILE
    O_CLOEXEC O_PATH F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_RDLCK
    F_WRLCK F_UNLCK F_DUPFD_CLOEXEC FD_CLOEXEC S_IFMT S_IFDIR S_IFCHR S_IFREG
    S_IFIFO S_IFLNK S_IFBLK S_IFSOCK PROT_READ PROT_WRITE PROT_EXEC MAP_SHARED MAP_PRIVATE
    MAP_TYPE MAP_FIXED MAP_ANONYMOUS MAP_GROWSDOWN MAP_FIXED_NOREPLACE MREMAP_MAYMOVE
    MADV_DONTNEED CLONE_VM CLONE_FS CLONE_FILES CLONE_SIGHAND CLONE_VFORK CLONE_THREAD
    CLONE_SYSVSEM CLONE_SETTLS CLONE_PARENT_SETTID CLONE_CHILD_CLEARTID CLONE_DETACHED
    CLONE_CHILD_SETTID WNOHANG WUNTRACED WEXITED WCONTINUED WNOWAIT P_ALL P_PID P_PGID
    FUTEX_WAIT FUTEX_WAKE FUTEX_REQUEUE
    FUTEX_CMP_REQUEUE FUTEX_WAIT_BITSET FUTEX_WAKE_BITSET FUTEX_PRIVATE_FLAG
    FUTEX_CLOCK_REALTIME CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID
    CLOCK_THREAD_CPUTIME_ID CLOCK_MONOTONIC_RAW CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE
    CLOCK_BOOTTIME TIMER_ABSTIME POLLIN POLLOUT POLLERR POLLHUP POLLNVAL SEEK_SET SEEK_CUR
    SEEK_END SEEK_DATA SEEK_HOLE
}

agree! { flags = general:
    EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD EPOLLONESHOT EPOLLET POLLRDHUP TFD_TIMER_ABSTIME
    TFD_TIMER_CANCEL_ON_SET
}

agree! { flags = ioctl:
    TCGETS TCSETS TCSETSW TCSETSF TCSBRK TCXONC TCFLSH TIOCEXCL TIOCNXCL TIOCSCTTY TIOCGPGRP
    TIOCSPGRP TIOCOUTQ TIOCGWINSZ TIOCSWINSZ FIONREAD FIONBIO TIOCNOTTY TCSBRKP TIOCGSID TIOCGPTN
    TIOCSPTLCK TIOCGPTLCK TIOCGPTPEER FIONCLEX FIOCLEX
}

agree! { termios = general:
    ISTRIP INLCR IGNCR ICRNL IXON IXANY IUTF8 OPOST ONLCR OCRNL ISIG ICANON ECHO ECHOE ECHOK ECHONL
    NOFLSH TOSTOP ECHOCTL ECHOKE IEXTEN
}

agree! { signals = general:
    SA_NOCLDSTOP SA_NOCLDWAIT SA_SIGINFO SA_ONSTACK SA_RESTART SA_NODEFER SA_RESETHAND SA_RESTORER
    SS_DISABLE SS_ONSTACK SI_USER SI_KERNEL SI_TKILL SEGV_MAPERR SEGV_ACCERR BUS_ADRERR
    ILL_ILLOPC TRAP_BRKPT CLD_EXITED CLD_KILLED CLD_DUMPED
    CLD_STOPPED CLD_CONTINUED
}

macro_rules! agree_signals {
    ($($name:ident)*) => { $(
        const _: () = assert!(signals::$name.number() as u32 == general::$name, stringify!($name));
    )* };
}

agree_signals! {
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGPIPE
    SIGALRM SIGTERM SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU
    SIGVTALRM SIGPROF SIGWINCH SIGIO SIGSYS
}

const _: () = assert!(structures::STAT_BYTES == size_of::<general::stat>());
const _: () = assert!(structures::STATX_BYTES == size_of::<general::statx>());
const _: () = assert!(structures::TERMIOS_BYTES == size_of::<general::termios>());
const _: () = assert!(structures::RUSAGE_BYTES == size_of::<general::rusage>());
const _: () = assert!(structures::STATFS_BYTES == size_of::<general::statfs64>());
const _: () = assert!(structures::SIGINFO_BYTES == size_of::<general::siginfo_t>());

/// Whether our table has a call under this name and number.
const fn has(number: u32, name: &str) -> bool {
    let mut index = 0;
    while index < linux::calls::NUMBERS.len() {
        let (ours, known) = linux::calls::NUMBERS[index];
        if ours == number as u64 && equal(known.as_bytes(), name.as_bytes()) {
            return true;
        }
        index += 1;
    }
    false
}

const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

macro_rules! agree_calls {
    ($($constant:ident $name:literal)*) => {
        $( const _: () = assert!(has(general::$constant, $name), $name); )*
        /// How many calls are compared.
        const COMPARED: usize = [$($name),*].len();
    };
}

agree_calls! {
    __NR_setxattr "setxattr"
    __NR_lsetxattr "lsetxattr"
    __NR_fsetxattr "fsetxattr"
    __NR_getxattr "getxattr"
    __NR_lgetxattr "lgetxattr"
    __NR_fgetxattr "fgetxattr"
    __NR_listxattr "listxattr"
    __NR_llistxattr "llistxattr"
    __NR_flistxattr "flistxattr"
    __NR_removexattr "removexattr"
    __NR_lremovexattr "lremovexattr"
    __NR_fremovexattr "fremovexattr"
    __NR_getcwd "getcwd"
    __NR_eventfd2 "eventfd2"
    __NR_epoll_create1 "epoll_create1"
    __NR_epoll_ctl "epoll_ctl"
    __NR_epoll_pwait "epoll_pwait"
    __NR_epoll_pwait2 "epoll_pwait2"
    __NR_pselect6 "pselect6"
    __NR_signalfd4 "signalfd4"
    __NR_timerfd_create "timerfd_create"
    __NR_timerfd_settime "timerfd_settime"
    __NR_timerfd_gettime "timerfd_gettime"
    __NR_dup "dup"
    __NR_dup3 "dup3"
    __NR_fcntl "fcntl"
    __NR_ioctl "ioctl"
    __NR_mknodat "mknodat"
    __NR_mkdirat "mkdirat"
    __NR_unlinkat "unlinkat"
    __NR_symlinkat "symlinkat"
    __NR_linkat "linkat"
    __NR_renameat "renameat"
    __NR_statfs "statfs"
    __NR_fstatfs "fstatfs"
    __NR_truncate "truncate"
    __NR_ftruncate "ftruncate"
    __NR_faccessat "faccessat"
    __NR_chdir "chdir"
    __NR_fchdir "fchdir"
    __NR_fchmod "fchmod"
    __NR_fchmodat "fchmodat"
    __NR_fchownat "fchownat"
    __NR_fchown "fchown"
    __NR_openat "openat"
    __NR_close "close"
    __NR_pipe2 "pipe2"
    __NR_getdents64 "getdents64"
    __NR_lseek "lseek"
    __NR_read "read"
    __NR_write "write"
    __NR_readv "readv"
    __NR_writev "writev"
    __NR_pread64 "pread64"
    __NR_pwrite64 "pwrite64"
    __NR_sendfile "sendfile"
    __NR_ppoll "ppoll"
    __NR_readlinkat "readlinkat"
    __NR_newfstatat "newfstatat"
    __NR_fstat "fstat"
    __NR_sync "sync"
    __NR_fsync "fsync"
    __NR_fdatasync "fdatasync"
    __NR_utimensat "utimensat"
    __NR_exit "exit"
    __NR_exit_group "exit_group"
    __NR_waitid "waitid"
    __NR_set_tid_address "set_tid_address"
    __NR_futex "futex"
    __NR_set_robust_list "set_robust_list"
    __NR_nanosleep "nanosleep"
    __NR_clock_gettime "clock_gettime"
    __NR_clock_getres "clock_getres"
    __NR_clock_nanosleep "clock_nanosleep"
    __NR_sched_getaffinity "sched_getaffinity"
    __NR_sched_yield "sched_yield"
    __NR_kill "kill"
    __NR_tkill "tkill"
    __NR_tgkill "tgkill"
    __NR_sigaltstack "sigaltstack"
    __NR_rt_sigsuspend "rt_sigsuspend"
    __NR_rt_sigaction "rt_sigaction"
    __NR_rt_sigprocmask "rt_sigprocmask"
    __NR_rt_sigpending "rt_sigpending"
    __NR_rt_sigtimedwait "rt_sigtimedwait"
    __NR_rt_sigqueueinfo "rt_sigqueueinfo"
    __NR_rt_tgsigqueueinfo "rt_tgsigqueueinfo"
    __NR_rt_sigreturn "rt_sigreturn"
    __NR_setpriority "setpriority"
    __NR_getpriority "getpriority"
    __NR_reboot "reboot"
    __NR_setregid "setregid"
    __NR_setgid "setgid"
    __NR_setreuid "setreuid"
    __NR_setuid "setuid"
    __NR_setresuid "setresuid"
    __NR_getresuid "getresuid"
    __NR_setresgid "setresgid"
    __NR_getresgid "getresgid"
    __NR_setfsuid "setfsuid"
    __NR_setfsgid "setfsgid"
    __NR_times "times"
    __NR_setpgid "setpgid"
    __NR_getpgid "getpgid"
    __NR_getsid "getsid"
    __NR_setsid "setsid"
    __NR_getgroups "getgroups"
    __NR_setgroups "setgroups"
    __NR_uname "uname"
    __NR_getrusage "getrusage"
    __NR_umask "umask"
    __NR_prctl "prctl"
    __NR_gettimeofday "gettimeofday"
    __NR_getpid "getpid"
    __NR_getppid "getppid"
    __NR_getuid "getuid"
    __NR_geteuid "geteuid"
    __NR_getgid "getgid"
    __NR_getegid "getegid"
    __NR_gettid "gettid"
    __NR_sysinfo "sysinfo"
    __NR_socket "socket"
    __NR_socketpair "socketpair"
    __NR_brk "brk"
    __NR_munmap "munmap"
    __NR_mremap "mremap"
    __NR_clone "clone"
    __NR_execve "execve"
    __NR_mmap "mmap"
    __NR_fadvise64 "fadvise64"
    __NR_mprotect "mprotect"
    __NR_msync "msync"
    __NR_madvise "madvise"
    __NR_wait4 "wait4"
    __NR_prlimit64 "prlimit64"
    __NR_renameat2 "renameat2"
    __NR_getrandom "getrandom"
    __NR_copy_file_range "copy_file_range"
    __NR_statx "statx"
    __NR_rseq "rseq"
    __NR_close_range "close_range"
    __NR_faccessat2 "faccessat2"
}

// All of them.
const _: () = assert!(linux::calls::NUMBERS.len() == COMPARED);
