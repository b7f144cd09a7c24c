//! Packets of a card, past all protocols of the kernel (`packet(7)`), many with one call.

use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::null_mut;

use super::checked;
use work::packet::{Address, BATCH, MOST, Packet};

/// All protocols, as the network orders the bytes.
const ALL: u16 = (libc::ETH_P_ALL as u16).to_be();

/// A card.
#[derive(Debug)]
pub(crate) struct Card {
    socket: OwnedFd,
    address: Address,
}

/// Room for packets that come.
#[derive(Debug)]
pub(crate) struct Batch {
    packets: [[u8; MOST]; BATCH],
    lengths: [usize; BATCH],
}

impl Batch {
    /// Empty.
    pub(crate) const fn new() -> Self {
        Self { packets: [[0; MOST]; BATCH], lengths: [0; BATCH] }
    }
}

impl Card {
    /// The card of this name, switched on.
    pub(crate) fn open(name: &str) -> io::Result<Self> {
        // SAFETY: the call changes no memory; what it answers is a file that nobody else closes.
        let socket = unsafe {
            let socket = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, ALL.into());
            OwnedFd::from_raw_fd(checked(socket.into())? as i32)
        };
        // SAFETY: a structure of numbers, all of which may be zero.
        let mut request: libc::ifreq = unsafe { zeroed() };
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from as libc::c_char;
        }
        let file = socket.as_raw_fd();
        let mut control = |what: libc::c_ulong| -> io::Result<libc::ifreq> {
            // SAFETY: these requests read and write the structure, which names the card.
            checked(unsafe { libc::ioctl(file, what as _, &raw mut request) }.into())?;
            Ok(request)
        };
        let hardware = control(libc::SIOCGIFHWADDR as _)?;
        // SAFETY: the fields that these requests have filled in.
        let (address, index) = unsafe {
            let bytes = hardware.ifr_ifru.ifru_hwaddr.sa_data;
            let address = std::array::from_fn(|place| bytes[place]);
            (address, control(libc::SIOCGIFINDEX as _)?.ifr_ifru.ifru_ifindex)
        };
        request.ifr_ifru.ifru_flags = libc::IFF_UP as i16;
        // SAFETY: as above.
        checked(unsafe { libc::ioctl(file, libc::SIOCSIFFLAGS as _, &raw mut request) }.into())?;
        let card = Self { socket, address };
        card.leave_out_own()?;
        card.bind(index)?;
        Ok(card)
    }

    /// What is sent here is no packet that comes.
    fn leave_out_own(&self) -> io::Result<()> {
        let (yes, bytes): (libc::c_int, _) = (1, size_of::<libc::c_int>() as u32);
        let option = libc::PACKET_IGNORE_OUTGOING;
        // SAFETY: the call reads as many bytes as it is told.
        let answer = unsafe {
            let yes = (&raw const yes).cast();
            libc::setsockopt(self.socket.as_raw_fd(), libc::SOL_PACKET, option, yes, bytes)
        };
        checked(answer.into()).map(drop)
    }

    /// Of this card alone, and of no others.
    fn bind(&self, index: i32) -> io::Result<()> {
        // SAFETY: a structure of numbers; the call reads as many bytes as it is told.
        let answer = unsafe {
            let mut name: libc::sockaddr_ll = zeroed();
            name.sll_family = libc::AF_PACKET as u16;
            name.sll_protocol = ALL;
            name.sll_ifindex = index;
            let bytes = size_of::<libc::sockaddr_ll>() as u32;
            libc::bind(self.socket.as_raw_fd(), (&raw const name).cast(), bytes)
        };
        checked(answer.into()).map(drop)
    }

    /// Its address.
    pub(crate) const fn address(&self) -> Address {
        self.address
    }

    /// Sends a packet so many times.
    pub(crate) fn send(&self, packet: &Packet, times: usize) -> io::Result<()> {
        let bytes = packet.bytes();
        let mut piece =
            libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // SAFETY: structures of numbers and pointers, all of which may be zero.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for message in &mut messages {
            (message.msg_hdr.msg_iov, message.msg_hdr.msg_iovlen) = (&raw mut piece, 1);
        }
        let mut sent = 0;
        while sent < times {
            let left = (times - sent).min(BATCH) as u32;
            let file = self.socket.as_raw_fd();
            // SAFETY: as many messages as there are, whose one piece is only read.
            let answer = unsafe { libc::sendmmsg(file, messages.as_mut_ptr(), left, 0) };
            sent += checked(answer.into())?;
        }
        Ok(())
    }

    /// Waits for packets.
    pub(crate) fn receive<'b>(
        &self,
        batch: &'b mut Batch,
    ) -> io::Result<impl Iterator<Item = &'b [u8]>> {
        let mut pieces = batch
            .packets
            .each_mut()
            .map(|packet| libc::iovec { iov_base: packet.as_mut_ptr().cast(), iov_len: MOST });
        // SAFETY: structures of numbers and pointers, all of which may be zero.
        let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
        for (message, piece) in messages.iter_mut().zip(&mut pieces) {
            (message.msg_hdr.msg_iov, message.msg_hdr.msg_iovlen) = (piece, 1);
        }
        let file = self.socket.as_raw_fd();
        let flags = libc::MSG_WAITFORONE as _;
        // SAFETY: as many messages as there are, each with one piece of its own.
        let answer =
            unsafe { libc::recvmmsg(file, messages.as_mut_ptr(), BATCH as u32, flags, null_mut()) };
        let count = checked(answer.into())?;
        for (length, message) in batch.lengths.iter_mut().zip(&messages) {
            *length = message.msg_len as usize;
        }
        let packets = batch.packets.iter().zip(batch.lengths).take(count);
        Ok(packets.map(|(packet, length)| &packet[..length.min(MOST)]))
    }
}
