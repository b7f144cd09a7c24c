//! "Did you mean": the known name that is most like an unknown one.

/// The candidate that takes the fewest changes to become `word`, if those are few.
///
/// ```
/// use capdl::front::suggest::nearest;
///
/// assert_eq!(nearest("pripority", ["image", "priority"]), Some("priority"));
/// assert_eq!(nearest("x", ["image", "priority"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = 1 + word.chars().count() / 4;
    let near = candidates.into_iter().filter_map(|name| Some((changes(word, name, most)?, name)));
    near.min().map(|(_, name)| name)
}

/// How many letters have to be put in, left out, replaced or exchanged with their neighbours;
/// `None`: more than `most`.
fn changes(one: &str, other: &str, most: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (down, letter) in one.iter().enumerate() {
        let mut next = vec![down + 1];
        for (across, wanted) in other.iter().enumerate() {
            let replaced = row[across] + usize::from(letter != wanted);
            let mut best = replaced.min(row[across + 1] + 1).min(next[across] + 1);
            let is_turned =
                down > 0 && across > 0 && one[down - 1] == *wanted && other[across - 1] == *letter;
            if is_turned {
                best = best.min(before[across - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|count| *count <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_wins() {
        assert_eq!(nearest("blk_dam", ["blk_dma", "net_dma"]), Some("blk_dma"));
        assert_eq!(nearest("schde", ["sched", "shade"]), Some("sched"));
        assert_eq!(nearest("", ["prio"]), None);
        assert_eq!(nearest("fz", ["fs"]), Some("fs"));
        assert_eq!(nearest("uart", []), None);
    }
}
