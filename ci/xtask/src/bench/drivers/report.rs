//! Tables.

use crate::bench::figure::Figure;
use crate::bench::split::Who;
use crate::bench::table::{aligned, grouped, quotient};

/// What is not there.
const NOTHING: &str = "–";

/// All figures, ours beside the peer's of the same names.
pub(super) fn text(ours: &[Figure], theirs: &[Figure], peer: Option<&str>) -> String {
    let pairs: Vec<(&Figure, Option<&Figure>)> =
        ours.iter().map(|our| (our, theirs.iter().find(|their| their.name == our.name))).collect();
    let peer = peer.map_or("no peer".into(), |version| format!("Linux {version}"));
    let head = [
        "instructions of a request",
        "all",
        "kernel",
        "driver",
        "client",
        "supervisor",
        "entries",
        "least–most",
        &peer,
        "least–most",
        "ratio",
    ];
    let rows: Vec<_> = pairs.iter().map(|(our, their)| request(our, *their)).collect();
    let mut text = aligned(head, &rows);
    let head = ["instructions of a byte", "all", &peer, "MiB/s in QEMU", &peer];
    let with_bytes = pairs.iter().filter(|(our, _)| our.bytes > 0);
    let rows: Vec<_> = with_bytes.map(|(our, their)| byte(our, *their)).collect();
    text += "\n";
    text + &aligned(head, &rows)
}

fn request(our: &Figure, their: Option<&Figure>) -> [String; 11] {
    let all = our.instructions();
    let their = |of: &dyn Fn(&Figure) -> String| their.map_or(NOTHING.into(), of);
    let [kernel, driver, client, supervisor] = Who::ALL.map(|who| grouped(our.of(who)));
    [
        our.name.clone(),
        grouped(all),
        kernel,
        driver,
        client,
        supervisor,
        quotient(our.entries(), 10),
        spread(our),
        their(&|their| grouped(their.instructions())),
        their(&spread),
        their(&|their| ratio(all, their.instructions())),
    ]
}

fn byte(our: &Figure, their: Option<&Figure>) -> [String; 5] {
    let their = |of: &dyn Fn(&Figure) -> String| their.map_or(NOTHING.into(), of);
    let each = |figure: &Figure| thousandths(1000 * figure.instructions() / figure.bytes.max(1));
    [our.name.clone(), each(our), their(&each), speed(our), their(&speed)]
}

/// MiB in a second of the development machine.
fn speed(figure: &Figure) -> String {
    let mebibytes = u128::from(figure.bytes) * 1_000_000_000 * 10 / (1 << 20);
    let tenths = mebibytes / u128::from(figure.nanoseconds().max(1));
    quotient(u64::try_from(tenths).unwrap_or(u64::MAX), 10)
}

fn spread(figure: &Figure) -> String {
    let (least, most) = figure.spread();
    format!("{}–{}", grouped(least), grouped(most))
}

fn ratio(our: u64, their: u64) -> String {
    let hundredths = 100 * our / their.max(1);
    format!("{}.{:02}", grouped(hundredths / 100), hundredths % 100)
}

fn thousandths(number: u64) -> String {
    format!("{}.{:03}", grouped(number / 1000), number % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figure::tests::example;

    #[test]
    fn both_stand_side_by_side() {
        let ours = example();
        let text = text(&ours, &ours[..1], Some("6.1"));
        let line = |begin: &str| {
            let found = text.lines().filter(|line| line.starts_with(begin));
            found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
        };
        let read: Vec<String> = line("| read 8 bytes");
        let [request, byte] = &read[..] else { panic!("two rows: {text}") };
        assert_eq!(
            request,
            "| read 8 bytes | 85 | 60 | 0 | 25 | 0 | 1.5 | 75–95 | 85 | 75–95 | 1.00 |"
        );
        assert_eq!(byte, "| read 8 bytes | 10.625 | 10.625 | 238.4 | 238.4 |");
        let wake: Vec<String> = line("| wake up");
        assert!(wake[0].ends_with("| – | – | – |"), "{}", wake[0]);
    }
}
