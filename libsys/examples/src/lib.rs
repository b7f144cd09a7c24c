//! What examples and the programs that they start agree on: slots, mostly.
#![no_std]

pub mod tenant;
