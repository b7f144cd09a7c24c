//! Making an input that breaks a target as small and as plain as possible.

/// What bytes are tried to be replaced by.
const PLAIN: [u8; 2] = [b'0', 0];

/// Shrinks `input` as long as `breaks` says yes and the `budget` of questions lasts.
///
/// First parts are left out, half of the whole down to single bytes, then bytes become zeroes.
pub fn shrink(input: &[u8], mut budget: usize, mut breaks: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut ask = |candidate: &[u8]| {
        budget = budget.saturating_sub(1);
        budget > 0 && breaks(candidate)
    };
    let mut best = input.to_vec();
    loop {
        let before = best.len();
        let mut part = best.len().div_ceil(2);
        while part > 0 {
            leave_out(&mut best, part, &mut ask);
            part /= 2;
        }
        if best.len() == before {
            break;
        }
    }
    simplify(&mut best, &mut ask);
    best
}

/// Leaves out parts of one length, wherever that is possible.
fn leave_out(best: &mut Vec<u8>, part: usize, ask: &mut impl FnMut(&[u8]) -> bool) {
    let mut at = 0;
    while at < best.len() {
        let mut candidate = best.clone();
        candidate.drain(at..(at + part).min(best.len()));
        if ask(&candidate) {
            *best = candidate;
        } else {
            at += part;
        }
    }
}

/// Replaces bytes by plain ones, wherever that is possible.
fn simplify(best: &mut [u8], ask: &mut impl FnMut(&[u8]) -> bool) {
    for at in 0..best.len() {
        for plain in PLAIN {
            let old = std::mem::replace(&mut best[at], plain);
            if old == plain || ask(best) {
                break;
            }
            best[at] = old;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters_is_left() {
        let input = b"some long text with boom and a 7 behind it, and more".as_slice();
        let breaks = |bytes: &[u8]| {
            bytes.windows(4).any(|part| part == b"boom") && bytes.last().is_some_and(|b| *b > 9)
        };
        assert_eq!(shrink(input, 10_000, breaks), b"boom");
        let pair = |bytes: &[u8]| bytes.starts_with(b"s") && bytes.len() > 2;
        assert_eq!(shrink(input, 10_000, pair), b"s00");
    }

    #[test]
    fn the_budget_is_kept() {
        let mut asked = 0;
        let result = shrink(&[1; 100], 20, |_| {
            asked += 1;
            false
        });
        assert_eq!((result.len(), asked), (100, 19));
    }
}
