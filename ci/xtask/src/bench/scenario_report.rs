//! The scenarios as a table and as JSON.

use super::counts::Metric;
use super::scenarios::{Delay, Figures, Scenario};
use super::table::{aligned, grouped, quotient};
use super::wall::Times;

/// Instructions in a tick of the counter: 62.5 MHz at one instruction per nanosecond.
const PER_TICK: u64 = 16;

/// The table in Markdown, with what has to be known about it.
pub(super) fn text(figures: &Figures, boots: &Times) -> String {
    let head = ["scenario", "kernel instructions", "per item", "longest stretch", "worst delay"];
    let kernel = grouped(figures.boot.get(Metric::Kernel));
    let mut rows = vec![["boot".into(), kernel, "".into(), "".into(), "".into()]];
    rows.extend(figures.scenarios.iter().map(row));
    let boot = format!(
        "From QEMU's start to the root task's first line: median {} ms of {} boots, {} to {} ms \
         (mostly QEMU's own start; depends on this machine and on what else it does).\n",
        boots.median().as_millis(),
        boots.times.len(),
        boots.shortest().as_millis(),
        boots.longest().as_millis(),
    );
    format!(
        "{}\nAll but the last column count instructions, the same on every machine. A stretch \
         without a preemption\npoint is what an interrupt may have to wait for. The worst delay, \
         from an interrupt's instant to the waiting\nthread's first instruction, is known to \
         {PER_TICK} instructions.\n{boot}",
        aligned(head, &rows)
    )
}

fn row(scenario: &Scenario) -> [String; 5] {
    [
        scenario.name.clone(),
        grouped(scenario.counts.get(Metric::Kernel)),
        per_item(scenario),
        grouped(scenario.counts.get(Metric::Longest)),
        scenario.delay.map_or(String::new(), delay),
    ]
}

fn delay(delay: Delay) -> String {
    match delay.interrupts {
        0 => "no interrupt".into(),
        _ => grouped(delay.ticks * PER_TICK),
    }
}

/// Instructions per item; for bytes, of which there are many, the other way round.
fn per_item(scenario: &Scenario) -> String {
    let (kernel, items) = (scenario.counts.get(Metric::Kernel), scenario.items);
    match scenario.unit.as_str() {
        "byte" => format!("{} bytes each", quotient(items, kernel)),
        unit => format!("{} per {unit}", quotient(kernel, items)),
    }
}

/// The figures for programs: counts are instructions.
pub(super) fn json(figures: &Figures, boots: &Times) -> String {
    let scenarios: Vec<String> = figures.scenarios.iter().map(json_of).collect();
    let times: Vec<String> = boots.times.iter().map(|time| time.as_micros().to_string()).collect();
    format!(
        "{{\"boot\": {{\"kernel\": {}, \"wall_microseconds\": [{}]}},\n  \
         \"trace\": \"{}\",\n  \"scenarios\": [\n    {}\n  ]}}",
        figures.boot.get(Metric::Kernel),
        times.join(", "),
        figures.trace,
        scenarios.join(",\n    ")
    )
}

fn json_of(scenario: &Scenario) -> String {
    let counts = &scenario.counts;
    let delay = scenario.delay.map_or(String::new(), |delay| {
        format!(
            ", \"delay_ticks\": {}, \"delay_instructions\": {}, \"interrupts\": {}",
            delay.ticks,
            delay.ticks * PER_TICK,
            delay.interrupts
        )
    });
    // Names and units are plain words of ours; quoting them needs no more than this.
    format!(
        "{{\"name\": \"{}\", \"items\": {}, \"unit\": \"{}\", \"kernel\": {}, \"longest\": {}, \
         \"checks\": {}, \"entries\": {}{delay}}}",
        scenario.name.replace(['"', '\\'], ""),
        scenario.items,
        scenario.unit.replace(['"', '\\'], ""),
        counts.get(Metric::Kernel),
        counts.get(Metric::Longest),
        counts.get(Metric::Checks),
        counts.get(Metric::Entries),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::scenarios::tests::example;
    use super::*;

    fn boots() -> Times {
        Times { times: [30, 10, 20].map(Duration::from_millis).to_vec() }
    }

    #[test]
    fn the_table_is_markdown() {
        let text = text(&example(), &boots());
        let lines: Vec<&str> = text.lines().collect();
        let [head, rule, boot, first, second] = lines[..5] else { panic!("five lines") };
        assert!(head.starts_with("| scenario   |") && rule.starts_with("| ---------- | ---"));
        assert!(boot.starts_with("| boot       |"), "{boot}");
        assert!(first.contains("2.0 bytes each") && first.contains(" 112 |"), "{first}");
        assert!(second.contains("333.3 per call") && second.contains(" 1 000 |"), "{second}");
        assert!(text.contains("median 20 ms of 3 boots, 10 to 30 ms"), "{text}");
    }

    #[test]
    fn the_json_can_be_read_again() {
        let value = crate::json::parse(&json(&example(), &boots())).expect("good JSON");
        let scenarios = value.list("scenarios");
        assert_eq!(scenarios.len(), 2);
        assert_eq!(scenarios[0].text("name"), Some("clear much"));
        assert!(scenarios[0].member("delay_instructions").is_some());
        assert!(scenarios[1].member("delay_instructions").is_none());
    }
}
