//! Both halves, with a disk of the test's own.

mod failing;
mod hostile;
mod ranges;
mod restarts;
mod world;
