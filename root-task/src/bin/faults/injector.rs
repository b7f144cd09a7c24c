//! When something is done to the victim, and what comes of it.

use libsys::{BootInfo, Error, SlotPath, initial, println};
use packed::{Cell, Image};
use root_task::loader::supervisor::Cause;
use root_task::loader::{Loader, Stop};

use crate::Orders;
use crate::class::Class;
use crate::random::Random;
use crate::verdict::{Account, Verdict};
use crate::victim::Victim;

/// Most occasions that pass between two.
const PAUSE: u64 = 12;
/// Most turns of a loop by which the victim's work is shifted against the occasions.
const SHIFT: u64 = 40_000;
/// Occasions without an acknowledged operation after which the client complains.
const STUCK: u64 = 1500;
/// Passes of the client, without any fault, that end it.
const CALM: u64 = 2;

/// The injector.
pub(crate) struct Injector {
    orders: Orders,
    random: Random,
    victim: Victim,
    verdict: Verdict,
    state: State,
    injected: u64,
    tallies: [Tally; Class::ALL.len()],
    /// Failures that came when nothing was expected any more.
    late: u64,
    /// How often the client complained.
    complaints: u64,
    before: Account,
    /// Occasions since the client had an operation acknowledged.
    stuck: u64,
}

/// What came of the faults of a class.
#[derive(Clone, Copy, Default)]
struct Tally {
    injected: u64,
    restarted: u64,
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
    /// There were enough; the client has finished so many passes by then.
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
        let victim = Victim::new(loader, &image, spare(2));
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
            tallies: Default::default(),
            late: 0,
            complaints: 0,
            before: Account::default(),
            stuck: 0,
        })
    }

    /// An occasion.
    pub(crate) fn tick(&mut self, loader: &mut Loader) -> Result<(), Stop> {
        self.listen(loader)?;
        match &mut self.state {
            State::Pauses { left: left @ 1.. } | State::Watches { left: left @ 1.., .. } => {
                *left -= 1;
            }
            State::Watches { class, .. } => {
                let class = *class;
                self.outcome(class, None);
            }
            State::Pauses { .. } if self.injected == self.orders.count => {
                self.state = State::Calms { passes: self.verdict.read().passes + CALM + 1 };
            }
            State::Pauses { .. } => {
                let class = Class::choose(&mut self.random);
                self.injected += 1;
                self.tallies[place(class)].injected += 1;
                (0..self.random.below(SHIFT)).for_each(|_| core::hint::spin_loop());
                self.spoil(loader, class)?;
                self.state = State::Watches { class, left: class.patience() };
            }
            State::Calms { passes } if self.verdict.read().passes >= *passes => {
                self.state = State::Done;
            }
            State::Calms { .. } | State::Done => {}
        }
        Ok(())
    }

    fn spoil(&mut self, loader: &mut Loader, class: Class) -> Result<(), Stop> {
        let done = self.victim.spoil(loader, class, &mut self.random);
        done.map_err(|error| Stop::Refused { doing: "spoiling", cell: Cell(u32::MAX), error })
    }

    /// A victim is killed if its client complains of it, or has had no operation acknowledged for
    /// long: a program that does the wrong thing without failing is nothing that a kernel can see.
    fn listen(&mut self, loader: &mut Loader) -> Result<(), Stop> {
        let now = self.verdict.read();
        let is_told = now.complaints != self.before.complaints;
        let goes_on = now.acknowledged != self.before.acknowledged;
        self.stuck = if goes_on { 0 } else { self.stuck + 1 };
        self.before = now;
        if self.stuck < STUCK && !is_told {
            return Ok(());
        }
        self.stuck = 0;
        self.complaints += 1;
        println!("faults: the client complains");
        self.spoil(loader, Class::Kill)
    }

    /// A component has failed, and was dealt with.
    pub(crate) fn failed(&mut self, component: u32, cause: Cause) {
        self.stuck = 0;
        match self.state {
            State::Watches { class, .. } if component == self.victim.component => {
                self.outcome(class, Some(cause));
            }
            _ => self.late += 1,
        }
    }

    /// Says what came of a fault.
    fn outcome(&mut self, class: Class, cause: Option<Cause>) {
        let account = self.verdict.read();
        let number = self.injected;
        print_outcome(number, class, cause, &account);
        self.tallies[place(class)].restarted += u64::from(cause.is_some());
        self.state = State::Pauses { left: self.random.below(PAUSE) };
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Says what came of all.
    pub(crate) fn summarise(&self) {
        for ((class, _), tally) in Class::ALL.iter().zip(&self.tallies) {
            let Tally { injected, restarted } = tally;
            println!("faults: {:9} {injected:6} injected, {restarted:6} restarts", class.word());
        }
        let Account { passes, acknowledged, repeated, wrong, lost, rounds, changed, .. } =
            self.verdict.read();
        let (late, complaints) = (self.late, self.complaints);
        println!("faults: {late} late failures, {complaints} complaints of the client");
        println!("faults: client: {passes} passes, {acknowledged} acknowledged");
        println!("faults: client: {repeated} asked again, {wrong} wrong at first");
        println!("faults: neighbour: {rounds} rounds, {changed} words changed");
        println!("faults: done: {} injected, {lost} blocks lost", self.injected);
    }
}

fn print_outcome(number: u64, class: Class, cause: Option<Cause>, account: &Account) {
    let Account { acknowledged, repeated, wrong, lost, .. } = account;
    let class = class.word();
    let client =
        format_args!("client: {acknowledged} right, {repeated} again, {wrong} wrong, {lost} lost");
    match cause {
        Some(cause) => println!("fault {number}: {class}: {cause}; {client}"),
        None => println!("fault {number}: {class}: no failure; {client}"),
    }
}

/// The place of a class among all.
fn place(class: Class) -> usize {
    Class::ALL.iter().position(|(known, _)| *known == class).unwrap_or(0)
}
