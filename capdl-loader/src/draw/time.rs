//! The processor's time: who runs when, if everybody begins at once and uses all that it has.

use layout::Model;

use super::svg::{Anchor, Letters, Svg};
use crate::promised::{self, Promise};

/// Around everything.
const MARGIN: i64 = 24;
/// For names.
const NAMES: i64 = 250;
/// For time.
const WIDTH: i64 = 720;
/// For a thread.
const ROW: i64 = 24;
/// Most threads of a core that are drawn, those of highest priority.
const MOST: usize = 60;
/// Most pieces of a core's time that are worked out.
const PIECES: usize = 4000;

/// Time in which one task runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Which of the tasks.
    pub task: usize,
    /// From here ...
    pub start: u64,
    /// ... to here.
    pub end: u64,
}

/// The picture.
#[must_use]
pub fn svg(model: &Model) -> String {
    let title = format!("{}: time", model.name);
    let cores = cores(model);
    let mut words = Vec::new();
    for (core, tasks) in &cores {
        words.push(format!("Core {core}: {} promised, to {} threads", share(tasks), tasks.len()));
    }
    let mut svg = Svg::new(&title, &words.join(". "));
    svg.text(Letters::Large, Anchor::Start, (MARGIN, MARGIN + 14), &title);
    let note = "Everybody begins at once and uses all of its budget; worst first instants.";
    svg.text(Letters::Small, Anchor::Start, (MARGIN, MARGIN + 32), note);
    let mut y = MARGIN + 64;
    for (core, tasks) in &cores {
        y = draw_core(&mut svg, model, (*core, tasks), y);
    }
    svg.finish(2 * MARGIN + NAMES + WIDTH, y)
}

/// Who was promised time of each core, by descending priority, cores ascending.
#[must_use]
pub fn cores(model: &Model) -> Vec<(u64, Vec<Promise>)> {
    let mut all = promised::all(model);
    all.iter_mut().for_each(|task| task.period = task.period.max(1));
    // Those of one priority stay in the order of the layout.
    all.sort_by_key(|task| (task.core, std::cmp::Reverse(task.priority)));
    let mut cores: Vec<(u64, Vec<Promise>)> = Vec::new();
    for task in all {
        match cores.last_mut() {
            Some((last, tasks)) if *last == task.core => tasks.push(task),
            _ => cores.push((task.core, vec![task])),
        }
    }
    cores
}

/// What tasks were promised of a core, in percent.
fn share(tasks: &[Promise]) -> String {
    let thousandths = tasks.iter().map(|task| task.budget.saturating_mul(1000) / task.period);
    let total = thousandths.fold(0_u64, u64::saturating_add);
    format!("{}.{} %", total / 10, total % 10)
}

/// Who runs when until `end`: always the first task that has budget left.
#[must_use]
pub fn run(tasks: &[Promise], end: u64) -> Vec<Piece> {
    let mut left: Vec<u64> = tasks.iter().map(|task| task.budget.min(task.period)).collect();
    let mut next: Vec<u64> = tasks.iter().map(|task| task.period).collect();
    let (mut now, mut pieces) = (0, Vec::<Piece>::new());
    while now < end && pieces.len() < PIECES {
        let change = next.iter().copied().min().unwrap_or(end).min(end);
        let running = left.iter().position(|left| *left > 0);
        let until = running.map_or(change, |task| change.min(now.saturating_add(left[task])));
        if let Some(task) = running {
            left[task] -= until - now;
            match pieces.last_mut() {
                Some(last) if last.task == task && last.end == now => last.end = until,
                _ => pieces.push(Piece { task, start: now, end: until }),
            }
        }
        now = until;
        for (task, (left, next)) in tasks.iter().zip(left.iter_mut().zip(&mut next)) {
            if *next == now {
                (*left, *next) = (task.budget.min(task.period), now.saturating_add(task.period));
            }
        }
    }
    pieces
}

/// Draws a core; where the next one begins.
fn draw_core(svg: &mut Svg, model: &Model, (core, tasks): (u64, &[Promise]), top: i64) -> i64 {
    let drawn = &tasks[..tasks.len().min(MOST)];
    let end = drawn.iter().map(|task| task.period).max().unwrap_or(1);
    let heading = format!("core {core}: {} promised", share(tasks));
    svg.text(Letters::Large, Anchor::Start, (MARGIN, top + 14), &heading);
    let left = MARGIN + NAMES;
    let x = |time: u64| {
        let scaled = u128::from(time) * WIDTH.unsigned_abs() as u128 / u128::from(end);
        left + i64::try_from(scaled).unwrap_or(WIDTH)
    };
    let first = top + 26;
    let pieces = run(drawn, end);
    let rows = first + ROW * i64::try_from(drawn.len()).unwrap_or(0);
    for (index, task) in drawn.iter().enumerate() {
        let y = first + ROW * i64::try_from(index).unwrap_or(0);
        let (budget, period) = (task.budget, task.period);
        let about = format!("{budget} of {period} µs, priority {}", task.priority);
        let name = task.name(model);
        svg.group(&format!("{name}: {about}"));
        svg.text(Letters::Small, Anchor::Start, (MARGIN, y + 15), name);
        svg.text(Letters::Small, Anchor::End, (left - 10, y + 15), &about);
        svg.rect("idle", (left, y + 4), (WIDTH, ROW - 8));
        for piece in pieces.iter().filter(|piece| piece.task == index) {
            let (from, to) = (x(piece.start), x(piece.end));
            svg.rect("bar", (from, y + 4), ((to - from).max(1), ROW - 8));
        }
        svg.end();
    }
    svg.stroke("axis", (left, rows + 4), (left + WIDTH, rows + 4));
    svg.text(Letters::Small, Anchor::Start, (left, rows + 18), "0");
    let last = format!("{end} µs");
    svg.text(Letters::Small, Anchor::End, (left + WIDTH, rows + 18), &last);
    if drawn.len() < tasks.len() {
        let rest = format!("{} threads of lower priority are left out", tasks.len() - drawn.len());
        svg.text(Letters::Small, Anchor::Start, (MARGIN, rows + 18), &rest);
    }
    rows + 44
}
