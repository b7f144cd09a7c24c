//! Thread-local variables.
//!
//! Invariant T1: a variable's template lies in `.tdata`, and only as a pattern of bytes: nobody
//! takes a reference to it. Each thread has a copy of all templates behind its thread pointer,
//! made before the thread runs, which only that thread accesses.

/// A variable of which each thread has one of its own, made by
/// [`thread_local!`](crate::thread_local).
///
/// ```no_run
/// use core::cell::Cell;
///
/// libsys::thread_local! {
///     /// How often this thread has called `count`.
///     static CALLS: Cell<u64> = Cell::new(0);
/// }
///
/// fn count() -> u64 {
///     CALLS.with(|calls| calls.replace(calls.get() + 1))
/// }
/// ```
pub struct ThreadLocal<T: 'static> {
    address: fn() -> *const T,
}

impl<T> ThreadLocal<T> {
    /// A variable that is at `address()` in the calling thread.
    ///
    /// # Safety
    /// The function answers the address of the calling thread's copy of a [`Template`].
    #[doc(hidden)]
    pub const unsafe fn new(address: fn() -> *const T) -> Self {
        Self { address }
    }

    /// Uses the calling thread's variable.
    #[inline(always)]
    pub fn with<R>(&'static self, use_it: impl FnOnce(&T) -> R) -> R {
        // SAFETY: T1: the address is that of this thread's copy, which has the bytes of a
        // constant `T` or what this thread has made of it. It lives as long as the thread, and
        // the reference does not leave this call.
        use_it(unsafe { &*(self.address)() })
    }
}

/// The initial value of a thread-local variable.
#[doc(hidden)]
pub struct Template<T>(T);

// SAFETY: T1: a template is never accessed as a `T`, by no thread.
unsafe impl<T> Sync for Template<T> {}

impl<T> Template<T> {
    /// A template with this value, which is never dropped.
    #[doc(hidden)]
    pub const fn new(value: T) -> Self {
        Self(value)
    }
}

/// Defines variables of which each thread has one of its own: `static NAME: TYPE = CONSTANT;`.
/// The values of threads that end are not dropped. All variables of a program together may take
/// 3008 bytes, with an alignment of at most 16; the linker says so if not.
///
/// ```no_run
/// use core::cell::Cell;
///
/// libsys::thread_local! {
///     /// What this thread is for.
///     pub static ROLE: Cell<&'static str> = Cell::new("unknown");
///     static DEPTH: Cell<u32> = Cell::new(0);
/// }
///
/// fn enter(role: &'static str) -> u32 {
///     ROLE.with(|own| own.set(role));
///     DEPTH.with(|depth| depth.replace(depth.get() + 1))
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty = $value:expr;)*) => {$(
        $(#[$attribute])*
        $vis static $name: $crate::ThreadLocal<$type> = {
            #[unsafe(link_section = ".tdata")]
            static TEMPLATE: $crate::Template<$type> = $crate::Template::new($value);
            // SAFETY: the function answers where the linker has put this template's copy.
            unsafe { $crate::ThreadLocal::new(|| $crate::thread_address!(TEMPLATE)) }
        };
    )*};
}
