//! Requests to a disk, past the cache of the kernel.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::time::{Duration, Instant};

use crate::machine::buffer::Buffer;
use crate::machine::requests::{Queue, Request};
use work::block::{Block, DEEP, RESTART, WAKING, WORKS};

const DEVICE: &str = "/dev/vda";
/// Where the kernel lets drivers of a kind go, and takes them back.
const DRIVER: &str = "/sys/bus/virtio/drivers/virtio_blk";
/// A disk that has not come back by then will not.
const PATIENCE: Duration = Duration::from_secs(5);

/// Does all works.
pub(crate) fn measure() -> io::Result<()> {
    let disk = open()?;
    for block in &WORKS {
        println!("{}", block.work);
        match block.depth {
            1 => one_by_one(&disk, block)?,
            _ => many(&disk, block)?,
        }
    }
    println!("{}", WAKING.work);
    one_by_one(&disk, &WAKING)?;
    // The name of a disk that is open is not given to another.
    drop(disk);
    println!("{}", RESTART.work);
    let mut buffer = Buffer::new(RESTART.work.bytes as usize)?;
    let device = device()?;
    RESTART.work.measure(|| {
        std::fs::write(format!("{DRIVER}/unbind"), &device)?;
        std::fs::write(format!("{DRIVER}/bind"), &device)?;
        open()?.read_exact_at(buffer.bytes(), 0)
    })
}

fn open() -> io::Result<File> {
    let begun = Instant::now();
    loop {
        let mut options = File::options();
        options.read(true).write(true).custom_flags(libc::O_DIRECT);
        match options.open(DEVICE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && begun.elapsed() < PATIENCE => {
            }
            other => return other,
        }
    }
}

/// The name under which the driver knows the disk.
fn device() -> io::Result<String> {
    let names = std::fs::read_dir(DRIVER)?.flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find(|name| name.starts_with("virtio")).ok_or(io::ErrorKind::NotFound.into())
}

fn one_by_one(disk: &File, block: &Block) -> io::Result<()> {
    let mut buffer = Buffer::new(block.work.bytes as usize)?;
    let mut number = 0;
    block.work.measure(|| {
        for _ in 0..block.work.requests {
            let place = block.place(number);
            number += 1;
            match block.writes {
                true => disk.write_all_at(buffer.bytes(), place)?,
                false => disk.read_exact_at(buffer.bytes(), place)?,
            }
        }
        Ok(())
    })
}

/// Keeps as many requests in flight as the work says.
fn many(disk: &File, block: &Block) -> io::Result<()> {
    let bytes = block.work.bytes as usize;
    let mut buffer = Buffer::new(bytes * block.depth)?;
    let mut queue = Queue::new(disk, &mut buffer, bytes)?;
    let mut number = 0;
    block.work.measure(|| {
        let mut next = |place| {
            number += 1;
            Request { place, writes: block.writes, offset: block.place(number) }
        };
        let mut left = block.work.requests as usize - block.depth;
        let mut under_way = block.depth;
        let mut batch: Vec<Request> = (0..block.depth).map(&mut next).collect();
        while under_way > 0 {
            queue.submit(&batch)?;
            let done = queue.wait()?;
            under_way -= done.len();
            let more = done.len().min(left);
            batch.clear();
            batch.extend(done[..more].iter().map(|place| next(*place)));
            (left, under_way) = (left - more, under_way + more);
        }
        Ok(())
    })
}

const _: () = assert!(DEEP <= crate::machine::requests::MOST, "so many fit into a queue");
