//! Which fast paths the operations took, and why not, as the kernel counted it.
//!
//! An image with benchmark calls prints lines `fast path: COUNT ENTRY OUTCOME` after each
//! announced operation. They include what prepares the next one, above all its calls of kernel
//! objects.

/// What was counted for the operations that were announced together.
#[derive(Debug, PartialEq)]
pub(super) struct Paths {
    names: Vec<String>,
    /// How often, what entered the kernel, and what became of it.
    counts: Vec<(u64, String)>,
}

/// What the root task and the kernel printed.
pub(super) fn read(console: &str) -> Vec<Paths> {
    let mut all: Vec<Paths> = Vec::new();
    for line in console.lines() {
        if let Some((_, _, name)) = super::measured::announcement(line) {
            match all.last_mut() {
                Some(last) if last.counts.is_empty() => last.names.push(name.into()),
                _ => all.push(Paths { names: vec![name.into()], counts: Vec::new() }),
            }
        } else if let (Some(last), Some(count)) = (all.last_mut(), counted(line)) {
            last.counts.push(count);
        }
    }
    all
}

fn counted(line: &str) -> Option<(u64, String)> {
    let (count, rest) = line.trim().strip_prefix("fast path: ")?.split_once(' ')?;
    Some((count.parse().ok()?, rest.into()))
}

/// The operations whose names begin so, each with its counts.
pub(super) fn text(all: &[Paths], prefix: &str) -> String {
    let chosen = all.iter().filter(|paths| paths.names.iter().any(|n| n.starts_with(prefix)));
    let mut text = String::new();
    for paths in chosen {
        text += &format!("{}\n", paths.names.join(" | "));
        for (count, what) in &paths.counts {
            text += &format!("{count:>8}  {what}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONSOLE: &str = "\
bench: started
fast path: 9 Call missed: NotForSending
operation 1 1 call 0 words
operation 1 2 reply 0 words
fast path: 40 Call narrow
fast path: 40 ReplyRecv narrow
fast path: 7 interrupt missed: NoPath
operation 2 1 poll
bench: done
";

    #[test]
    fn counts_belong_to_the_operations_before_them() {
        let all = read(CONSOLE);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].names, ["call 0 words", "reply 0 words"]);
        assert_eq!(all[0].counts[1], (40, "ReplyRecv narrow".into()));
        assert!(all[1].counts.is_empty());
    }

    #[test]
    fn a_prefix_chooses() {
        let all = read(CONSOLE);
        let expected = "call 0 words | reply 0 words\n      40  Call narrow\n      40  \
                        ReplyRecv narrow\n       7  interrupt missed: NoPath\n";
        assert_eq!(text(&all, "reply"), expected);
        assert_eq!(text(&all, "po"), "poll\n");
        assert_eq!(text(&all, "what"), "");
    }
}
