//! Writers: from a model to another tool's format.

pub mod cdl;
