//! What is there after a loss of power: all that was synced, and a file system that is whole.
//!
//! Everything that was done to the disk is done again to a copy of it, up to some moment; of what
//! came after the last flush before that, some is left out, as disks may. Then it is mounted again.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;
use std::process::Command;

use super::disk::{Deed, Platter};
use crate::files::volume::{New, Ownership, Volume};
use crate::machine::SECTOR;

const WHO: Ownership = Ownership { permissions: 0o644, owner: 0, group: 0 };
/// Operations, and moments at which the power fails.
const OPERATIONS: u64 = 400;
const FAILURES: u64 = 40;

/// Numbers that look random (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Files by their names, as they should be.
type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// What was synced: how much had been done to the disk then, and what nobody has touched since.
struct Synced {
    deeds: usize,
    files: Files,
}

struct Work {
    volume: Volume,
    root: u32,
    files: Files,
    dice: Dice,
}

impl Work {
    fn name(&mut self) -> Vec<u8> {
        format!("file-{}", self.dice.below(60)).into_bytes()
    }

    fn inode(&mut self, name: &[u8]) -> u32 {
        let names = self.volume.list(self.root).expect("a directory");
        names.into_iter().find(|listed| listed.name == name).expect("it is there").inode
    }

    /// Does something; answers which names that changed.
    fn step(&mut self) -> Vec<Vec<u8>> {
        let (name, other) = (self.name(), self.name());
        match self.dice.below(4) {
            0 | 1 => {
                self.append(&name);
                alloc::vec![name]
            }
            2 if self.files.contains_key(&name) => {
                let inode = self.inode(&name);
                self.volume.unlink(self.root, &name).expect("it is there");
                self.volume.reap(inode).expect("nobody has it open");
                self.files.remove(&name);
                alloc::vec![name]
            }
            3 if name != other && self.files.contains_key(&name) => {
                let replaced = self.files.contains_key(&other).then(|| self.inode(&other));
                let (from, to) = ((self.root, &name[..]), (self.root, &other[..]));
                self.volume.rename(from, to).expect("it is there");
                if let Some(inode) = replaced {
                    self.volume.reap(inode).expect("nobody has it open");
                }
                let content = self.files.remove(&name).expect("it is there");
                self.files.insert(other.clone(), content);
                alloc::vec![name, other]
            }
            _ => Vec::new(),
        }
    }

    fn append(&mut self, name: &[u8]) {
        let inode = match self.files.contains_key(name) {
            true => self.inode(name),
            false => self.volume.create(self.root, name, New::Regular, WHO).expect("room").inode,
        };
        let (length, letter) = (1 + self.dice.below(20_000), self.dice.below(256) as u8);
        let content = self.files.entry(name.to_vec()).or_default();
        let more = alloc::vec![letter; length as usize];
        self.volume.write(inode, content.len() as u64, &more).expect("room");
        content.extend(more);
    }
}

/// Works on an empty disk; answers what was synced when.
fn work(platter: &Platter, seed: u64) -> Vec<Synced> {
    let mut volume = Volume::mount(Box::new(platter.clone())).expect("a file system");
    let root = volume.root().expect("a root").inode;
    let mut work = Work { volume, root, files: Files::new(), dice: Dice(seed) };
    let mut synced: Vec<Synced> = Vec::new();
    for second in 0..OPERATIONS {
        work.volume.set_time(Duration::from_secs(1_000_000 + second));
        let changed = work.step();
        if let Some(last) = synced.last_mut() {
            // Old or new: both are good until the next time.
            changed.iter().for_each(|name| drop(last.files.remove(name)));
        }
        if work.dice.below(6) == 0 {
            work.volume.sync().expect("a disk that works");
            let deeds = platter.deeds.borrow().len();
            synced.push(Synced { deeds, files: work.files.clone() });
        }
    }
    synced
}

/// The disk when the power has failed after so many deeds. Of those behind the last flush, the dice
/// leave some out.
fn after(empty: &[u8], deeds: &[Deed], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = empty.to_vec();
    let flushed = deeds.iter().rposition(|deed| *deed == Deed::Flush).unwrap_or(0);
    for (index, deed) in deeds.iter().enumerate() {
        let Deed::Write(sector, content) = deed else { continue };
        if index < flushed || dice.below(2) == 0 {
            let start = (sector * SECTOR) as usize;
            bytes[start..start + content.len()].copy_from_slice(content);
        }
    }
    bytes
}

/// Compares what should be there. What changed after the last sync before the failure may be old or
/// new, and was taken out of the list before.
fn compare(bytes: Vec<u8>, files: &Files) -> Vec<u8> {
    let platter = Platter::of(bytes);
    let mut volume = Volume::mount(Box::new(platter.clone())).expect("it can be mounted");
    let root = volume.root().expect("a root").inode;
    let names = volume.list(root).expect("a directory");
    for (name, content) in files {
        let listed = names.iter().find(|listed| listed.name == *name);
        let inode = listed.unwrap_or_else(|| panic!("{name:?} was synced")).inode;
        let mut found = alloc::vec![0; content.len() + 1];
        let count = volume.read(inode, 0, &mut found).expect("it can be read");
        assert!(found[..count] == content[..], "{name:?} was synced with its content");
    }
    volume.sync().expect("a disk that works");
    platter.bytes.borrow().clone()
}

/// What the host's own tool says of a disk: `e2fsck` of e2fsprogs, which made the images too.
fn check(bytes: &[u8], moment: usize) {
    let file = std::env::temp_dir().join(format!("tessera-power-{}", std::process::id()));
    std::fs::write(&file, bytes).expect("room for a disk");
    // It may do again what the journal says, and nothing else.
    let preened = Command::new("e2fsck").arg("-p").arg(&file).output().expect("e2fsprogs");
    let status = preened.status.code().unwrap_or(-1);
    let again = Command::new("e2fsck").arg("-fn").arg(&file).output().expect("e2fsprogs");
    let text = std::string::String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(status <= 1 && again.status.success(), "after {moment}: {status} {text}");
    std::fs::remove_file(&file).expect("it was made here");
}

#[test]
fn nothing_that_was_synced_is_lost_with_the_power() {
    for seed in [1, 77] {
        let platter = Platter::formatted(32);
        let empty = platter.bytes.borrow().clone();
        let synced = work(&platter, seed);
        let deeds = platter.deeds.borrow();
        let mut dice = Dice(seed + 1);
        for _ in 0..FAILURES / 2 {
            let moment = dice.below(deeds.len() as u64) as usize;
            let bytes = after(&empty, &deeds[..moment], &mut dice);
            let last = synced.iter().rfind(|synced| synced.deeds <= moment);
            let nothing = Files::new();
            let bytes = compare(bytes, last.map_or(&nothing, |synced| &synced.files));
            check(&bytes, moment);
        }
    }
}
