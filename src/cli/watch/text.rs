//! The text format of Prometheus, version 0.0.4, read line by line.
//!
//! It must never panic, whatever is read. In: what somebody answered. Out: samples, or the first line that
//! is none. Unknown names are samples like others; what they mean is not asked here.

/// One sample: a value of a series at the moment of the answer.
#[derive(Debug, PartialEq)]
pub(super) struct Sample<'a> {
    pub(super) name: &'a str,
    labels: Vec<(&'a str, String)>,
    pub(super) value: f64,
}

impl Sample<'_> {
    /// The value of a label, unescaped; nothing if the sample does not have it.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        let mut labels = self.labels.iter();
        labels
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A line that is not of the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// From 1.
    pub(super) line: usize,
    /// Never a part of the line: it comes from outside.
    pub(super) what: &'static str,
}

/// The samples of a text, in its order.
pub(super) fn samples(text: &str) -> impl Iterator<Item = Result<Sample<'_>, Malformed>> {
    let lines = text.lines().enumerate();
    lines.filter_map(|(at, line)| {
        let line = line.trim_matches([' ', '\t']);
        // Help, types and remarks.
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let sample = sample(line);
        Some(sample.map_err(|what| Malformed { line: at + 1, what }))
    })
}

fn sample(line: &str) -> Result<Sample<'_>, &'static str> {
    let (name, mut rest) = split_name(line, ":");
    if name.is_empty() {
        return Err("no name of a metric");
    }
    let mut labels = Vec::new();
    rest = rest.trim_start();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = read_labels(inside, &mut labels)?;
    }
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = words.next().ok_or("no value")?;
    let value = value.parse().map_err(|_| "a value that is no number")?;
    // The moment of the sample, which our sensor does not tell.
    if let Some(at) = words.next() {
        at.parse::<i64>()
            .map_err(|_| "a moment that is no whole number")?;
    }
    if words.next().is_some() {
        return Err("more than a value and a moment");
    }
    Ok(Sample {
        name,
        labels,
        value,
    })
}

/// Reads up to the closing brace; what follows it.
fn read_labels<'a>(
    mut rest: &'a str,
    labels: &mut Vec<(&'a str, String)>,
) -> Result<&'a str, &'static str> {
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return Ok(after);
        }
        let (name, after) = split_name(rest, "");
        if name.is_empty() {
            return Err("no name of a label");
        }
        let after = after.trim_start().strip_prefix('=');
        let after = after.ok_or("no = after the name of a label")?.trim_start();
        let (value, after) = quoted(after)?;
        labels.push((name, value));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("neither , nor } after a label"),
        }
    }
}

/// The value of a label, unescaped, and what follows its closing quote.
fn quoted(text: &str) -> Result<(String, &str), &'static str> {
    let inside = text.strip_prefix('"');
    let inside = inside.ok_or("a value of a label without quotes")?;
    let mut value = String::new();
    let mut letters = inside.chars();
    loop {
        match letters.next().ok_or("a value of a label without its end")? {
            '"' => return Ok((value, letters.as_str())),
            '\\' => value.push(match letters.next() {
                Some('n') => '\n',
                Some(letter @ ('\\' | '"')) => letter,
                _ => return Err("an unknown escape in a label"),
            }),
            letter => value.push(letter),
        }
    }
}

/// The longest name at the beginning, perhaps empty, and what follows it.
fn split_name<'a>(text: &'a str, also: &str) -> (&'a str, &'a str) {
    let first = text.bytes().next();
    if first.is_some_and(|first| first.is_ascii_digit()) {
        return ("", text);
    }
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || also.contains(c);
    let end = text.find(|c| !in_name(c)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(line: &str) -> Result<Sample<'_>, Malformed> {
        samples(line).next().unwrap()
    }

    #[test]
    fn samples_are_read_with_their_labels() {
        let text = "\
# HELP a What \"it\" is.
# TYPE a counter
a 1

a{x=\"1\",y=\"\"} 2.5e3 1790000000000
\tb_total:sum { x = \"q\\\"\\\\\\n東京\" , } -Inf
";
        let all: Vec<_> = samples(text).map(Result::unwrap).collect();
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].name, all[0].value), ("a", 1.0));
        assert_eq!(all[1].label("x"), Some("1"));
        assert_eq!(all[1].label("y"), Some(""));
        assert_eq!(all[1].label("z"), None);
        assert_eq!(all[1].value, 2500.0);
        assert_eq!(all[2].name, "b_total:sum");
        assert_eq!(all[2].label("x"), Some("q\"\\\n東京"));
        assert_eq!(all[2].value, f64::NEG_INFINITY);
        assert!(one("a NaN").unwrap().value.is_nan());
    }

    #[test]
    fn what_is_no_sample_is_named_by_its_line() {
        for (line, what) in [
            ("<html>", "no name of a metric"),
            ("1a 2", "no name of a metric"),
            ("a", "no value"),
            ("a{}", "no value"),
            ("a one", "a value that is no number"),
            ("a{x=\"1\"}1", ""),
            ("a 1 soon", "a moment that is no whole number"),
            ("a 1 2 3", "more than a value and a moment"),
            ("a{x} 1", "no = after the name of a label"),
            ("a{=\"\"} 1", "no name of a label"),
            ("a{x=1} 1", "a value of a label without quotes"),
            ("a{x=\"1} 1", "a value of a label without its end"),
            ("a{x=\"\\t\"} 1", "an unknown escape in a label"),
            ("a{x=\"1\" y=\"2\"} 1", "neither , nor } after a label"),
            ("a{x=\"1\"", "neither , nor } after a label"),
        ] {
            let text = format!("# first\n{line}\n");
            let mut read = samples(&text);
            match read.next().unwrap() {
                Ok(_) => assert_eq!(what, "", "{line}"),
                Err(malformed) => assert_eq!(malformed, Malformed { line: 2, what }, "{line}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}|[a{}=\",\\\\ 0-9\n#.:_]{0,60}") {
            let _ = samples(&text).count();
        }

        #[test]
        fn what_is_escaped_by_the_rules_comes_back(value in "\\PC{0,30}|[\\\\\"\n]{0,9}") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let line = format!("a{{x=\"{escaped}\"}} 1");
            // What Unicode alone calls an end of a line is none here.
            let sample = one(&line).unwrap();
            prop_assert_eq!(sample.label("x"), Some(value.as_str()));
        }
    }
}
