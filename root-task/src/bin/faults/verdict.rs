//! What those who work with the victim say: each client has 128 bytes, the neighbour some words of
//! the first one's.
//!
//! | byte | who writes | what |
//! |---|---|---|
//! | 0 | client | passes that it has finished: all blocks written, then read and compared |
//! | 8 | client | operations that were acknowledged |
//! | 16 | client | operations that it had to ask for again |
//! | 24 | client | answers that were wrong, and right when it asked again |
//! | 32 | client | blocks that were acknowledged, and are lost or changed |
//! | 40 | neighbour | rounds over its own memory |
//! | 48 | neighbour | words of it that were changed |
//! | 56 | client | complaints: the driver answers, and always wrong |
//! | 64 | client | blocks that were acknowledged, of which one of two copies is damaged |
//! | 72 | client | 1: it is there |

use libsys::object::Page;
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Error, Rights, SlotPath};
use packed::{Cell, Image};
use root_task::loader::Loader;

/// The name of the frame.
const FRAME: &str = "verdict/0";
/// Bytes of a client's account.
const BYTES: u64 = 128;
/// Most clients.
pub(crate) const CLIENTS: usize = 4;

/// The page.
pub(crate) struct Verdict(Window);

/// What a client says at a time.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Account {
    pub(crate) is_present: bool,
    pub(crate) passes: u64,
    pub(crate) acknowledged: u64,
    pub(crate) repeated: u64,
    pub(crate) wrong: u64,
    pub(crate) lost: u64,
    pub(crate) mended: u64,
    pub(crate) complaints: u64,
}

/// What the neighbour says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) rounds: u64,
    pub(crate) changed: u64,
}

impl Verdict {
    /// Finds and maps it, by a capability in this empty slot. `None`: the system has none.
    pub(crate) fn new(
        loader: &mut Loader,
        image: &Image<'_>,
        slot: SlotPath,
    ) -> Result<Option<Self>, Error> {
        let mut cells = (0..image.header.objects).map(Cell);
        let Some(cell) = cells.find(|cell| image.debug.name(*cell).as_deref() == Some(FRAME))
        else {
            return Ok(None);
        };
        slot.copy_from(loader.path(cell), Rights::ALL)?;
        let page = loader.viewer().mount(Cap::<Page>::at(slot.index), MemoryKind::Ram)?;
        Ok(Some(Self(page)))
    }

    /// What each client says.
    pub(crate) fn clients(&self) -> [Account; CLIENTS] {
        core::array::from_fn(|client| {
            let word = |at: u64| self.0.read_word(BYTES * client as u64 + at);
            Account {
                is_present: word(72) != 0,
                passes: word(0),
                acknowledged: word(8),
                repeated: word(16),
                wrong: word(24),
                lost: word(32),
                mended: word(64),
                complaints: word(56),
            }
        })
    }

    /// The sum of what they say; passes are those that all have finished.
    pub(crate) fn all(&self) -> Account {
        let clients = self.clients().into_iter().filter(|client| client.is_present);
        clients
            .reduce(|one, other| Account {
                is_present: true,
                passes: one.passes.min(other.passes),
                acknowledged: one.acknowledged + other.acknowledged,
                repeated: one.repeated + other.repeated,
                wrong: one.wrong + other.wrong,
                lost: one.lost + other.lost,
                mended: one.mended + other.mended,
                complaints: one.complaints + other.complaints,
            })
            .unwrap_or_default()
    }

    /// What the neighbour says.
    pub(crate) fn neighbour(&self) -> Neighbour {
        Neighbour { rounds: self.0.read_word(40), changed: self.0.read_word(48) }
    }
}
