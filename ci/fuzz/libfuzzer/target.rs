//! Any target as a libFuzzer program: the one that the program is named after.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::run(env!("CARGO_BIN_NAME"), bytes));
