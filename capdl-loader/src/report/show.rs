//! The figures as text or JSON.

use std::fmt::Write;

use super::amount;
use super::mappings::Mapping;
use super::usage::{Component, Region, Time, Usage};
use crate::authority::Parties;
use crate::json::Json;

/// Free memory after everything was placed: pieces by the power of two of their size.
pub type Free<'a> = Option<&'a [u64]>;

/// As text.
#[must_use]
pub fn text(usage: &Usage, parties: &Parties, free: Free<'_>) -> String {
    let mut out = String::new();
    let total = amount(usage.bytes);
    let _ = writeln!(out, "{} objects in {total}", usage.objects);
    let _ = writeln!(
        out,
        "\n{:<20} {:>7} {:>10} {:>7} {:>8} {:>10} {:>12}  time",
        "component", "frames", "bytes", "tables", "objects", "kernel", "slots"
    );
    for component in &usage.components {
        component_line(&mut out, component);
    }
    let _ = writeln!(out, "\n{:<20} {:>12} {:>10}  mapped", "region", "address", "size");
    for region in &usage.regions {
        region_line(&mut out, region, parties);
    }
    out.push_str("\nlargest users\n");
    for (name, bytes) in &usage.largest {
        let _ = writeln!(out, "  {name:<30} {:>10}", amount(*bytes));
    }
    match free {
        Some(free) => {
            out.push_str("\nfree memory\n");
            for (bits, count) in free.iter().enumerate().filter(|(_, count)| **count > 0) {
                let size = 1_u64.checked_shl(u32::try_from(bits).unwrap_or(64)).unwrap_or(0);
                let _ = writeln!(out, "  {:>10} x {count}", amount(size));
            }
        }
        None => out.push_str("\nfree memory: the board is not known\n"),
    }
    out
}

fn component_line(out: &mut String, component: &Component) {
    let Component { name, frames, tables, objects, slots: (used, slots), .. } = component;
    let (own, kernel) = (amount(component.frame_bytes), amount(component.kernel_bytes));
    let slots = format!("{used}/{slots}");
    let times: Vec<String> = component.times.iter().map(time).collect();
    let times = times.join("; ");
    let line = format!(
        "{name:<20} {frames:>7} {own:>10} {tables:>7} {objects:>8} {kernel:>10} {slots:>12}  \
         {times}"
    );
    let _ = writeln!(out, "{}", line.trim_end());
}

fn time(time: &Time) -> String {
    let Time { core, budget, period, priority } = time;
    format!("{budget}/{period} us on core {core}, priority {priority}")
}

fn region_line(out: &mut String, region: &Region, parties: &Parties) {
    let address = region.address.map_or("any".to_string(), |address| format!("{address:#x}"));
    let seen = region.seen.iter().map(|mapping| {
        let cached = if mapping.attributes.cacheable { "" } else { " uncached" };
        let name = &parties[mapping.party].name;
        format!("{name} {:#x} {}{cached}", mapping.address, mapping.letters())
    });
    let seen: Vec<String> = seen.collect();
    let (name, size, seen) = (&region.name, amount(region.bytes), seen.join(", "));
    let line = format!("{name:<20} {address:>12} {size:>10}  {seen}");
    let _ = writeln!(out, "{}", line.trim_end());
}

/// As one JSON object; sizes in bytes, times in microseconds.
#[must_use]
pub fn json(usage: &Usage, parties: &Parties, free: Free<'_>) -> Json {
    let free = free.map(|free| {
        let classes = free.iter().enumerate().filter(|(_, count)| **count > 0);
        Json::list(classes.map(|(bits, count)| {
            Json::object([("size_bits", bits.into()), ("count", (*count).into())])
        }))
    });
    let largest = usage.largest.iter().map(|(name, bytes)| {
        Json::object([("name", name.as_str().into()), ("bytes", (*bytes).into())])
    });
    Json::object([
        ("objects", usage.objects.into()),
        ("bytes", usage.bytes.into()),
        ("components", Json::list(usage.components.iter().map(component_json))),
        ("regions", Json::list(usage.regions.iter().map(|region| region_json(region, parties)))),
        ("largest", Json::list(largest)),
        ("free", free.into()),
    ])
}

fn component_json(component: &Component) -> Json {
    let times = component.times.iter().map(|time| {
        Json::object([
            ("core", time.core.into()),
            ("budget", time.budget.into()),
            ("period", time.period.into()),
            ("priority", time.priority.into()),
        ])
    });
    Json::object([
        ("name", component.name.as_str().into()),
        ("frames", component.frames.into()),
        ("frame_bytes", component.frame_bytes.into()),
        ("tables", component.tables.into()),
        ("objects", component.objects.into()),
        ("kernel_bytes", component.kernel_bytes.into()),
        ("slots_used", component.slots.0.into()),
        ("slots", component.slots.1.into()),
        ("times", Json::list(times)),
    ])
}

fn region_json(region: &Region, parties: &Parties) -> Json {
    let seen = region.seen.iter().map(|mapping: &Mapping| {
        Json::object([
            ("component", parties[mapping.party].name.as_str().into()),
            ("address", mapping.address.into()),
            ("rights", mapping.letters().into()),
            ("cacheable", mapping.attributes.cacheable.into()),
        ])
    });
    Json::object([
        ("name", region.name.as_str().into()),
        ("node", region.node.as_deref().into()),
        ("address", region.address.into()),
        ("bytes", region.bytes.into()),
        ("mapped", Json::list(seen)),
    ])
}
