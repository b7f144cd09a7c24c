//! The operations as bars against the peer's, as an SVG picture.
//!
//! Each operation with a peer's figure gets a row: the peer is the full width of the plot's
//! middle line, this kernel's bar is drawn in the same scale, and a short mark shows the aim. A
//! bar that would leave the plot ends at its edge, with its number beside it.

use super::measured::{Measured, Measurement};
use super::table::grouped;

/// Where the plot begins and ends, and where the peer's line is, in pixels.
const LEFT: u64 = 260;
const PEER: u64 = 560;
const RIGHT: u64 = 720;
/// Height of a row, and of what is above the first.
const ROW: u64 = 22;
const TOP: u64 = 44;

/// The picture. The same figures give the same text.
pub(super) fn svg(measurement: &Measurement) -> String {
    let compared = measurement.operations.iter().filter_map(|m| Some((m, m.operation.peer?)));
    let rows: Vec<String> =
        (0..).zip(compared).map(|(index, (measured, peer))| row(index, measured, peer)).collect();
    let height = TOP + ROW * rows.len() as u64 + 12;
    let bottom = height - 8;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 840 {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"840\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"18\"><tspan font-weight=\"bold\">Kernel instructions, relative to the \
         peer</tspan> (less is better; short marks are what is aimed at)</text>\n\
         <text x=\"{PEER}\" y=\"34\" text-anchor=\"middle\" fill=\"#555555\">peer = 1</text>\n\
         {}<path d=\"M{PEER} 38V{bottom}\" stroke=\"#555555\" stroke-dasharray=\"3 3\"/>\n\
         </svg>\n",
        rows.concat()
    )
}

/// Name, bar, mark of the aim, and figures of one operation.
fn row(index: u64, measured: &Measured, peer: u64) -> String {
    let (name, kernel) = (measured.operation.name, measured.kernel());
    let y = TOP + ROW * index;
    let text_y = y + 14;
    let end = place(kernel, peer);
    let width = end - LEFT;
    let colour = if kernel <= peer { "#2a7f62" } else { "#c8553d" };
    let aim = measured.operation.aim.map_or(String::new(), |aim| {
        let (x, y) = (place(aim, peer), y + 1);
        format!("<path d=\"M{x} {y}v18\" stroke=\"#000000\" stroke-width=\"2\"/>\n")
    });
    let figures = format!("{} : {}", grouped(kernel), grouped(peer));
    let text_x = LEFT - 8;
    format!(
        "<text x=\"{text_x}\" y=\"{text_y}\" text-anchor=\"end\">{name}</text>\n\
         <rect x=\"{LEFT}\" y=\"{}\" width=\"{width}\" height=\"14\" fill=\"{colour}\"/>\n\
         {aim}<text x=\"{}\" y=\"{text_y}\">{figures}</text>\n",
        y + 3,
        end.max(PEER) + 6
    )
}

/// Where a figure is in a scale whose unit is the peer's.
fn place(figure: u64, peer: u64) -> u64 {
    (LEFT + figure * (PEER - LEFT) / peer.max(1)).min(RIGHT)
}

#[cfg(test)]
mod tests {
    use super::super::measured::tests::example;
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_figure() {
        assert_eq!((place(0, 9), place(9, 9), place(18, 9)), (LEFT, PEER, RIGHT));
        assert_eq!(place(50, 100), (LEFT + PEER) / 2);
        assert_eq!(place(1, 0), RIGHT.min(LEFT + PEER - LEFT));
    }

    #[test]
    fn every_operation_with_a_peer_has_a_row() {
        let measurement = example();
        let picture = svg(&measurement);
        let compared = measurement.operations.iter().filter(|m| m.operation.peer.is_some());
        assert_eq!(picture.matches("<rect x=").count(), compared.count());
        assert!(picture.contains(">call 0 words</text>") && picture.contains(">1 000 : 209<"));
        assert!(!picture.contains(">call 4 words</text>"));
        assert_eq!(picture, svg(&measurement));
    }
}
