//! What user programs see of memory: words that somebody wrote. (abi.md §3)

use std::collections::BTreeMap;

use crate::cap::Address;

/// Words by their physical address. A word that nobody wrote since its memory was cleared is zero.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory(BTreeMap<Address, u64>);

impl Memory {
    /// The word at an address.
    #[must_use]
    pub fn read(&self, address: Address) -> u64 {
        self.0.get(&address).copied().unwrap_or(0)
    }

    /// Writes a word.
    pub fn write(&mut self, address: Address, word: u64) {
        self.0.insert(address, word);
    }

    /// All words that were written.
    pub fn words(&self) -> impl Iterator<Item = (Address, u64)> {
        self.0.iter().map(|(address, word)| (*address, *word))
    }

    /// Forgets what was in a range: its memory serves another purpose now.
    pub fn forget(&mut self, start: Address, bytes: u64) {
        let gone: Vec<Address> =
            self.0.range(start..start + bytes).map(|(address, _)| *address).collect();
        for address in gone {
            self.0.remove(&address);
        }
    }
}
