//! What the terminal can show.

/// How text for people may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Colour and weight.
    pub(super) colour: bool,
    /// Blocks, box drawing and Japanese.
    pub(super) unicode: bool,
}

impl Style {
    /// For standard error, by the terminal and the environment.
    pub(super) fn of_stderr() -> Self {
        Self::of(super::talk::Talk::on_terminal())
    }

    /// By the environment, for a stream of which it is known whether it leads to a terminal.
    pub(super) fn of(terminal: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colour: terminal && !set("NO_COLOR") && !dumb,
            unicode: locale_is_utf8(|name| std::env::var(name).ok()),
        }
    }

    /// Text in a colour or weight (SGR parameters), if allowed.
    pub(super) fn paint(self, sgr: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{sgr}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether the locale's text is UTF-8: the first of the three variables that is set decides.
fn locale_is_utf8(var: impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(var)
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

/// Columns that a text takes: East Asian wide characters take two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Hangul, kana, ideographs and full-width forms: what can stand in our text or in file names.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}' | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}')
}

/// A bar of so many columns, in eighths of one: the share of a part in a whole.
pub(super) fn bar(part: u64, whole: u64, width: usize, unicode: bool) -> String {
    let whole = whole.max(1);
    let steps = if unicode { 8 } else { 1 };
    let all = (width * steps) as u128;
    let filled = (u128::from(part) * all + u128::from(whole) / 2) / u128::from(whole);
    // What is there is seen, however little.
    let filled = (filled.min(all) as usize).max(usize::from(part > 0 && all > 0));
    let (full, rest) = (filled / steps, filled % steps);
    let mut bar = if unicode { "█" } else { "#" }.repeat(full);
    if rest > 0 {
        bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][rest - 1]);
    }
    let blank = width.saturating_sub(columns(&bar));
    format!("{bar}{:blank$}", "")
}

/// The text cut to so many columns, with `…` (or `~`) where something was left out.
pub(super) fn fit(text: &str, width: usize, unicode: bool) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += if is_wide(c) { 2 } else { 1 };
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push(if unicode { '…' } else { '~' });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                pairs
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            }
        };
        assert!(locale_is_utf8(env(&[("LANG", "ja_JP.UTF-8")])));
        assert!(locale_is_utf8(env(&[("LC_ALL", ""), ("LANG", "C.utf8")])));
        assert!(!locale_is_utf8(env(&[
            ("LC_ALL", "C"),
            ("LANG", "C.UTF-8")
        ])));
        assert!(!locale_is_utf8(env(&[])));
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("外内 in"), 7);
        assert_eq!(fit("外内外内", 5, true), "外内…");
        assert_eq!(fit("plain", 5, true), "plain");
        assert_eq!(fit("longer", 5, false), "long~");
    }
}
