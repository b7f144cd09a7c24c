//! Draws random bytes again and again, and looks whether the last ones are.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::service::entropy::Entropy;

/// How many. All bounds below are five standard deviations for so many, but for the last.
const BYTES: usize = 4096;
const BITS: u64 = 8 * BYTES as u64;

#[libsys::main]
fn main(component: Component) -> Result<(), Missing<'static>> {
    let name = component.name();
    let source = Entropy::new(component.endpoint("rng")?);
    let times = component.arguments().next().and_then(|word| word.parse().ok()).unwrap_or(1_u32);
    let mut bytes = [0_u8; BYTES];
    for _ in 0..times {
        bytes.fill(0);
        if let Err(error) = source.fill(&mut bytes) {
            println!("{name}: {error}");
            return Ok(());
        }
    }
    println!("{name}: {BYTES} bytes, {times} times");
    let ones: u64 = bytes.iter().map(|byte| u64::from(byte.count_ones())).sum();
    println!("{name}: ones among the bits as often as zeros: {}", is_half(ones, BITS));
    println!("{name}: values of bytes as often as each other: {}", are_even(&bytes));
    let alike: u64 = bytes.windows(2).map(alike).sum();
    let neighbours = 8 * (BYTES as u64 - 1);
    println!("{name}: bits like their neighbours as often as not: {}", is_half(alike, neighbours));
    println!("{name}: no 16 bytes came twice: {}", !has_repetition(&bytes));
    Ok(())
}

/// Whether `found` of `all` is half, within five standard deviations (of half the root of `all`).
fn is_half(found: u64, all: u64) -> bool {
    let distance = (2 * found).abs_diff(all);
    distance * distance <= 25 * all
}

/// Bits of a byte that are the same in the next one.
fn alike(pair: &[u8]) -> u64 {
    u64::from((!(pair[0] ^ pair[1])).count_ones())
}

/// Pearson's test with 255 degrees of freedom: mean 255, standard deviation 22.6.
fn are_even(bytes: &[u8]) -> bool {
    let mut counts = [0_u64; 256];
    bytes.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let expected = (bytes.len() / counts.len()) as u64;
    let sum: u64 = counts.iter().map(|count| count.abs_diff(expected).pow(2)).sum();
    let statistic = sum / expected;
    (255 - 5 * 23..=255 + 5 * 23).contains(&statistic)
}

/// Whether a block of 16 bytes is also another one.
fn has_repetition(bytes: &[u8]) -> bool {
    let blocks = bytes.as_chunks::<16>().0;
    let again = |(place, block): (usize, &[u8; 16])| blocks[..place].contains(block);
    blocks.iter().enumerate().any(again)
}
