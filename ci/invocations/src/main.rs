//! Plays games on several threads:
//! `invocations [--seed S] [--runs N] [--seconds T] [--hours H] [--workers W]`.

use std::process::ExitCode;
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use invocations::campaign::{self, Campaign, Found};
use invocations::game::Figures;

/// Time between two lines about progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// What the command line asks for.
struct Options {
    seed: u64,
    /// Games of each worker.
    runs: u64,
    time: Duration,
    workers: usize,
}

/// What a worker says.
enum Word {
    /// How far it is, and how many inputs it keeps.
    Progress(usize, Figures, usize),
    /// It is done.
    End(usize, Found),
}

fn main() -> ExitCode {
    match options(std::env::args().skip(1)) {
        Ok(options) => run(&options),
        Err(problem) => {
            eprintln!("invocations: {problem}");
            ExitCode::from(2)
        }
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seed: 1, runs: u64::MAX, time: Duration::MAX, workers: 1 };
    while let Some(word) = words.next() {
        let value = words.next().and_then(|value| value.parse::<u64>().ok());
        let value = value.ok_or_else(|| format!("{word} needs a number"))?;
        match word.as_str() {
            "--seed" => options.seed = value,
            "--runs" => options.runs = value,
            "--seconds" => options.time = Duration::from_secs(value),
            "--hours" => options.time = Duration::from_secs(3600 * value),
            "--workers" => options.workers = usize::try_from(value.max(1)).unwrap_or(1),
            _ => return Err(format!("unknown option {word}")),
        }
    }
    Ok(options)
}

/// One worker's games: each has its own seed.
fn work(options: &Options, number: usize, words: &Sender<Word>) {
    let seed = options.seed.wrapping_add((number as u64) << 32);
    let campaign = Campaign { seed, runs: options.runs, time: options.time };
    let found = campaign::run(&campaign, &[], &|figures, corpus| {
        // The one who listens is gone only if the program ends.
        let _ = words.send(Word::Progress(number, figures.clone(), corpus));
    });
    let _ = words.send(Word::End(number, found));
}

fn run(options: &Options) -> ExitCode {
    let (sender, words) = mpsc::channel();
    let start = Instant::now();
    let mut last: Vec<(Figures, usize)> = vec![Default::default(); options.workers];
    std::thread::scope(|scope| {
        for number in 0..options.workers {
            let sender = sender.clone();
            scope.spawn(move || work(options, number, &sender));
        }
        drop(sender);
        let mut told = Instant::now();
        for word in words {
            match word {
                Word::Progress(number, figures, corpus) => last[number] = (figures, corpus),
                Word::End(number, Found::Nothing { figures, corpus }) => {
                    last[number] = (figures, corpus.len());
                }
                Word::End(_, Found::Something { report, input, figures }) => {
                    println!("{report}\nan input of {} bytes, seed {}", input.len(), options.seed);
                    println!("found after {} games, {} steps", figures.games, figures.steps);
                    // The others need not go on.
                    std::process::exit(1);
                }
            }
            if told.elapsed() > PROGRESS {
                told = Instant::now();
                eprintln!("{}", line(&last, start.elapsed()));
            }
        }
    });
    println!("{}", line(&last, start.elapsed()));
    ExitCode::SUCCESS
}

/// Time that the program has spent on processors, in seconds; the wall's if nobody says it.
fn processor_time(elapsed: Duration) -> f64 {
    // Linux, proc(5): fields 14 and 15, in hundredths of a second; the name in field 2 may have
    // blanks and ends with the last parenthesis.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|f| f.parse().ok()).collect();
    if ticks.len() == 2 { ticks.iter().sum::<f64>() / 100.0 } else { elapsed.as_secs_f64() }
}

/// How far all are.
fn line(all: &[(Figures, usize)], elapsed: Duration) -> String {
    let mut sum = Figures::default();
    all.iter().for_each(|(figures, _)| sum.add(figures));
    let corpus: usize = all.iter().map(|(_, corpus)| corpus).sum();
    let steps = sum.steps as f64;
    format!(
        "{} games, {} steps, {:.0} per second and {:.0} per second of a processor, {:.1} % did \
         what they asked for; {} behaviours, corpus of {corpus}",
        sum.games,
        sum.steps,
        steps / elapsed.as_secs_f64().max(1e-9),
        steps / processor_time(elapsed).max(1e-9),
        100.0 * sum.success(),
        sum.behaviours.len(),
    )
}
