//! Says hello, as any Linux program would, and how it was started.

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    println!("hello from {}, process {}", words.join(" "), std::process::id());
    match std::env::var("HOME") {
        Ok(home) => println!("at home in {home}"),
        Err(problem) => println!("homeless: {problem}"),
    }
    ExitCode::from(7)
}
