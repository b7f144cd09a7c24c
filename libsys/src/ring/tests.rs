//! Rings in tests: beside a simple queue, against a hostile peer, in a model checker.

mod element;
mod hostile;
mod model;
mod queue;
