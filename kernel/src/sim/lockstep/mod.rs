//! Calls of kernel objects, on the kernel and on the model of the ABI at once.
//!
//! The model is written from the ABI's documents and knows nothing of this kernel. After each
//! call both must have given the same answer, and must agree in every capability, the derivation
//! tree, every translation table, ASID and interrupt.
//!
//! Not compared are calls that fault and calls that send messages: the model has no threads that
//! could wait, so it says nothing about who hears of either.

mod games;
mod mirror;
