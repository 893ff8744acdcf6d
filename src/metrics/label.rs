//! Values of labels that come from outside: names of sensors, interfaces and files.

/// Characters of a value at most.
const LONGEST: usize = 200;

/// The value with everything escaped that could move a cursor, end a line or turn the direction of reading,
/// and not endlessly long. What the text format itself needs escaped, its encoder escapes.
pub(super) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (position, c) in text.chars().enumerate() {
        if position == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() || is_unseen(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Separators of lines, marks of direction, and what takes no room.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_is_escaped_and_the_rest_is_left() {
        for (given, shown) in [
            ("eth0", "eth0"),
            ("東京\"\\ <b>", "東京\"\\ <b>"),
            ("\n\u{1b}[2J\u{9b}1m", "\\u{a}\\u{1b}[2J\\u{9b}1m"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
        ] {
            assert_eq!(harmless(given), shown);
        }
        assert_eq!(harmless(&"x".repeat(5_000)).chars().count(), LONGEST + 1);
    }
}
