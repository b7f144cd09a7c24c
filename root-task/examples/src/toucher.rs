//! What the client of `demand` is to do.

use libsys::data;

data! {
    /// By its argument.
    ///
    /// ```
    /// use pager_examples::toucher::Task;
    ///
    /// assert_eq!(Task::try_from(2), Ok(Task::Recurse));
    /// ```
    pub enum Task {
        /// Touch memory of each kind, and measure.
        Touch = 1,
        /// Call itself, but not for ever.
        Recurse = 2,
        /// Call itself for ever.
        Overflow = 3,
        /// Write to what it has made read-only.
        WriteReadOnly = 4,
        /// Read what it has forbidden itself.
        ReadNothing = 5,
        /// Touch more than it may have.
        Exceed = 6,
        /// Touch a page, and end well.
        Behave = 7,
    }
}
