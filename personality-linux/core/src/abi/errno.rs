//! Errors.

/// An error, as its positive number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub u16);

macro_rules! errors {
    ($($name:ident = $number:literal;)*) => { $(
        #[doc = concat!("Error ", stringify!($number), ".")]
        pub const $name: Errno = Errno($number);
    )* };
}

errors! {
    EPERM = 1;
    ENOENT = 2;
    ESRCH = 3;
    EINTR = 4;
    EIO = 5;
    ENXIO = 6;
    E2BIG = 7;
    ENOEXEC = 8;
    EBADF = 9;
    ECHILD = 10;
    EAGAIN = 11;
    ENOMEM = 12;
    EACCES = 13;
    EFAULT = 14;
    EBUSY = 16;
    EEXIST = 17;
    EXDEV = 18;
    ENODEV = 19;
    ENOTDIR = 20;
    EISDIR = 21;
    EINVAL = 22;
    EMFILE = 24;
    ENOTTY = 25;
    EFBIG = 27;
    ENOSPC = 28;
    ESPIPE = 29;
    EROFS = 30;
    EMLINK = 31;
    EPIPE = 32;
    ERANGE = 34;
    ENAMETOOLONG = 36;
    ENOSYS = 38;
    ENOTEMPTY = 39;
    ELOOP = 40;
    EOVERFLOW = 75;
    EOPNOTSUPP = 95;
    EAFNOSUPPORT = 97;
    ETIMEDOUT = 110;
}

impl Errno {
    /// The result of a call that failed with it.
    #[must_use]
    pub const fn result(self) -> u64 {
        (-(self.0 as i64)) as u64
    }
}
