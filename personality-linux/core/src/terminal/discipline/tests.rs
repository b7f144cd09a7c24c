use super::*;

const START: Duration = Duration::from_secs(1);

fn read(discipline: &mut Discipline) -> Vec<u8> {
    let mut bytes = [0; 100];
    let count = discipline.read(&mut bytes);
    bytes[..count].to_vec()
}

fn typed(discipline: &mut Discipline, bytes: &[u8]) -> Vec<u8> {
    discipline.input(bytes, START).echo
}

/// Without lines, with a least number of bytes and a time.
fn raw(least: u8, tenths: u8) -> Discipline {
    let mut discipline = Discipline::new();
    let mut modes = Termios { local: 0, ..Termios::USUAL };
    modes.special[Special::Min as usize] = least;
    modes.special[Special::Time as usize] = tenths;
    discipline.set_modes(modes);
    discipline
}

#[test]
fn lines_are_edited_before_they_are_read() {
    let mut discipline = Discipline::new();
    let echo = typed(&mut discipline, b"lx\x7fs \xc3\xa4\x7f-l");
    assert_eq!(echo, b"lx\x08 \x08s \xc3\xa4\x08 \x08-l");
    assert!(!discipline.is_readable());
    typed(&mut discipline, b"\rnext\n");
    assert_eq!(read(&mut discipline), b"ls -l\n");
    assert_eq!(read(&mut discipline), b"next\n");
    assert!(!discipline.is_readable());
    typed(&mut discipline, b"some words\x17\x15x\n");
    assert_eq!(read(&mut discipline), b"x\n");
}

#[test]
fn a_tabulator_is_erased_by_its_columns() {
    let mut discipline = Discipline::new();
    assert_eq!(typed(&mut discipline, b"abc\t\x7f"), b"abc\t\x08\x08\x08\x08\x08");
    assert_eq!(typed(&mut discipline, b"\x12"), b"^R\nabc");
}

#[test]
fn a_literal_character_means_nothing() {
    let mut discipline = Discipline::new();
    let typed = discipline.input(b"a\x16\x03\n", START);
    assert_eq!((typed.signals.len(), typed.echo), (0, b"a^\x08^C\n".to_vec()));
    assert_eq!(read(&mut discipline), b"a\x03\n");
}

#[test]
fn the_end_of_the_file_is_a_line_without_bytes() {
    let mut discipline = Discipline::new();
    typed(&mut discipline, b"ab\x04\x04");
    assert_eq!(read(&mut discipline), b"ab");
    assert!(discipline.is_readable());
    assert_eq!(read(&mut discipline), b"");
    assert!(!discipline.is_readable());
    discipline.close();
    assert!(discipline.is_readable());
}

#[test]
fn signals_come_from_keys_and_forget_the_line() {
    let mut discipline = Discipline::new();
    let typed = discipline.input(b"abc\x03", START);
    assert_eq!((typed.signals, typed.echo), (alloc::vec![SIGINT], b"abc^C".to_vec()));
    discipline.input(b"\n", START);
    assert_eq!(read(&mut discipline), b"\n");
}

#[test]
fn raw_input_is_read_at_once() {
    let mut discipline = raw(1, 0);
    assert_eq!(typed(&mut discipline, b"a\x03"), b"");
    assert_eq!(read(&mut discipline), b"a\x03");
}

#[test]
fn modes_can_change_while_something_waits() {
    let mut discipline = Discipline::new();
    typed(&mut discipline, b"half");
    assert!(!discipline.is_readable());
    discipline.set_modes(Termios { local: 0, ..Termios::USUAL });
    assert_eq!(discipline.waiting(), 4);
    discipline.set_modes(Termios::USUAL);
    assert_eq!(read(&mut discipline), b"half");
}

#[test]
fn raw_input_waits_for_a_number_of_bytes_or_a_time() {
    let now = START;
    let (later, tenth) = (Readiness::Later(None), Duration::from_millis(100));

    let mut polled = raw(0, 0);
    assert_eq!(polled.readiness(10, None, now), Readiness::Now(0));
    typed(&mut polled, b"ab");
    assert_eq!(polled.readiness(1, None, now), Readiness::Now(1));

    let mut three = raw(3, 0);
    typed(&mut three, b"ab");
    assert_eq!((three.readiness(10, None, now), three.is_readable()), (later, false));
    assert_eq!(three.readiness(2, None, now), Readiness::Now(2));

    let timed = raw(0, 2);
    let until = now + 2 * tenth;
    assert_eq!(timed.readiness(10, None, now), Readiness::Later(Some(until)));
    assert_eq!(timed.readiness(10, Some(until), until), Readiness::Now(0));

    let mut between = raw(3, 2);
    assert_eq!(between.readiness(10, None, now), later);
    typed(&mut between, b"a");
    assert_eq!(between.readiness(10, None, now), Readiness::Later(Some(until)));
    assert_eq!(between.readiness(10, None, until), Readiness::Now(1));
}

#[test]
fn keys_stop_the_output() {
    let mut discipline = Discipline::new();
    assert_eq!(typed(&mut discipline, b"\x13"), b"");
    assert!(discipline.is_stopped());
    typed(&mut discipline, b"\x11");
    assert!(!discipline.is_stopped());
}

#[test]
fn what_there_is_no_room_for_beeps() {
    let mut discipline = raw(1, 0);
    assert_eq!(typed(&mut discipline, &[b'x'; LIMIT]), b"");
    assert_eq!(typed(&mut discipline, b"y"), b"\x07");
    assert_eq!(discipline.waiting(), LIMIT);
}

#[test]
fn a_full_line_can_still_be_ended() {
    let mut discipline = Discipline::new();
    typed(&mut discipline, &[b'x'; LIMIT + 10]);
    assert!(!discipline.is_readable());
    typed(&mut discipline, b"\n");
    assert_eq!(discipline.waiting(), LIMIT);
}

#[test]
fn printed_lines_return_the_carriage_as_far_as_there_is_room() {
    let mut printed = Vec::new();
    let discipline = Discipline::new();
    assert_eq!(discipline.output(b"a\nb", 10, &mut printed), 3);
    assert_eq!(printed, b"a\r\nb");
    assert_eq!(discipline.output(b"a\nb", 2, &mut printed), 1);
    assert_eq!(printed, b"a\r\nba");
}
