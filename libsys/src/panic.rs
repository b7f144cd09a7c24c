//! What a program says when it is wrong: why, and how it got there.

use core::fmt;

use crate::symbols::Symbols;

/// The module with the names of the program's own functions.
pub(crate) const SYMBOLS: &str = "symbols";
/// Most lines of a backtrace.
const FRAMES: usize = 64;

/// The report of a panic: its message, and the functions that were called, innermost first.
/// `calls` are their return addresses, and `table` is the image's table of symbols.
pub(crate) fn report(
    output: &mut dyn fmt::Write,
    message: &dyn fmt::Display,
    calls: &mut dyn Iterator<Item = u64>,
    table: &[u8],
) -> fmt::Result {
    writeln!(output, "{message}\nbacktrace:")?;
    let symbols = Symbols::new(table);
    for address in calls.take(FRAMES) {
        // The address behind the call may be that of the next function.
        match symbols.lookup(address.saturating_sub(4)) {
            Some((name, _)) => writeln!(output, "  {address:#010x} {name}")?,
            None => writeln!(output, "  {address:#010x}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn calls_are_named_by_the_instruction_before_their_return_address() {
        let table = crate::symbols::samples::table(0x1000, &[(0, "f"), (0x10, "g"), (0x20, "")]);
        let mut text = String::new();
        let mut calls = [0x1010, 0x1018, 0x9000].into_iter();
        report(&mut text, &"why", &mut calls, &table).expect("strings grow");
        let expected = "why\nbacktrace:\n  0x00001010 f\n  0x00001018 g\n  0x00009000\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_long_backtrace_is_cut() {
        let mut text = String::new();
        report(&mut text, &"why", &mut core::iter::repeat(8), &[]).expect("strings grow");
        assert_eq!(text.lines().count(), 2 + FRAMES);
    }
}
