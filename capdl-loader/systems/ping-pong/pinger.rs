//! What the component `pinger` was given. Made by `capdl`.

/// Kind `endpoint`.
pub mod endpoint {
    /// `console`.
    pub const CONSOLE: u64 = 0x10;
    /// `ponger`.
    pub const PONGER: u64 = 0x11;
}

/// Kind `thread`.
pub mod thread {
    /// `self`.
    pub const SELF: u64 = 0x1;
}

/// Kind `cap`.
pub mod cap {
    /// `parent`.
    pub const PARENT: u64 = 0x12;
}
