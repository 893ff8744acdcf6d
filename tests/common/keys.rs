//! The reference file of the configuration (`config/sekisho.toml`), in pieces, for pages that are made of it.

/// What the reference file consists of, in its order.
pub(crate) enum Item {
    /// Prose that belongs to no key.
    Text(String),
    /// A section and what it is about.
    Section(String, String),
    /// Keys with their defaults, and what they mean together.
    Keys(Vec<(String, String)>, String),
}

/// Joins comment lines; an empty one separates paragraphs.
fn take(comment: &mut Vec<&str>) -> String {
    let mut text = String::new();
    for line in comment.drain(..) {
        match line {
            "" => text.push('\n'),
            line if text.is_empty() || text.ends_with('\n') => text.push_str(line),
            line => {
                text.push(' ');
                text.push_str(line);
            }
        }
    }
    text
}

/// The reference file, in pieces.
pub(crate) fn items(file: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut comment = Vec::new();
    for line in file.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some(name) = line.strip_prefix('[') {
            let about = take(&mut comment);
            items.push(Item::Section(name.trim_end_matches(']').to_owned(), about));
        } else if let Some((key, value)) = line.split_once(" = ") {
            let pair = (key.to_owned(), value.to_owned());
            match items.last_mut() {
                // The comment above the first key was for this one too.
                Some(Item::Keys(keys, _)) if comment.is_empty() => keys.push(pair),
                _ => items.push(Item::Keys(vec![pair], take(&mut comment))),
            }
        } else if !comment.is_empty() {
            items.push(Item::Text(take(&mut comment)));
        }
    }
    items
}
