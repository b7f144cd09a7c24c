//! What clients call: their own regions, and the console.

use core::ops::Range;

use libsys::pager::{Protection, Purpose, Refusal, Usage, regions};
use libsys::server::{Buffer, Operation, Outgoing, Request, Text};
use libsys::service::terminal::interface::Print;
use libsys::{Badge, console};

use super::client::ClientId;
use super::region::{Backing, Region};
use super::service::Service;

/// One call of one client.
pub(super) struct Calls<'a> {
    pub(super) service: &'a Service,
    pub(super) client: ClientId,
}

impl Calls<'_> {
    /// Performs it.
    pub(super) fn answer<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        match request.message.info.label() {
            Print::LABEL => console::perform(request, buffer),
            _ => regions::Server::perform(self, request, buffer),
        }
    }
}

/// Page numbers of a range of bytes.
fn pages(address: u64, bytes: u64) -> Result<Range<u64>, Refusal> {
    const PAGE: u64 = 1 << abi::PAGE_BITS;
    let end = address.checked_add(bytes).ok_or(Refusal::Addresses)?;
    if bytes == 0 || !address.is_multiple_of(PAGE) || !bytes.is_multiple_of(PAGE) {
        return Err(Refusal::Alignment);
    }
    Ok(address / PAGE..end / PAGE)
}

/// The address of the first page.
fn address(pages: &Range<u64>) -> u64 {
    pages.start << abi::PAGE_BITS
}

impl regions::Server for Calls<'_> {
    fn allocate(&mut self, _: Badge, bytes: u64, purpose: Purpose) -> Result<u64, Refusal> {
        let Range { start, end } = pages(0, bytes)?;
        let place = self.service.pager.lock().allocate(self.client, end - start, purpose)?;
        Ok(address(&place))
    }

    fn map(
        &mut self,
        _: Badge,
        file: Text<32>,
        first: u64,
        bytes: u64,
        protection: Protection,
    ) -> Result<u64, Refusal> {
        let count = pages(0, bytes)?.end;
        // No region reaches beyond the end of numbers.
        first.checked_add(count).ok_or(Refusal::Addresses)?;
        let object = *self.service.files.lock().get(&*file).ok_or(Refusal::File)?;
        let mut pager = self.service.pager.lock();
        let place = pager.place(self.client, count)?;
        let backing = match protection {
            Protection::ReadWrite => Backing::Private(object, first),
            _ => Backing::Shared(object, first),
        };
        let region = Region::of(backing, place.clone(), Purpose::File, protection);
        pager.add_region(self.client, region)?;
        Ok(address(&place))
    }

    fn duplicate(&mut self, _: Badge, start: u64, bytes: u64) -> Result<u64, Refusal> {
        let pages = pages(start, bytes)?;
        Ok(address(&self.service.pager.lock().duplicate(self.client, pages)?))
    }

    fn protect(
        &mut self,
        _: Badge,
        start: u64,
        bytes: u64,
        protection: Protection,
    ) -> Result<(), Refusal> {
        let pages = pages(start, bytes)?;
        self.service.pager.lock().protect(self.client, pages, protection)
    }

    fn unmap(&mut self, _: Badge, start: u64, bytes: u64) -> Result<(), Refusal> {
        let pages = pages(start, bytes)?;
        self.service.pager.lock().unmap(self.client, pages)
    }

    fn usage(&mut self, _: Badge) -> Result<Usage, Refusal> {
        self.service.pager.lock().usage(self.client).ok_or(Refusal::Stranger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_whole_pages() {
        assert_eq!(pages(0x3000, 0x2000), Ok(3..5));
        assert_eq!(pages(0x3001, 0x1000), Err(Refusal::Alignment));
        assert_eq!(pages(0x3000, 0), Err(Refusal::Alignment));
        assert_eq!(pages(u64::MAX - 0xfff, 0x1000), Err(Refusal::Addresses));
    }
}
