//! When something is done to the victim, and what comes of it.

use libsys::{BootInfo, Error, SlotPath, initial, println};
use packed::{Cell, Image};
use root_task::loader::supervisor::Cause;
use root_task::loader::{Loader, Stop};

use crate::class::Class;
use crate::orders::Orders;
use crate::random::Random;
use crate::summary::{Summary, Tallies};
use crate::verdict::{Account, CLIENTS, Verdict};
use crate::victim::Victim;

/// Most occasions that pass between two.
const PAUSE: u64 = 12;
/// Most turns of a loop by which the victim's work is shifted against the occasions.
const SHIFT: u64 = 40_000;
/// Occasions without an acknowledged operation after which a client complains.
const STUCK: u64 = 1500;
/// Passes of the clients, without any fault, that end it.
const CALM: u64 = 2;

/// The injector.
pub(crate) struct Injector {
    orders: Orders,
    random: Random,
    victim: Victim,
    verdict: Verdict,
    state: State,
    injected: u64,
    tallies: Tallies,
    before: [Account; CLIENTS],
    /// Occasions since each client had an operation acknowledged.
    stuck: [u64; CLIENTS],
}

#[derive(Clone, Copy)]
enum State {
    /// The next fault comes after so many occasions.
    Pauses {
        left: u64,
    },
    /// One has come; something is expected of it for so many.
    Watches {
        class: Class,
        left: u64,
    },
    /// There were enough; the clients have finished so many passes by then.
    Calms {
        passes: u64,
    },
    Done,
}

impl Injector {
    pub(crate) fn new(
        loader: &mut Loader,
        boot: &'static BootInfo,
        orders: Orders,
    ) -> Result<Self, Stop> {
        let image: Image<'static> = *loader.image();
        let spare = |place| SlotPath::new(initial::CNODE, boot.empty.end - place);
        let unfit = |error| Stop::Refused { doing: "spoiling", cell: Cell(u32::MAX), error };
        let verdict = Verdict::new(loader, &image, spare(1)).map_err(unfit)?;
        let victim = Victim::new(loader, &image, orders.victim, spare(2)).map_err(unfit)?;
        let (Some(verdict), Some(victim)) = (verdict, victim) else {
            return Err(unfit(Error::IllegalOperation));
        };
        Ok(Self {
            orders,
            random: Random(orders.seed),
            victim,
            verdict,
            state: State::Pauses { left: 500 },
            injected: 0,
            tallies: Tallies::default(),
            before: Default::default(),
            stuck: [0; CLIENTS],
        })
    }

    /// An occasion.
    pub(crate) fn tick(&mut self, loader: &mut Loader) -> Result<(), Stop> {
        self.listen(loader)?;
        match &mut self.state {
            State::Pauses { left: left @ 1.. } => *left -= 1,
            State::Watches { class, left: left @ 1.. } => {
                *left -= 1;
                let class = *class;
                if class.lasts() {
                    self.spoil(loader, class)?;
                }
            }
            State::Watches { class, .. } => {
                let class = *class;
                self.outcome(class, None);
            }
            State::Pauses { .. } if self.injected == self.orders.count => {
                self.state = State::Calms { passes: self.verdict.all().passes + CALM + 1 };
            }
            State::Pauses { .. } => self.inject(loader)?,
            State::Calms { passes } if self.verdict.all().passes >= *passes => {
                self.state = State::Done;
            }
            State::Calms { .. } | State::Done => {}
        }
        Ok(())
    }

    /// The next fault.
    fn inject(&mut self, loader: &mut Loader) -> Result<(), Stop> {
        let (orders, victim) = (&self.orders, &self.victim);
        let is_possible = |class| orders.want(class) && victim.can_suffer(class);
        let Some(class) = Class::choose(&mut self.random, is_possible) else {
            let error = Error::InvalidArgument(0);
            return Err(Stop::Refused { doing: "spoiling", cell: Cell(u32::MAX), error });
        };
        self.injected += 1;
        self.tallies.inject(class);
        (0..self.random.below(SHIFT)).for_each(|_| core::hint::spin_loop());
        self.spoil(loader, class)?;
        self.state = State::Watches { class, left: class.patience() };
        Ok(())
    }

    fn spoil(&mut self, loader: &mut Loader, class: Class) -> Result<(), Stop> {
        let done = self.victim.spoil(loader, class, &mut self.random);
        done.map_err(|error| Stop::Refused { doing: "spoiling", cell: Cell(u32::MAX), error })
    }

    /// A victim is killed if a client complains of it, or has had no operation acknowledged for
    /// long: a program that does the wrong thing without failing is nothing that a kernel can see.
    fn listen(&mut self, loader: &mut Loader) -> Result<(), Stop> {
        let now = self.verdict.clients();
        let mut complains = false;
        for ((now, before), stuck) in now.iter().zip(&self.before).zip(&mut self.stuck) {
            let waits = now.is_present && now.acknowledged == before.acknowledged;
            *stuck = if waits { *stuck + 1 } else { 0 };
            complains |= *stuck >= STUCK || now.complaints != before.complaints;
        }
        self.before = now;
        if !complains {
            return Ok(());
        }
        self.stuck = [0; CLIENTS];
        self.tallies.complaints += 1;
        println!("faults: a client complains");
        self.spoil(loader, Class::Kill)
    }

    /// A component has failed, and was dealt with.
    pub(crate) fn failed(&mut self, component: u32, cause: Cause) {
        if component != self.victim.component {
            self.tallies.others += 1;
            return;
        }
        self.stuck = [0; CLIENTS];
        match self.state {
            State::Watches { class, .. } => self.outcome(class, Some(cause)),
            _ => self.tallies.late += 1,
        }
    }

    /// Says what came of a fault.
    fn outcome(&mut self, class: Class, cause: Option<Cause>) {
        print_outcome(self.injected, class, cause, &self.verdict.all());
        if cause.is_some() {
            self.tallies.restart(class);
        }
        self.state = State::Pauses { left: self.random.below(PAUSE) };
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Says what came of all.
    pub(crate) const fn summary(&self) -> Summary<'_> {
        let Self { tallies, verdict, injected, .. } = self;
        Summary { tallies, verdict, injected: *injected }
    }
}

fn print_outcome(number: u64, class: Class, cause: Option<Cause>, account: &Account) {
    let Account { acknowledged, repeated, wrong, lost, .. } = account;
    let class = class.word();
    let clients =
        format_args!("clients: {acknowledged} right, {repeated} again, {wrong} wrong, {lost} lost");
    match cause {
        Some(cause) => println!("fault {number}: {class}: {cause}; {clients}"),
        None => println!("fault {number}: {class}: no failure; {clients}"),
    }
}
