//! The whole text, and its small sections.

use super::{DEEPEST, GivenUp, Kind, Parsed, Parser};
use crate::code::Code;
use crate::front::cdl::text::{DomainText, IrqText, Module, PlaceText, TurnText};

impl<'t> Parser<'t, '_> {
    /// `arch aarch64`, then sections in any order.
    pub(super) fn module(&mut self) -> Module<'t> {
        let mut module = Module::default();
        if self.machine(&mut module).is_err() {
            self.skip_to_section();
        }
        while self.peek(0).kind != Kind::End {
            let before = self.at;
            if self.section(&mut module).is_err() {
                self.skip_to_section();
            }
            if self.at == before {
                self.advance();
            }
        }
        module
    }

    fn machine(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        if !self.take_word("arch") {
            return self.give_up("`arch aarch64` before everything else");
        }
        module.machine = Some(self.word("a machine, such as `aarch64`")?);
        Ok(())
    }

    fn section(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        let start = self.here();
        if self.take_word("objects") {
            self.objects(module)
        } else if self.take_word("caps") {
            self.caps(module)
        } else if self.take_word("cdt") {
            self.derivations(module)
        } else if self.take_word("domains") {
            self.domains(module)
        } else if self.take_word("irq_maps") {
            let help = "upstream's own tool reads only `irq maps`";
            self.problems.oddity(Code::QUIRK, start, "this section is named otherwise", help);
            self.irqs(module)
        } else if self.take_word("irq") {
            let maps = self.here();
            if !self.take_word("maps") {
                return self.give_up("`maps`");
            }
            if maps.start != start.end + 1 {
                let help = "upstream's own tool wants one space between the words";
                self.problems.oddity(Code::QUIRK, start, "`irq maps` is written otherwise", help);
            }
            self.irqs(module)
        } else {
            self.give_up("a section: `objects`, `caps`, `irq maps`, `cdt` or `domains`")
        }
    }

    /// Goes to a word that begins a section, at the start of a line or behind a brace.
    fn skip_to_section(&mut self) {
        let begins = ["objects", "caps", "cdt", "domains", "irq", "irq_maps"];
        while self.peek(0).kind != Kind::End {
            let starts_section = begins.iter().any(|name| self.is_word(0, name))
                && (self.is_sign(1, b'{') || self.is_word(1, "maps"));
            if starts_section {
                return;
            }
            self.advance();
        }
    }

    /// `irq maps { 33: i }`.
    fn irqs(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        self.block("this section", |parser| {
            let number = if parser.is_number(0) {
                let number = parser.number()?;
                parser.expect(b':')?;
                Some(number)
            } else {
                None
            };
            let irqs = parser.reference("an interrupt")?;
            module.irqs.push(IrqText { number, irqs });
            parser.take(b';');
            Ok(())
        })
    }

    /// `cdt { (c, 1) { (c, 2) } }`.
    fn derivations(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        self.block("this section", |parser| {
            let parent = parser.place_or_name()?;
            parser.children(module, parent, 0)
        })
    }

    fn children(
        &mut self,
        module: &mut Module<'t>,
        parent: PlaceText<'t>,
        depth: usize,
    ) -> Parsed<()> {
        if depth == DEEPEST {
            let help = "give the inner ones statements of their own";
            self.problems.error(Code::SYNTAX, self.here(), "this is nested too deeply", help);
            return Err(GivenUp);
        }
        let parent = add(&mut module.places, parent);
        self.block("what is derived from this", |parser| {
            let child = parser.place_or_name()?;
            let child_index = add(&mut module.places, child.clone());
            module.derivations.push([parent, child_index]);
            if parser.is_sign(0, b'{') {
                parser.children(module, child, depth + 1)?;
            }
            parser.take(b';');
            Ok(())
        })
    }

    /// `domains { schedule: [(0, 10)] domain_set_start: 0 index_shift: 0 }`.
    fn domains(&mut self, module: &mut Module<'t>) -> Parsed<()> {
        self.block("this section", |parser| {
            let key = parser.word("`schedule`, `domain_set_start` or `index_shift`")?;
            parser.expect(b':')?;
            let statement = match key.text {
                "schedule" => DomainText::Schedule(parser.turns()?),
                // The second name is the one of the language's manual.
                "domain_set_start" | "start_index" => DomainText::Start(parser.domain_start()?),
                "index_shift" => DomainText::Shift(parser.number()?),
                _ => {
                    let help = "there are `schedule`, `domain_set_start` and `index_shift`";
                    let message = format!("domains have no `{}`", super::shortened(key.text));
                    parser.problems.error(Code::UNKNOWN_KEY, key.span, message, help);
                    return Err(GivenUp);
                }
            };
            module.domains.push(statement);
            Ok(())
        })
    }

    fn domain_start(&mut self) -> Parsed<Option<super::Number>> {
        if self.take_word("no_start") {
            return Ok(None);
        }
        self.number().map(Some)
    }

    /// `[(0, 10), (1, 10 ticks), (2, 5 us)]`.
    fn turns(&mut self) -> Parsed<Vec<TurnText<'t>>> {
        self.expect(b'[')?;
        let mut turns = Vec::new();
        while !self.take(b']') {
            self.expect(b'(')?;
            let domain = self.number()?;
            self.expect(b',')?;
            let length = self.number()?;
            let unit =
                if self.is_sign(0, b')') { None } else { Some(self.word("`ticks` or `us`")?) };
            self.expect(b')')?;
            turns.push(TurnText { domain, length, unit });
            if !self.take(b',') && !self.is_sign(0, b']') {
                return self.give_up("`,` or `]`");
            }
        }
        Ok(turns)
    }
}

fn add<T>(list: &mut Vec<T>, value: T) -> usize {
    list.push(value);
    list.len() - 1
}
