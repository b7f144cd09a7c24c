//! Readable names of Rust symbols.
//!
//! The compiler uses two encodings side by side: `_ZN…E` ("legacy") and `_R…` ("v0"). The legacy
//! one is decoded fully. Of the other, the identifiers are taken in their order, which tells
//! functions apart well enough for a list that people read.

/// A path such as `core::panicking::panic_fmt`; the symbol itself if it is in neither encoding.
pub(crate) fn demangle(symbol: &str) -> String {
    let path = match symbol.strip_prefix("_ZN") {
        Some(rest) => legacy(rest),
        None => symbol.strip_prefix("_R").map(identifiers),
    };
    path.filter(|names| !names.is_empty()).map_or_else(|| symbol.into(), |names| names.join("::"))
}

/// Length-prefixed names up to `E`; the last is a hash.
fn legacy(mut rest: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !rest.starts_with('E') {
        let (name, after) = counted(rest)?;
        names.push(unescaped(name));
        rest = after;
    }
    let is_hash = |name: &String| name.len() == 17 && name.starts_with('h');
    if names.last().is_some_and(is_hash) {
        names.pop();
    }
    Some(names)
}

/// A decimal length and as many bytes.
fn counted(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = number(text)?;
    rest.split_at_checked(length)
}

fn number(text: &str) -> Option<(usize, &str)> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

/// Undoes the escapes for characters that linkers may not like.
fn unescaped(name: &str) -> String {
    let escapes = [
        ("..", "::"),
        ("$LT$", "<"),
        ("$GT$", ">"),
        ("$u20$", " "),
        ("$u7b$", "{"),
        ("$u7d$", "}"),
        ("$RF$", "&"),
        ("$BP$", "*"),
        ("$C$", ","),
        ("$LP$", "("),
        ("$RP$", ")"),
        ("$u5b$", "["),
        ("$u5d$", "]"),
        ("$u3b$", ";"),
        ("$u27$", "'"),
        ("$u2b$", "+"),
        ("$u3d$", "="),
    ];
    // A name that would begin with an escape has an underscore in front.
    let name = if name.starts_with("_$") { &name[1..] } else { name };
    escapes.iter().fold(name.to_string(), |text, (from, to)| text.replace(from, to))
}

/// Like [`counted`], but an underscore separates the length from a name that begins like a number.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = number(text)?;
    rest.strip_prefix('_').unwrap_or(rest).split_at_checked(length)
}

/// The identifiers of a v0 symbol. Numbers in base 62 (after `s` and `B`) end with `_` and are
/// skipped, since they may contain digits.
fn identifiers(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter.is_ascii_digit() {
            let Some((name, after)) = identifier(rest) else { break };
            if !name.is_empty() {
                names.push(name.to_string());
            }
            rest = after;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        if matches!(letter, 's' | 'B')
            && let Some((number, after)) = rest.split_once('_')
            && number.chars().all(|digit| digit.is_ascii_alphanumeric())
        {
            rest = after;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::demangle;

    #[test]
    fn legacy_symbols_lose_their_hash_and_escapes() {
        assert_eq!(demangle("_ZN1a1f17hd387c0aa979d99deE"), "a::f");
        let escaped = "_$LT$kernel..cap..Cap$u20$as$u20$core..fmt..Debug$GT$";
        let symbol = format!("_ZN{}{escaped}3fmt17h0123456789abcdefE", escaped.len());
        assert_eq!(demangle(&symbol), "<kernel::cap::Cap as core::fmt::Debug>::fmt");
    }

    #[test]
    fn v0_symbols_give_their_identifiers() {
        assert_eq!(
            demangle("_RNvNtCs3g5Gb6bJpu0_4core9panicking18panic_bounds_check"),
            "core::panicking::panic_bounds_check"
        );
        assert_eq!(demangle("_RNvCs1_4main2go"), "main::go");
        assert_eq!(
            demangle("_RNvNtCs5_4core6option13unwrap_failed"),
            "core::option::unwrap_failed"
        );
        assert_eq!(demangle("_RNCNvCs9_4core3runs_0B3_"), "core::run");
    }

    #[test]
    fn other_symbols_stay() {
        assert_eq!(demangle("memcpy"), "memcpy");
        assert_eq!(demangle("_ZN9"), "_ZN9");
        assert_eq!(demangle("_R"), "_R");
    }
}
