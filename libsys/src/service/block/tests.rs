//! Both halves, with a disk of the test's own.

mod hostile;
mod ranges;
mod restarts;
mod world;
