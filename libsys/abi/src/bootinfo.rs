//! Boot information: what the initial thread finds at the address in x0.
//!
//! One frame of 4 KiB; the extra boot information (the device tree) starts at the next one.

/// A half-open range of capability slots in the initial CNode.
///
/// ```
/// use abi::bootinfo::SlotRegion;
///
/// let region = SlotRegion { start: 16, end: 20 };
/// assert_eq!(region.len(), 4);
/// assert_eq!(region.slots().last(), Some(19));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct SlotRegion {
    /// First slot.
    pub start: u64,
    /// One past the last slot.
    pub end: u64,
}

impl SlotRegion {
    /// The slots of the region, ascending.
    #[must_use]
    pub const fn slots(self) -> core::ops::Range<u64> {
        self.start..self.end
    }

    /// Number of slots.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// One untyped capability of the initial CNode.
///
/// ```
/// use abi::bootinfo::UntypedDescriptor;
///
/// let (address, padding) = (0x900_0000, [0; 6]);
/// let uart = UntypedDescriptor { address, size_bits: 12, is_device: 1, padding };
/// assert_eq!(1 << uart.size_bits, 4096);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct UntypedDescriptor {
    /// Physical address in bytes.
    pub address: u64,
    /// `log2` of the size in bytes.
    pub size_bits: u8,
    /// 1 for device memory, else 0.
    pub is_device: u8,
    /// Zero.
    pub padding: [u8; 6],
}

/// Entries of [`BootInfo::untyped_list`].
pub const MAX_UNTYPEDS: usize = 230;

/// The boot information frame.
///
/// ```
/// use abi::bootinfo::BootInfo;
///
/// /// Bytes of RAM that the initial thread can make objects of.
/// fn memory(boot: &BootInfo) -> u64 {
///     let used = boot.untyped_list.iter().zip(boot.untyped.slots());
///     let ram = used.filter(|(untyped, _)| untyped.is_device == 0);
///     ram.map(|(untyped, _)| 1 << untyped.size_bits).sum()
/// }
/// # let _ = memory;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct BootInfo {
    /// Bytes of extra boot information.
    pub extra_length: u64,
    /// Core of the initial thread.
    pub node_id: u64,
    /// Number of cores.
    pub node_count: u64,
    /// 0.
    pub io_page_table_levels: u64,
    /// User address of the initial thread's IPC buffer.
    pub ipc_buffer: u64,
    /// Slots that are free.
    pub empty: SlotRegion,
    /// Empty.
    pub shared_frames: SlotRegion,
    /// Frames of the user image, ascending in address.
    pub image_frames: SlotRegion,
    /// Translation tables of the user image, upper levels first.
    pub image_paging: SlotRegion,
    /// Empty.
    pub io_space_caps: SlotRegion,
    /// Frames of the extra boot information.
    pub extra_pages: SlotRegion,
    /// `log2` of the slots in the initial CNode.
    pub cnode_bits: u64,
    /// Domain of the initial thread.
    pub domain: u64,
    /// Scheduling control, one per core.
    pub sched_control: SlotRegion,
    /// Untyped memory; entry i of the list describes slot start + i.
    pub untyped: SlotRegion,
    /// What the untyped slots hold; device memory first.
    pub untyped_list: [UntypedDescriptor; MAX_UNTYPEDS],
}

const _: () = {
    use core::mem::offset_of;
    assert!(size_of::<BootInfo>() == 3864);
    assert!(offset_of!(BootInfo, ipc_buffer) == 32);
    assert!(offset_of!(BootInfo, image_frames) == 72);
    assert!(offset_of!(BootInfo, image_paging) == 88);
    assert!(offset_of!(BootInfo, extra_pages) == 120);
    assert!(offset_of!(BootInfo, cnode_bits) == 136);
    assert!(offset_of!(BootInfo, sched_control) == 152);
    assert!(offset_of!(BootInfo, untyped) == 168);
    assert!(offset_of!(BootInfo, untyped_list) == 184);
};

/// Header of one chunk of extra boot information: what it is, and its bytes with the header.
///
/// ```
/// use abi::bootinfo::{EXTRA_DEVICE_TREE, ExtraHeader};
///
/// // A device tree of 1000 bytes is this header, then the tree.
/// let header = ExtraHeader { id: EXTRA_DEVICE_TREE, length: 16 + 1000 };
/// assert_eq!(header.length - size_of::<ExtraHeader>() as u64, 1000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct ExtraHeader {
    /// Kind: [`EXTRA_DEVICE_TREE`] or [`EXTRA_PADDING`].
    pub id: u64,
    /// Bytes including this header.
    pub length: u64,
}

/// Chunk of no meaning.
pub const EXTRA_PADDING: u64 = 0;
/// Chunk that holds a flattened device tree.
pub const EXTRA_DEVICE_TREE: u64 = 6;

/// Slots of the initial CNode that are the same in every system.
pub mod slot {
    /// The initial thread.
    pub const THREAD: u64 = 1;
    /// Its CNode.
    pub const CNODE: u64 = 2;
    /// Its address space.
    pub const VSPACE: u64 = 3;
    /// Authority to make interrupt handlers.
    pub const IRQ_CONTROL: u64 = 4;
    /// Authority to make ASID pools.
    pub const ASID_CONTROL: u64 = 5;
    /// The first ASID pool.
    pub const ASID_POOL: u64 = 6;
    /// The frame of the boot information.
    pub const BOOT_INFO_FRAME: u64 = 9;
    /// The frame of the IPC buffer.
    pub const IPC_BUFFER_FRAME: u64 = 10;
    /// Authority over domains.
    pub const DOMAIN: u64 = 11;
    /// The initial thread's scheduling context.
    pub const SCHED_CONTEXT: u64 = 14;
    /// Secure monitor calls; empty unless configured.
    pub const SMC: u64 = 15;
    /// First slot whose content depends on the system.
    pub const FIRST_DYNAMIC: u64 = 16;
}
