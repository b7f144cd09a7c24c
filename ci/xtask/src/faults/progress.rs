//! How far all boots are, and the sums of what they say.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use super::verdict::{Verdict, number};

/// How often somebody is told.
const RHYTHM: Duration = Duration::from_secs(5);
/// Lines whose numbers are added up, in this order.
const SUMMED: &[&str] = &["others", "clients", "mended", "neighbour", "done"];

/// How far all boots are.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    told: Instant,
    wanted: u64,
    injected: u64,
    restarts: u64,
    kinds: BTreeMap<String, u64>,
    /// By what a line is about: it, with its numbers.
    sums: BTreeMap<String, Vec<u64>>,
}

impl Progress {
    /// None of so many faults yet.
    pub(crate) fn new(wanted: u64) -> Self {
        let now = Instant::now();
        let (kinds, sums) = (BTreeMap::new(), BTreeMap::new());
        Self { start: now, told: now, wanted, injected: 0, restarts: 0, kinds, sums }
    }

    /// A boot has said this line.
    pub(crate) fn see(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("fault ") else { return };
        let mut parts = rest.splitn(3, ": ");
        let (Some(_), Some(kind), Some(outcome)) = (parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        self.injected += 1;
        self.restarts += u64::from(!outcome.starts_with("no failure"));
        *self.kinds.entry(kind.to_string()).or_default() += 1;
    }

    /// A boot has come to its end.
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        for line in &verdict.lines {
            let Some(line) = line.strip_prefix("faults: ") else { continue };
            let topic = line.split(':').next().unwrap_or_default();
            if !SUMMED.contains(&topic) {
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let pattern = |word| if number(word).is_some() { "#" } else { word };
            let pattern: Vec<&str> = words.iter().copied().map(pattern).collect();
            let numbers = words.iter().filter_map(|word| number(word));
            let sums = self.sums.entry(pattern.join(" ")).or_default();
            for (place, value) in numbers.enumerate() {
                match sums.get_mut(place) {
                    Some(sum) => *sum += value,
                    None => sums.push(value),
                }
            }
        }
    }

    /// A line, if it is time for one.
    pub(crate) fn due(&mut self, now: Instant) -> Option<String> {
        let is_due = now.saturating_duration_since(self.told) >= RHYTHM;
        is_due.then(|| {
            self.told = now;
            self.line()
        })
    }

    /// How far it is.
    pub(crate) fn line(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let rate = self.injected as f64 / seconds.max(0.001);
        let Self { injected, wanted, restarts, .. } = self;
        let mut line = format!(
            "{injected} of {wanted} faults in {seconds:.0} s, {rate:.1} in a second, \
             {restarts} restarts;"
        );
        for (kind, count) in &self.kinds {
            // Writing to a string does not fail.
            let _ = write!(line, " {kind} {count}");
        }
        line
    }

    /// What the boots have said at their ends, added up.
    pub(crate) fn sums(&self) -> String {
        let line = |(pattern, sums): (&String, &Vec<u64>)| {
            let mut sums = sums.iter();
            let word = |word: &str| match word {
                "#" => sums.next().copied().unwrap_or_default().to_string(),
                word => word.to_string(),
            };
            pattern.split(' ').map(word).collect::<Vec<_>>().join(" ")
        };
        self.sums.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Lines out of chunks.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Calls with each line that is complete with this chunk.
    pub(crate) fn push(&mut self, chunk: &[u8], mut see: impl FnMut(&str)) {
        self.rest.extend_from_slice(chunk);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            see(String::from_utf8_lossy(&line).trim_end());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_chunks() {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        for chunk in ["a\r", "\nb", "c\nd\n", "e"] {
            lines.push(chunk.as_bytes(), |line| seen.push(line.to_string()));
        }
        assert_eq!(seen, ["a", "bc", "d"]);
    }

    #[test]
    fn faults_are_counted_by_kind() {
        let mut progress = Progress::new(10);
        progress.see("fault 1: kill: faulted at 0x0: x; clients: 1 right");
        progress.see("fault 2: data: no failure; clients: 1 right");
        progress.see("faults: a client complains");
        let line = progress.line();
        assert!(line.starts_with("2 of 10 faults") && line.ends_with("1 restarts; data 1 kill 1"));
        assert_eq!(progress.due(Instant::now()), None);
        assert!(progress.due(Instant::now() + RHYTHM).is_some());
    }

    #[test]
    fn numbers_of_boots_are_added_up() {
        let mut progress = Progress::new(10);
        let lines = ["faults: clients: 2 passes, 30 acknowledged", "faults: kill 3 injected"];
        let lines = lines.map(ToString::to_string).to_vec();
        let verdict = Verdict { injected: 5, lines };
        progress.add(&verdict);
        progress.add(&verdict);
        assert_eq!(progress.sums(), "clients: 4 passes, 60 acknowledged");
    }
}
