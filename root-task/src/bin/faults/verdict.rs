//! What those who work with the victim say.
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

use libsys::object::Page;
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Error, Rights, SlotPath};
use packed::{Cell, Image};
use root_task::loader::Loader;

/// The name of the frame.
const FRAME: &str = "verdict/0";

/// The page.
pub(crate) struct Verdict(Window);

/// What it says at a time.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Account {
    pub(crate) passes: u64,
    pub(crate) acknowledged: u64,
    pub(crate) repeated: u64,
    pub(crate) wrong: u64,
    pub(crate) lost: u64,
    pub(crate) rounds: u64,
    pub(crate) changed: u64,
    pub(crate) complaints: u64,
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

    pub(crate) fn read(&self) -> Account {
        let word = |place: u64| self.0.read_word(8 * place);
        Account {
            passes: word(0),
            acknowledged: word(1),
            repeated: word(2),
            wrong: word(3),
            lost: word(4),
            rounds: word(5),
            changed: word(6),
            complaints: word(7),
        }
    }
}
