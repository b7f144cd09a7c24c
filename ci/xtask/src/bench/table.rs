//! Tables in Markdown that are also good to look at as they are.

/// A table whose columns are as wide as their widest cells; all but the first lean right.
pub(super) fn aligned<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let head = head.map(String::from);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0).max(3)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = line(&head, &widths);
    for (column, width) in widths.into_iter().enumerate() {
        text += &match column {
            0 => format!("| {} ", "-".repeat(width)),
            _ => format!("| {}: ", "-".repeat(width - 1)),
        };
    }
    text += "|\n";
    for row in rows {
        text += &line(row, &widths);
    }
    text
}

fn line<const N: usize>(row: &[String; N], widths: &[usize; N]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
        0 => format!("| {cell:<width$} "),
        _ => format!("| {cell:>width$} "),
    });
    cells.collect::<String>() + "|\n"
}

/// A number with a space between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == first {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A quotient with one digit behind the point.
pub(super) fn quotient(dividend: u64, divisor: u64) -> String {
    let tenths = dividend * 10 / divisor.max(1);
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let rows = [["a".into(), "12".into()], ["long name".into(), "1 000".into()]];
        let expected = "| name      |     n |\n\
                        | --------- | ----: |\n\
                        | a         |    12 |\n\
                        | long name | 1 000 |\n";
        assert_eq!(aligned(["name", "n"], &rows), expected);
    }

    #[test]
    fn numbers_are_grouped() {
        let numbers = [0, 999, 1000, 12345, 1_000_000].map(grouped);
        assert_eq!(numbers, ["0", "999", "1 000", "12 345", "1 000 000"]);
        assert_eq!((quotient(7, 2), quotient(1, 0)), ("3.5".into(), "1.0".into()));
    }
}
