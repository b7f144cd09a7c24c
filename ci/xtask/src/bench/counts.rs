//! What the plugin counts in one window, and the lines it writes.

use crate::process::Fallible;

/// What is counted. The numbers are places in [`Counts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// Instructions of the kernel, from vector to ERET.
    Kernel,
    /// Instructions of user level.
    User,
    /// Entries into the kernel.
    Entries,
    /// Longest stretch of the kernel without a preemption point, in instructions.
    Longest,
    /// Preemption points that looked for interrupts.
    Checks,
    /// System registers that the kernel writes.
    Msr,
    /// Instruction synchronisation barriers.
    Isb,
    /// Data synchronisation barriers.
    Dsb,
    /// Data memory barriers.
    Dmb,
    /// Distinct lines of 64 bytes that the kernel executes.
    CodeLines,
    /// Distinct pages of 4 KiB that it executes.
    CodePages,
    /// Distinct lines that it reads or writes.
    DataLines,
    /// Distinct pages that it reads or writes.
    DataPages,
}

/// The metrics in the order of their numbers, as the plugin calls them.
pub(super) const METRICS: [(Metric, &str); 13] = [
    (Metric::Kernel, "kernel"),
    (Metric::User, "user"),
    (Metric::Entries, "entries"),
    (Metric::Longest, "longest"),
    (Metric::Checks, "checks"),
    (Metric::Msr, "msr"),
    (Metric::Isb, "isb"),
    (Metric::Dsb, "dsb"),
    (Metric::Dmb, "dmb"),
    (Metric::CodeLines, "code_lines"),
    (Metric::CodePages, "code_pages"),
    (Metric::DataLines, "data_lines"),
    (Metric::DataPages, "data_pages"),
];

/// A number for each metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts([u64; METRICS.len()]);

impl Counts {
    /// One of the numbers.
    pub(crate) fn get(&self, metric: Metric) -> u64 {
        self.0[metric as usize]
    }

    /// Barriers of all kinds.
    pub(super) fn barriers(&self) -> u64 {
        [Metric::Isb, Metric::Dsb, Metric::Dmb].into_iter().map(|kind| self.get(kind)).sum()
    }

    /// For each metric one number, chosen from all its numbers in ascending order.
    pub(super) fn chosen(all: &[Self], choose: impl Fn(&[u64]) -> u64) -> Self {
        Self(std::array::from_fn(|place| {
            let mut numbers: Vec<u64> = all.iter().map(|counts| counts.0[place]).collect();
            numbers.sort_unstable();
            choose(&numbers)
        }))
    }

    /// The counts of a line of the plugin, `NAME NUMBER` for each metric.
    fn read(line: &str) -> Option<Self> {
        let mut counts = Self::default();
        for (metric, name) in METRICS {
            counts.0[metric as usize] = number_behind(line, name)?;
        }
        Some(counts)
    }
}

/// One window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    /// Which operation it is about.
    pub(super) operation: u64,
    /// Which part of it.
    pub(super) lane: u64,
    /// What was counted.
    pub(super) counts: Counts,
}

/// Everything that the plugin wrote in one run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Log {
    /// From the first instruction to the root task's first.
    pub(super) boot: Counts,
    /// All windows in their order.
    pub(super) samples: Vec<Sample>,
    /// Hash of the addresses of all instructions.
    pub(super) trace: String,
}

impl Log {
    /// Reads the plugin's file.
    pub(super) fn read(text: &str) -> Fallible<Self> {
        let boot = text.lines().find_map(|line| line.strip_prefix("boot "));
        let boot = boot.and_then(Counts::read).ok_or("the plugin has seen no boot")?;
        let lines = text.lines().filter_map(|line| line.strip_prefix("sample "));
        let read = |line: &str| sample(line).ok_or_else(|| format!("no sample: {line}"));
        let samples = lines.map(read).collect::<Fallible<_>>()?;
        let trace = text.split_whitespace().next_back().unwrap_or_default().to_string();
        Ok(Self { boot, samples, trace })
    }

    /// The windows of one lane of an operation.
    pub(super) fn of(&self, operation: u64, lane: u64) -> impl Iterator<Item = Counts> {
        let matching = move |sample: &&Sample| (sample.operation, sample.lane) == (operation, lane);
        self.samples.iter().filter(matching).map(|sample| sample.counts)
    }
}

fn sample(line: &str) -> Option<Sample> {
    let mut words = line.split_whitespace();
    let (operation, lane) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Sample { operation, lane, counts: Counts::read(line)? })
}

/// The number that follows a word.
pub(super) fn number_behind(line: &str, word: &str) -> Option<u64> {
    let mut words = line.split_whitespace();
    words.find(|found| *found == word)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A line of the plugin with these instructions of the kernel, and other metrics zero but the
    /// longest stretch, the checks and the entries.
    pub(in super::super) fn line(what: &str, kernel: u64, rest: [u64; 3]) -> String {
        let [longest, checks, entries] = rest;
        let pairs = METRICS.map(|(metric, name)| match metric {
            Metric::Kernel => format!("{name} {kernel}"),
            Metric::Longest => format!("{name} {longest}"),
            Metric::Checks => format!("{name} {checks}"),
            Metric::Entries => format!("{name} {entries}"),
            _ => format!("{name} 0"),
        });
        format!("{what} {} trace {kernel:x}\n", pairs.join(" "))
    }

    /// Counts with these instructions of the kernel.
    pub(in super::super) fn counts(kernel: u64) -> Counts {
        Counts::read(&line("", kernel, [kernel, 0, 1])).expect("a good line")
    }

    #[test]
    fn metrics_are_in_their_places() {
        assert!(METRICS.iter().enumerate().all(|(place, (metric, _))| *metric as usize == place));
        let text = "kernel 1 user 2 entries 3 longest 4 checks 5 msr 6 isb 7 dsb 8 dmb 9 \
                    code_lines 10 code_pages 11 data_lines 12 data_pages 13";
        let counts = Counts::read(text).expect("all metrics");
        assert_eq!((counts.get(Metric::Kernel), counts.get(Metric::DataPages)), (1, 13));
        assert_eq!(counts.barriers(), 24);
        assert_eq!(Counts::read(&text.replace("isb", "bsi")), None);
    }

    #[test]
    fn a_log_has_windows_by_operation_and_lane() {
        let text = line("boot", 9, [0; 3])
            + &line("sample 1 1", 5, [0; 3])
            + &line("sample 1 2", 6, [0; 3])
            + &line("sample 1 1", 7, [0; 3]);
        let log = Log::read(&text).expect("a good log");
        let kernel: Vec<u64> = log.of(1, 1).map(|counts| counts.get(Metric::Kernel)).collect();
        assert_eq!((kernel, log.trace.as_str()), (vec![5, 7], "7"));
        assert!(Log::read("").is_err());
        assert!(Log::read(&(text + "sample 1 1 kernel\n")).is_err());
    }

    #[test]
    fn numbers_are_chosen_for_each_metric() {
        let all = [30, 10, 20].map(counts);
        let median = Counts::chosen(&all, |numbers| numbers[numbers.len() / 2]);
        assert_eq!(median, counts(20));
    }
}
