//! Who executed how many instructions in a window.
//!
//! The plugin tells the pages of user level apart by their addresses and by hashes of their
//! contents; the same hashes of the pages of a program say whose they are. All else at user level
//! is the initial task's.

use std::collections::HashMap;

use crate::process::Fallible;
use program::elf::Elf;

/// Bytes of a page.
const PAGE: usize = 4096;

/// Whose instructions are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// The kernel's.
    Kernel,
    /// Those of a driver that is a program.
    Driver,
    /// Those of whoever uses it.
    Client,
    /// Those of the initial task, which starts drivers again.
    Supervisor,
}

impl Who {
    /// All of them; their numbers are places in [`Window`].
    pub(super) const ALL: [Self; 4] = [Self::Kernel, Self::Driver, Self::Client, Self::Supervisor];
}

/// Who has which pages of code.
#[derive(Debug)]
pub(super) struct Owners {
    pages: HashMap<(u64, u64), Who>,
    /// Who has all others.
    otherwise: Who,
}

impl Owners {
    /// Nobody is known: all pages are of this one.
    pub(super) fn all(otherwise: Who) -> Self {
        Self { pages: HashMap::new(), otherwise }
    }

    /// The pages of a program.
    pub(super) fn add(&mut self, who: Who, program: &[u8]) -> Fallible<()> {
        for code in Elf::new(program)?.code()? {
            let skipped = code.address as usize % PAGE;
            let mut bytes = vec![0; skipped];
            bytes.extend(code.bytes);
            bytes.resize(bytes.len().next_multiple_of(PAGE), 0);
            let addresses = (code.address - skipped as u64..).step_by(PAGE);
            for (address, page) in addresses.zip(bytes.chunks_exact(PAGE)) {
                self.pages.insert((address, hash(page)), who);
            }
        }
        Ok(())
    }

    fn of(&self, address: u64, hash: u64) -> Who {
        self.pages.get(&(address, hash)).copied().unwrap_or(self.otherwise)
    }
}

/// FNV-1a (Fowler, Noll, Vo).
fn hash(bytes: &[u8]) -> u64 {
    let basis = 0xcbf2_9ce4_8422_2325;
    bytes.iter().fold(basis, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// One window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// The number of its work.
    pub(super) operation: u64,
    /// Whether only what followed the core's last sleep counts.
    pub(super) is_after_sleep: bool,
    /// By the development machine's clock.
    pub(super) nanoseconds: u64,
    /// Returns from the kernel.
    pub(super) entries: u64,
    /// How often the core slept.
    pub(super) sleeps: u64,
    /// In the order of [`Who::ALL`].
    instructions: [u64; 4],
}

impl Window {
    /// Instructions of one of them.
    pub(super) fn of(&self, who: Who) -> u64 {
        self.instructions[who as usize]
    }

    /// All instructions.
    pub(super) fn sum(&self) -> u64 {
        self.instructions.iter().sum()
    }
}

/// The windows that the plugin wrote down.
pub(super) fn windows(log: &str, owners: &Owners) -> Fallible<Vec<Window>> {
    let mut pages = HashMap::new();
    let mut windows = Vec::new();
    for line in log.lines() {
        let wrong = || format!("the plugin wrote `{line}`");
        let (kind, rest) = line.split_once(' ').ok_or_else(wrong)?;
        match kind {
            "page" => {
                let (number, who) = page(rest, owners).ok_or_else(wrong)?;
                pages.insert(number, who);
            }
            _ => windows.push(window(rest, &pages, owners.otherwise).ok_or_else(wrong)?),
        }
    }
    Ok(windows)
}

/// `NUMBER ADDRESS HASH`
fn page(text: &str, owners: &Owners) -> Option<(u64, Who)> {
    let mut words = text.split(' ');
    let number = words.next()?.parse().ok()?;
    let mut next = || u64::from_str_radix(words.next()?, 16).ok();
    let (address, hash) = (next()?, next()?);
    Some((number, owners.of(address, hash)))
}

/// `OPERATION LANE nanoseconds N kernel K entries E sleeps S pages NUMBER:COUNT ...`
fn window(text: &str, pages: &HashMap<u64, Who>, otherwise: Who) -> Option<Window> {
    let mut words = text.split_whitespace();
    let mut number = || words.next()?.parse::<u64>().ok();
    let (operation, lane) = (number()?, number()?);
    let mut named = |name| (words.next() == Some(name)).then(|| words.next()?.parse().ok())?;
    let [nanoseconds, kernel, entries, sleeps]: [Option<u64>; 4] =
        ["nanoseconds", "kernel", "entries", "sleeps"].map(&mut named);
    let mut window = Window {
        operation,
        is_after_sleep: lane == 2,
        nanoseconds: nanoseconds?,
        entries: entries?,
        sleeps: sleeps?,
        ..Window::default()
    };
    window.instructions[Who::Kernel as usize] = kernel?;
    for word in words.skip(1) {
        let (page, count) = word.split_once(':')?;
        let who = pages.get(&page.parse().ok()?).copied().unwrap_or(otherwise);
        window.instructions[who as usize] += count.parse::<u64>().ok()?;
    }
    Some(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use program::samples;

    #[test]
    fn pages_are_known_by_address_and_content() {
        let code = [0xd503_201f; 1500];
        let functions = [("f", 0x20_0000, 6000)];
        let program = samples::with_functions(0x20_0000, &code, &functions);
        let mut owners = Owners::all(Who::Supervisor);
        owners.add(Who::Driver, &program).expect("a good file");
        assert_eq!(owners.pages.len(), 2);
        let bytes: Vec<u8> = code.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
        let full = hash(&bytes[..PAGE]);
        assert_eq!(owners.of(0x20_0000, full), Who::Driver);
        assert_eq!(owners.of(0x20_1000, full), Who::Supervisor, "elsewhere");
        let mut rest = bytes[PAGE..].to_vec();
        rest.resize(PAGE, 0);
        assert_eq!(owners.of(0x20_1000, hash(&rest)), Who::Driver);
    }

    #[test]
    fn windows_are_split() {
        let mut owners = Owners::all(Who::Supervisor);
        owners.pages = [((0x1000, 0xab), Who::Driver), ((0x1000, 0xac), Who::Client)].into();
        let log = "page 1 1000 00ab\npage 2 1000 00ac\npage 3 2000 00ab\n\
            sample 7 2 nanoseconds 9 kernel 100 entries 3 sleeps 1 pages 1:5 2:6 3:7 4:8\n";
        let windows = windows(log, &owners).expect("good");
        let [window] = &windows[..] else { panic!("one window") };
        assert_eq!(Who::ALL.map(|who| window.of(who)), [100, 5, 6, 15]);
        assert_eq!((window.operation, window.is_after_sleep, window.sum()), (7, true, 126));
        assert_eq!((window.nanoseconds, window.entries, window.sleeps), (9, 3, 1));
        assert!(super::windows("sample 1 1 kernel 5\n", &owners).is_err());
        assert!(super::windows("page 1\n", &owners).is_err());
    }
}
