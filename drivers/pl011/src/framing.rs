//! Baud rate and line settings as register values.

use libsys::service::terminal::{Parity, Refusal, Settings};

use crate::registers::line;

/// What the registers have to hold for some settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Framing {
    /// The whole part of the baud rate divisor, 1 to 65535.
    pub whole: u32,
    /// Its fraction, in sixty-fourths.
    pub fraction: u32,
    /// The line control register, with FIFOs.
    pub line: u32,
}

impl Framing {
    /// For a UART whose clock has so many hertz.
    ///
    /// # Errors
    /// `Impossible`: no divisor comes within 2 % of the rate, or there are no such characters.
    pub fn new(settings: &Settings, clock: u32) -> Result<Self, Refusal> {
        let (whole, fraction) = divisor(settings.baud, clock).ok_or(Refusal::Impossible)?;
        let length = match settings.data_bits {
            bits @ 5..=8 => u32::from(bits - 5) << line::LENGTH_SHIFT,
            _ => return Err(Refusal::Impossible),
        };
        let stop = match settings.stop_bits {
            1 => 0,
            2 => line::TWO_STOP_BITS,
            _ => return Err(Refusal::Impossible),
        };
        let parity = match settings.parity {
            Parity::None => 0,
            Parity::Odd => line::PARITY,
            Parity::Even => line::PARITY | line::EVEN,
            Parity::Mark => line::PARITY | line::STICK,
            Parity::Space => line::PARITY | line::STICK | line::EVEN,
        };
        Ok(Self { whole, fraction, line: length | stop | parity | line::FIFOS })
    }
}

/// The nearest divisor, in whole and sixty-fourths: 16 clocks sample a bit (DDI 0183, 3.3.6).
fn divisor(baud: u32, clock: u32) -> Option<(u32, u32)> {
    let (baud, clock) = (u64::from(baud), u64::from(clock));
    let halves = (8 * clock).checked_div(baud)?;
    let divisor = halves.div_ceil(2);
    let (whole, fraction) = (divisor / 64, divisor % 64);
    let possible = (1..=0xffff).contains(&whole) && (whole < 0xffff || fraction == 0);
    // Sender and receiver together may be half a bit off at the end of ten: 2 % leave room.
    let real = (4 * clock).checked_div(divisor)?;
    let exact = real.abs_diff(baud) * 50 <= baud;
    (possible && exact).then_some((whole as u32, fraction as u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn usual_settings_are_those_of_the_manual() {
        // The example of DDI 0183, 3.3.6: 230400 baud from 4 MHz.
        assert_eq!(divisor(230_400, 4_000_000), Some((1, 5)));
        let framing = Framing::new(&Settings::USUAL, 24_000_000).expect("possible");
        assert_eq!(framing, Framing { whole: 13, fraction: 1, line: 0b0111_0000 });
    }

    #[test]
    fn all_characters_have_their_bits() {
        let line = |data_bits, parity, stop_bits| {
            let settings = Settings { data_bits, parity, stop_bits, ..Settings::USUAL };
            Framing::new(&settings, 24_000_000).map(|framing| framing.line)
        };
        assert_eq!(line(5, Parity::Odd, 2), Ok(0b0001_1010));
        assert_eq!(line(7, Parity::Even, 1), Ok(0b0101_0110));
        assert_eq!(line(8, Parity::Mark, 1), Ok(0b1111_0010));
        assert_eq!(line(8, Parity::Space, 1), Ok(0b1111_0110));
        for (data_bits, stop_bits) in [(4, 1), (9, 1), (255, 1), (8, 0), (8, 3)] {
            assert_eq!(line(data_bits, Parity::None, stop_bits), Err(Refusal::Impossible));
        }
    }

    #[test]
    fn rates_beyond_the_divisor_are_impossible() {
        for baud in [0, 22, 1_600_000, 3_000_000, u32::MAX] {
            assert_eq!(divisor(baud, 24_000_000), None, "{baud}");
        }
        assert_eq!(divisor(1_500_000, 24_000_000), Some((1, 0)), "the fastest");
        assert_eq!(divisor(23, 24_000_000).map(|(whole, _)| whole), Some(65217), "the slowest");
        assert_eq!(divisor(115_200, 0), None);
    }

    proptest! {
        #[test]
        fn possible_rates_are_nearly_right(baud in 1_u32.., clock in any::<u32>()) {
            if let Some((whole, fraction)) = divisor(baud, clock) {
                let divisor = f64::from(whole) + f64::from(fraction) / 64.0;
                let real = f64::from(clock) / 16.0 / divisor;
                prop_assert!((real / f64::from(baud) - 1.0).abs() < 0.021);
            }
        }
    }
}
