//! Pages and tables in address spaces.

use abi::{Rights, VmAttributes};
use libsys::bootstrap::AddressSpace;
use libsys::initial;
use libsys::object::{Large, Page, PageTable};
use libsys::window::{MemoryKind, Window};

use super::REPETITIONS;
use super::stage::Stage;
use crate::machine::mark;
use crate::{Bench, Outcome};

/// An address in an empty address space, where a large page fits.
const ADDRESS: u64 = 1 << 30;

/// Measures pages of both sizes, and tables.
pub(crate) fn mappings(bench: &mut Bench) -> Outcome {
    pages(bench)?;
    large_pages(bench)?;
    tables(bench)
}

/// A page of 4 KiB in this address space, whose tables exist.
fn pages(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let page = stage.own.create::<Page>()?;
    let address = Window::map(&mut stage.own, page, MemoryKind::Ram)?.address();
    page.unmap()?;
    bench.announce(&["map a page", "protect a page", "unmap a page"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        page.map(initial::VSPACE, address, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
        mark::close();
        mark::open::<2>();
        page.map(initial::VSPACE, address, Rights::READ, VmAttributes::DEFAULT)?;
        mark::close();
        mark::open::<3>();
        page.unmap()?;
        mark::close();
    }
    stage.clear(bench)
}

/// A page of 2 MiB in another address space.
fn large_pages(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let space = AddressSpace::create(&mut stage.own)?;
    let page = stage.own.create::<Page<Large>>()?;
    space.map(&mut stage.own, page, ADDRESS, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    page.unmap()?;
    bench.announce(&["map a large page", "unmap a large page"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        page.map(space.vspace(), ADDRESS, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
        mark::close();
        mark::open::<2>();
        page.unmap()?;
        mark::close();
    }
    stage.clear(bench)
}

/// A table of the lowest level in another address space.
fn tables(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let space = AddressSpace::create(&mut stage.own)?.vspace();
    for _ in 0..2 {
        stage.own.create::<PageTable>()?.map(space, ADDRESS)?;
    }
    let table = stage.own.create::<PageTable>()?;
    bench.announce(&["map a page table", "unmap a page table"]);
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        table.map(space, ADDRESS)?;
        mark::close();
        mark::open::<2>();
        table.unmap()?;
        mark::close();
    }
    stage.clear(bench)
}
