//! What generated files say.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::system::RELEASE;
use crate::abi::errno::Errno;
use crate::files::Generated;
use crate::files::mounts::Mount;
use crate::linux::Linux;
use crate::machine::{Machine, PAGE, ThreadId};
use crate::memory::Backing;

impl<M: Machine> Linux<M> {
    /// The text of a file for who opens it.
    pub(super) fn generate(&mut self, me: ThreadId, what: Generated) -> Result<Vec<u8>, Errno> {
        let text = match what {
            Generated::Unimplemented => self.unimplemented_text(),
            Generated::Memory => {
                let (free, total) = self.frames.machine.frames();
                let kilobytes = |pages: u64| pages * PAGE / 1024;
                let (free, total) = (kilobytes(free), kilobytes(total));
                format!(
                    "MemTotal:       {total:8} kB\nMemFree:        {free:8} kB\n\
                     MemAvailable:   {free:8} kB\n"
                )
            }
            Generated::Mounts => self.mounts_text(),
            Generated::MountInfo => self.mount_info(),
            Generated::FileSystems => "nodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tproc\n\text4\n".into(),
            Generated::Uptime => {
                let now = self.now();
                let hundredths = now.subsec_millis() / 10;
                format!("{}.{hundredths:02} 0.00\n", now.as_secs())
            }
            Generated::Version => {
                format!("Linux version {} #1 Tessera\n", String::from_utf8_lossy(RELEASE))
            }
            Generated::Maps => self.maps_text(me)?,
        };
        Ok(text.into_bytes())
    }

    /// Lines as in fstab(5).
    fn mounts_text(&self) -> String {
        let line = |mount: &Mount| {
            let path = String::from_utf8_lossy(&mount.path);
            format!("{} {path} {} rw 0 0\n", mount.system.source(), mount.system.kind())
        };
        self.mounts.iter().map(line).collect()
    }

    /// Lines as proc(5) describes them, section "/proc/PID/mountinfo".
    fn mount_info(&self) -> String {
        const FIRST: usize = 20;
        let line = |(number, mount): (usize, &Mount)| {
            let (path, system) = (String::from_utf8_lossy(&mount.path), &mount.system);
            let (number, parent) = (FIRST + number, if number == 0 { 1 } else { FIRST });
            let device = system.device();
            let (major, minor) = (device >> 8, device & 0xff);
            let (kind, source) = (system.kind(), system.source());
            format!("{number} {parent} {major}:{minor} / {path} rw - {kind} {source} rw\n")
        };
        self.mounts.iter().enumerate().map(line).collect()
    }

    /// Lines of number and count.
    fn unimplemented_text(&self) -> String {
        let lines = self.unimplemented.iter().map(|(number, count)| format!("{number} {count}\n"));
        lines.collect()
    }

    fn maps_text(&mut self, me: ThreadId) -> Result<String, Errno> {
        let (space, _) = self.space(me)?;
        let heap = space.heap.clone();
        let mut text = String::new();
        for (range, area) in space.areas() {
            let flag = |set, letter| if set { letter } else { '-' };
            let protection = area.protection;
            let name = match &area.backing {
                _ if area.grows_down => "[stack]",
                Backing::Anonymous if range.start == heap.start => "[heap]",
                _ => "",
            };
            let line = format!(
                "{:08x}-{:08x} {}{}{}{} 00000000 00:00 0 {name}\n",
                range.start,
                range.end,
                flag(protection.read, 'r'),
                flag(protection.write, 'w'),
                flag(protection.execute, 'x'),
                if area.is_shared { 's' } else { 'p' },
            );
            text.push_str(&line);
        }
        Ok(text)
    }
}
