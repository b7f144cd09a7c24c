//! What must be true of what a run prints.

use crate::process::Fallible;

/// The last line begins so.
pub(super) const DONE: &str = "faults: done: ";
/// Kinds of faults that do not make a driver say what is not so.
pub(super) const STRICT: &[&str] = &["kill", "hang", "loop", "flood", "interrupt"];

/// What came of a run.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Faults that were injected.
    pub(crate) injected: u64,
    /// The lines that sum up.
    pub(crate) lines: Vec<String>,
}

/// What a console says of a run of so many faults: everything was injected, no acknowledged block
/// is lost, the neighbour's memory is as it was, nobody else failed, and the kernel says nothing.
/// If the driver only dies (`is_strict`), there is also nothing to be mended.
pub(crate) fn judge(console: &str, count: u64, is_strict: bool) -> Fallible<Verdict> {
    let lines = console.lines().map(str::trim_end);
    let lines = lines.skip_while(|line| !line.starts_with("faults: begin"));
    let mut lines: Vec<&str> = lines.collect();
    // The initial task then stops the machine, of which the kernel tells.
    let end = lines.iter().position(|line| line.starts_with(DONE));
    lines.truncate(end.map_or(lines.len(), |end| end + 1));
    if let Some(line) = lines.iter().find(|line| line.starts_with("kernel:")) {
        return Err(format!("the kernel says: {line}"));
    }
    let said = |start: &str| lines.iter().find_map(|line| line.strip_prefix(start));
    let done = said(DONE).ok_or("the run did not come to its end")?;
    let injected = number(done).ok_or("nobody says how many faults there were")?;
    if injected != count {
        return Err(format!("{injected} faults instead of {count}"));
    }
    if !done.ends_with(" 0 blocks lost") {
        return Err(format!("acknowledged blocks are lost: {done}"));
    }
    let neighbour = said("faults: neighbour: ").ok_or("nobody speaks of the neighbour")?;
    if number(neighbour) == Some(0) || !neighbour.ends_with(" 0 words changed") {
        return Err(format!("the neighbour is disturbed: {neighbour}"));
    }
    let others = said("faults: others: ").and_then(number).ok_or("nobody speaks of others")?;
    if others != 0 {
        return Err(format!("others failed {others} times"));
    }
    let mended = said("faults: mended: ").and_then(number).ok_or("nobody speaks of copies")?;
    if is_strict && mended != 0 {
        return Err(format!("{mended} acknowledged copies are damaged"));
    }
    let lines = lines.iter().filter(|line| line.starts_with("faults: "));
    Ok(Verdict { injected, lines: lines.map(ToString::to_string).collect() })
}

/// The number with which a text begins.
pub(super) fn number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(kernel: &str, [changed, lost, others, mended]: [u64; 4]) -> String {
        format!(
            "kernel: hello\r\nfaults: begin: 3 with seed 1\r\n{kernel}fault 1: kill: x\r\n\
             faults: others: {others} failures\r\nfaults: mended: {mended} copies\r\n\
             faults: neighbour: 7 rounds, {changed} words changed\r\n\
             faults: done: 3 injected, {lost} blocks lost\r\nkernel: halted\r\n"
        )
    }

    #[test]
    fn only_a_run_without_loss_passes() {
        let verdict = judge(&console("", [0; 4]), 3, true).expect("all is well");
        assert_eq!((verdict.injected, verdict.lines.len()), (3, 5));
        let wrong = |console: &str| judge(console, 3, true).expect_err("something is wrong");
        assert!(wrong(&console("", [0, 1, 0, 0])).contains("lost"));
        assert!(wrong(&console("", [0, 10, 0, 0])).contains("lost"));
        assert!(wrong(&console("", [1, 0, 0, 0])).contains("disturbed"));
        assert!(wrong(&console("", [0, 0, 2, 0])).contains("others"));
        assert!(wrong(&console("", [0, 0, 0, 1])).contains("damaged"));
        assert!(wrong(&console("kernel: oh\r\n", [0; 4])).contains("kernel: oh"));
        assert!(wrong("faults: begin\r\n").contains("end"));
        assert!(
            judge(&console("", [0; 4]), 4, true).is_err_and(|why| why.contains("instead of 4"))
        );
        assert!(judge(&console("", [0, 0, 0, 1]), 3, false).is_ok(), "the driver may have lied");
    }
}
