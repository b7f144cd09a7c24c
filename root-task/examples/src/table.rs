//! What the client of `clones` is to do.

use libsys::data;

/// Pages of its table.
pub const PAGES: usize = 64;

data! {
    /// By its argument.
    ///
    /// ```
    /// use pager_examples::table::Task;
    ///
    /// assert_eq!(Task::try_from(1), Ok(Task::Fill));
    /// ```
    pub enum Task {
        /// Fill the table.
        Fill = 1,
        /// Say what is in it.
        Show = 2,
        /// Change its first page.
        ChangeFirst = 3,
        /// Change its last page.
        ChangeLast = 4,
    }
}
