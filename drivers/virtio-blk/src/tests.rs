//! The driver with a device of the test's own.

mod copied;
mod hostile;
mod model;
mod transfer;
