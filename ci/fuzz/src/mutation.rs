//! New inputs from old ones.

use crate::random::Random;

/// Longest input.
const LONGEST: usize = 1 << 16;
/// Most changes of one input.
const CHANGES: usize = 6;
/// One input in so many has nothing to do with the corpus.
const FRESH: usize = 16;
/// Numbers at which things change.
const NUMBERS: [u64; 12] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 63, u64::MAX - 1, !0];

/// Where inputs come from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The inputs to begin with. They are the first ones.
    pub corpus: &'a [Vec<u8>],
    /// What may be inserted anywhere.
    pub words: &'a [&'a [u8]],
    /// Other numbers give other inputs.
    pub seed: u64,
}

impl Inputs<'_> {
    /// The input of an execution; it depends on nothing else.
    #[must_use]
    pub fn input(&self, execution: u64) -> Vec<u8> {
        let known = usize::try_from(execution).ok().and_then(|index| self.corpus.get(index));
        if let Some(bytes) = known {
            return bytes.clone();
        }
        let random = &mut Random::new(self.seed, execution);
        if random.below(FRESH) == 0 {
            return self.fresh(random);
        }
        let mut bytes = random.pick(self.corpus).cloned().unwrap_or_default();
        for _ in 0..=random.below(CHANGES) {
            self.change(&mut bytes, random);
        }
        bytes.truncate(LONGEST);
        bytes
    }

    /// Words and noise.
    fn fresh(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..random.length(64) {
            match random.pick(self.words) {
                Some(word) if random.below(4) > 0 => bytes.extend_from_slice(word),
                _ => bytes.push(random.next() as u8),
            }
        }
        bytes
    }

    /// One change.
    fn change(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(bytes.len() + 1);
        let end = at + random.length(bytes.len() - at);
        match random.below(9) {
            0 => flip(bytes, at, random),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => repeat(bytes, at, end, random),
            4 => self.splice(bytes, at, end, random),
            5 => overwrite(bytes, at, &number(random)),
            6 => overwrite_decimal(bytes, at, random),
            7 => insert_word(bytes, at, self.words, random),
            _ => replace(bytes, at, random.next() as u8),
        }
    }

    /// Replaces a part by a part of another input.
    fn splice(&self, bytes: &mut Vec<u8>, at: usize, end: usize, random: &mut Random) {
        let Some(other) = random.pick(self.corpus) else { return };
        let from = random.below(other.len() + 1);
        let to = from + random.length(other.len() - from);
        bytes.splice(at..end, other[from..to].iter().copied());
    }
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn replace(bytes: &mut [u8], at: usize, new: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new;
    }
}

/// Writes a part once more, a few times or very often.
fn repeat(bytes: &mut Vec<u8>, at: usize, end: usize, random: &mut Random) {
    let part = bytes[at..end].to_vec();
    let most = LONGEST / part.len().max(1);
    let copies = part.repeat(random.length(most.min(1 << 12)));
    bytes.splice(end..end, copies);
}

/// A number with a meaning, of one to eight bytes in either order.
fn number(random: &mut Random) -> Vec<u8> {
    let width = 1 << random.below(4);
    let value = random.pick(&NUMBERS).copied().unwrap_or_default();
    let little = value.wrapping_add(random.below(3) as u64).wrapping_sub(1).to_le_bytes();
    let mut bytes = little[..width].to_vec();
    if random.below(2) == 0 {
        bytes.reverse();
    }
    bytes
}

fn overwrite(bytes: &mut [u8], at: usize, new: &[u8]) {
    let free = bytes.len() - at;
    let new = &new[..new.len().min(free)];
    bytes[at..at + new.len()].copy_from_slice(new);
}

/// Replaces the digits at or behind a place by other digits.
fn overwrite_decimal(bytes: &mut Vec<u8>, at: usize, random: &mut Random) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit) else { return };
    let start = at + start;
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = random.pick(&NUMBERS).copied().unwrap_or_default();
    bytes.splice(start..start + digits, value.to_string().into_bytes());
}

fn insert_word(bytes: &mut Vec<u8>, at: usize, words: &[&[u8]], random: &mut Random) {
    if let Some(word) = random.pick(words) {
        bytes.splice(at..at, word.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn inputs_begin_with_the_corpus_and_repeat() {
        let corpus = [b"one 1".to_vec(), b"two 22".to_vec()];
        let inputs = Inputs { corpus: &corpus, words: &[b"three"], seed: 7 };
        assert_eq!([inputs.input(0), inputs.input(1)], corpus);
        for execution in 0..500 {
            assert_eq!(inputs.input(execution), inputs.input(execution));
        }
    }

    #[test]
    fn inputs_differ_and_stay_short() {
        let corpus = [b"a corpus of one input 1234 with numbers 5".to_vec()];
        let inputs = Inputs { corpus: &corpus, words: &[b"word"], seed: 1 };
        let all: HashSet<Vec<u8>> = (0..2000).map(|execution| inputs.input(execution)).collect();
        assert!(all.len() > 1500, "only {} different ones", all.len());
        assert!(all.iter().all(|input| input.len() <= LONGEST));
        assert!(all.iter().any(|input| input.windows(4).any(|part| part == b"word")));
    }

    #[test]
    fn no_corpus_is_needed() {
        let inputs = Inputs { corpus: &[], words: &[], seed: 1 };
        let all: HashSet<Vec<u8>> = (0..2000).map(|execution| inputs.input(execution)).collect();
        assert!(all.len() > 50, "only {} different ones", all.len());
    }
}
