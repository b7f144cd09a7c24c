//! Whether a component gives signs of life.
//!
//! It is asked half of the time after its last sign that it has for the next one. So nobody is
//! asked often, and who does not answer is found in time.

/// The signs of life of a component. Times are in periods.
///
/// ```
/// use root_task::loader::supervisor::{Beat, Pulse};
///
/// let mut pulse = Pulse::new(4);
/// let beats: Vec<Beat> = (0..5).map(|_| pulse.tick(0)).collect();
/// assert_eq!(beats, [Beat::Calm, Beat::Ask(1), Beat::Calm, Beat::Calm, Beat::Silent]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pulse {
    half: u64,
    asked: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// It is asked after so many periods.
    Alive { left: u64 },
    /// It has been asked, and has so many periods to answer.
    Asked { left: u64 },
}

/// What is to be done in a period.
///
/// ```
/// use root_task::loader::supervisor::Beat;
///
/// fn is_dead(beat: Beat) -> bool {
///     beat == Beat::Silent
/// }
/// assert!(!is_dead(Beat::Ask(3)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beat {
    /// Nothing.
    Calm,
    /// It is asked for a sign: this number.
    Ask(u64),
    /// It gave no sign for too long.
    Silent,
}

impl Pulse {
    /// That of a component which begins now, and has so many periods for each sign of life.
    #[must_use]
    pub const fn new(within: u64) -> Self {
        let half = within.div_ceil(2);
        let half = if half == 0 { 1 } else { half };
        Self { half, asked: 0, state: State::Alive { left: half } }
    }

    /// A period is over; the component has repeated this number last.
    pub fn tick(&mut self, answered: u64) -> Beat {
        match &mut self.state {
            State::Alive { left: left @ 2.. } => {
                *left -= 1;
                Beat::Calm
            }
            State::Alive { .. } => {
                self.asked = self.asked.wrapping_add(1);
                // The rest of this period is none in which it could answer for certain.
                self.state = State::Asked { left: self.half + 1 };
                Beat::Ask(self.asked)
            }
            State::Asked { .. } if answered == self.asked => {
                self.state = State::Alive { left: self.half };
                Beat::Calm
            }
            State::Asked { left: left @ 2.. } => {
                *left -= 1;
                Beat::Calm
            }
            State::Asked { .. } => Beat::Silent,
        }
    }

    /// Whether the component, which has repeated this number last, has answered the last question.
    ///
    /// ```
    /// use root_task::loader::supervisor::{Beat, Pulse};
    ///
    /// let mut pulse = Pulse::new(2);
    /// assert_eq!(pulse.tick(0), Beat::Ask(1));
    /// assert!(pulse.was_answered(1) && !pulse.was_answered(0));
    /// ```
    #[must_use]
    pub const fn was_answered(&self, answered: u64) -> bool {
        answered == self.asked
    }

    /// The component begins again.
    pub const fn begin_again(&mut self) {
        self.state = State::Alive { left: self.half };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn who_answers_in_time_is_never_silent(
            within in 0_u64..50, delays in prop::collection::vec(0_u64..50, 1..40)
        ) {
            let mut pulse = Pulse::new(within);
            let (mut answered, mut question) = (0, None);
            let mut delays = delays.into_iter().cycle();
            for now in 0_u64..500 {
                if let Some((number, at)) = question && at <= now {
                    (answered, question) = (number, None);
                }
                match pulse.tick(answered) {
                    Beat::Calm => {}
                    Beat::Ask(number) => {
                        let delay = delays.next().unwrap_or(0).min(within / 2);
                        question = Some((number, now + delay));
                    }
                    Beat::Silent => prop_assert!(false, "in period {now}"),
                }
            }
        }

        #[test]
        fn who_does_not_answer_is_found(within in 0_u64..1000, wrong in 2_u64..) {
            let mut pulse = Pulse::new(within);
            let calm = (0..).take_while(|_| pulse.tick(wrong) != Beat::Silent).take(5000).count();
            prop_assert!(calm as u64 <= within + 3, "{calm} periods");
        }
    }

    #[test]
    fn an_old_answer_is_no_sign() {
        let mut pulse = Pulse::new(2);
        assert_eq!(pulse.tick(0), Beat::Ask(1));
        assert_eq!(pulse.tick(1), Beat::Calm);
        assert_eq!(pulse.tick(1), Beat::Ask(2));
        assert_eq!([pulse.tick(1), pulse.tick(1)], [Beat::Calm, Beat::Silent]);
    }
}
