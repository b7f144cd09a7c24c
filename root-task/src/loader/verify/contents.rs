//! Filled frames hold what the image has for them, byte by byte.

use libsys::Error;
use libsys::window::Window;
use packed::Cell;

use super::super::stop::Difference;
use super::super::{Loader, Stop};

impl Loader {
    pub(super) fn verify_contents(&mut self) -> Result<(), Stop> {
        let contents = self.contents();
        let (mut seen, mut window, mut pages): (_, Option<Window>, _) = (None, None, 0);
        let mut rows = self.image.layout.fills.rows();
        while let Some(row) = &rows.next() {
            let mut address = [0; 8];
            let bytes = contents.bytes(row, &mut address).map_err(self.unseen(row.frame))?;
            // Many frames hold the same.
            let alike = rows.take_alike();
            let mut frame = row.frame;
            for _ in 0..=alike.count {
                if seen != Some(frame) {
                    seen = Some(frame);
                    window = self.kept(row.bits, &mut pages);
                    if window.is_none() {
                        window = Some(self.look_at(frame, row.bits)?);
                    }
                }
                if window.as_ref().is_some_and(|window| !window.holds(row.at.into(), bytes)) {
                    let what = Difference::Contents { at: row.at.into() };
                    return Err(Stop::Differs { what, cell: frame });
                }
                // All rows were checked, so that these are cells.
                frame = Cell(frame.0.wrapping_add(alike.step as u32));
            }
        }
        self.look_away().map_err(self.unseen(Cell(u32::MAX)))
    }

    /// Looks at another frame than before.
    #[inline(never)]
    fn look_at(&mut self, frame: Cell, bits: u8) -> Result<Window, Stop> {
        let window = self.look_away().and_then(|()| self.look(frame, bits));
        window.map_err(self.unseen(frame))
    }

    /// What an error of the kernel means here.
    fn unseen(&self, frame: Cell) -> impl FnOnce(Error) -> Stop + use<> {
        self.refused("looking at its bytes", frame)
    }
}
