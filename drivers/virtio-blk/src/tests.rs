//! The driver with a device of the test's own.

mod hostile;
mod model;
mod transfer;
