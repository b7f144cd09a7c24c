//! Bits and words in arguments of calls.

macro_rules! words {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $value:literal;)*) => { $(
        $(#[doc = $doc])*
        #[doc = concat!("`", stringify!($name), "`.")]
        pub const $name: $type = $value;
    )* };
}

words! {
    AT_FDCWD: i32 = -100;
    AT_SYMLINK_NOFOLLOW: u32 = 0x100;
    AT_REMOVEDIR: u32 = 0x200;
    AT_SYMLINK_FOLLOW: u32 = 0x400;
    AT_EMPTY_PATH: u32 = 0x1000;

    O_WRONLY: u32 = 0o1;
    O_RDWR: u32 = 0o2;
    O_ACCMODE: u32 = 0o3;
    O_CREAT: u32 = 0o100;
    O_EXCL: u32 = 0o200;
    O_NOCTTY: u32 = 0o400;
    O_TRUNC: u32 = 0o1000;
    O_APPEND: u32 = 0o2000;
    O_NONBLOCK: u32 = 0o4000;
    O_DIRECTORY: u32 = 0o40000;
    O_NOFOLLOW: u32 = 0o100000;
    O_LARGEFILE: u32 = 0o400000;
    O_CLOEXEC: u32 = 0o2000000;
    O_PATH: u32 = 0o10000000;

    F_DUPFD: u32 = 0;
    F_GETFD: u32 = 1;
    F_SETFD: u32 = 2;
    F_GETFL: u32 = 3;
    F_SETFL: u32 = 4;
    F_GETLK: u32 = 5;
    F_SETLK: u32 = 6;
    F_SETLKW: u32 = 7;
    F_RDLCK: u16 = 0;
    F_WRLCK: u16 = 1;
    F_UNLCK: u16 = 2;
    F_DUPFD_CLOEXEC: u32 = 1030;
    FD_CLOEXEC: u32 = 1;

    S_IFMT: u32 = 0o170000;
    S_IFDIR: u32 = 0o040000;
    S_IFCHR: u32 = 0o020000;
    S_IFREG: u32 = 0o100000;
    S_IFIFO: u32 = 0o010000;
    S_IFLNK: u32 = 0o120000;
    S_IFBLK: u32 = 0o060000;
    S_IFSOCK: u32 = 0o140000;

    PROT_READ: u32 = 1;
    PROT_WRITE: u32 = 2;
    PROT_EXEC: u32 = 4;
    MAP_SHARED: u32 = 1;
    MAP_PRIVATE: u32 = 2;
    MAP_TYPE: u32 = 0xf;
    MAP_FIXED: u32 = 0x10;
    MAP_ANONYMOUS: u32 = 0x20;
    MAP_GROWSDOWN: u32 = 0x100;
    MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
    MREMAP_MAYMOVE: u32 = 1;
    MADV_DONTNEED: u32 = 4;

    CLONE_VM: u64 = 0x100;
    CLONE_FS: u64 = 0x200;
    CLONE_FILES: u64 = 0x400;
    CLONE_SIGHAND: u64 = 0x800;
    CLONE_VFORK: u64 = 0x4000;
    CLONE_THREAD: u64 = 0x1_0000;
    CLONE_SYSVSEM: u64 = 0x4_0000;
    CLONE_SETTLS: u64 = 0x8_0000;
    CLONE_PARENT_SETTID: u64 = 0x10_0000;
    CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
    CLONE_DETACHED: u64 = 0x40_0000;
    CLONE_CHILD_SETTID: u64 = 0x100_0000;

    WNOHANG: u32 = 1;
    WUNTRACED: u32 = 2;
    WEXITED: u32 = 4;
    WCONTINUED: u32 = 8;
    WNOWAIT: u32 = 0x100_0000;
    /// All children, by whatever signal they tell of their end, of all threads.
    WANY: u32 = 0xe000_0000;
    P_ALL: u32 = 0;
    P_PID: u32 = 1;
    P_PGID: u32 = 2;

    FUTEX_WAIT: u32 = 0;
    FUTEX_WAKE: u32 = 1;
    FUTEX_REQUEUE: u32 = 3;
    FUTEX_CMP_REQUEUE: u32 = 4;
    FUTEX_WAIT_BITSET: u32 = 9;
    FUTEX_WAKE_BITSET: u32 = 10;
    FUTEX_PRIVATE_FLAG: u32 = 128;
    FUTEX_CLOCK_REALTIME: u32 = 256;

    CLOCK_REALTIME: u32 = 0;
    CLOCK_MONOTONIC: u32 = 1;
    CLOCK_PROCESS_CPUTIME_ID: u32 = 2;
    CLOCK_THREAD_CPUTIME_ID: u32 = 3;
    CLOCK_MONOTONIC_RAW: u32 = 4;
    CLOCK_REALTIME_COARSE: u32 = 5;
    CLOCK_MONOTONIC_COARSE: u32 = 6;
    CLOCK_BOOTTIME: u32 = 7;
    TIMER_ABSTIME: u32 = 1;

    TCGETS: u32 = 0x5401;
    TCSETS: u32 = 0x5402;
    TCSETSW: u32 = 0x5403;
    TCSETSF: u32 = 0x5404;
    TCSBRK: u32 = 0x5409;
    TCXONC: u32 = 0x540a;
    TCFLSH: u32 = 0x540b;
    TIOCEXCL: u32 = 0x540c;
    TIOCNXCL: u32 = 0x540d;
    TIOCSCTTY: u32 = 0x540e;
    TIOCGPGRP: u32 = 0x540f;
    TIOCSPGRP: u32 = 0x5410;
    TIOCOUTQ: u32 = 0x5411;
    TIOCGWINSZ: u32 = 0x5413;
    TIOCSWINSZ: u32 = 0x5414;
    FIONREAD: u32 = 0x541b;
    FIONBIO: u32 = 0x5421;
    TIOCNOTTY: u32 = 0x5422;
    TCSBRKP: u32 = 0x5425;
    TIOCGSID: u32 = 0x5429;
    TIOCGPTN: u32 = 0x8004_5430;
    TIOCSPTLCK: u32 = 0x4004_5431;
    TIOCGPTLCK: u32 = 0x8004_5439;
    TIOCGPTPEER: u32 = 0x5441;
    FIONCLEX: u32 = 0x5450;
    FIOCLEX: u32 = 0x5451;

    POLLIN: u16 = 1;
    POLLOUT: u16 = 4;
    POLLERR: u16 = 8;
    POLLHUP: u16 = 16;
    POLLNVAL: u16 = 32;

    POLLRDHUP: u16 = 0x2000;
    EPOLL_CTL_ADD: u32 = 1;
    EPOLL_CTL_DEL: u32 = 2;
    EPOLL_CTL_MOD: u32 = 3;
    EPOLLONESHOT: u32 = 0x4000_0000;
    EPOLLET: u32 = 0x8000_0000;
    EFD_SEMAPHORE: u32 = 1;
    TFD_TIMER_ABSTIME: u32 = 1;
    TFD_TIMER_CANCEL_ON_SET: u32 = 2;

    PR_SET_NAME: u32 = 15;
    PR_GET_NAME: u32 = 16;

    SEEK_SET: u32 = 0;
    SEEK_CUR: u32 = 1;
    SEEK_END: u32 = 2;
    SEEK_DATA: u32 = 3;
    SEEK_HOLE: u32 = 4;

    DT_BLK: u8 = 6;
    DT_SOCK: u8 = 12;
    DT_FIFO: u8 = 1;
    DT_CHR: u8 = 2;
    DT_DIR: u8 = 4;
    DT_REG: u8 = 8;
    DT_LNK: u8 = 10;

    AT_NULL: u64 = 0;
    AT_PHDR: u64 = 3;
    AT_PHENT: u64 = 4;
    AT_PHNUM: u64 = 5;
    AT_PAGESZ: u64 = 6;
    AT_BASE: u64 = 7;
    AT_ENTRY: u64 = 9;
    AT_UID: u64 = 11;
    AT_EUID: u64 = 12;
    AT_GID: u64 = 13;
    AT_EGID: u64 = 14;
    AT_HWCAP: u64 = 16;
    AT_CLKTCK: u64 = 17;
    AT_SECURE: u64 = 23;
    AT_RANDOM: u64 = 25;
    AT_EXECFN: u64 = 31;
}
