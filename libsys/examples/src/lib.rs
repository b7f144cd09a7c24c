//! What examples and the programs that they start agree on: slots, mostly.
#![no_std]

pub mod crash;
pub mod ping_pong;
pub mod tenant;
