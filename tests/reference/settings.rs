//! Configuration keys, from the file that ships.

use crate::cell;
use crate::common::keys::{Item, items};
use sekisho::config::REFERENCE;
use std::fmt::Write as _;

/// The keys of the configuration, from the file that ships.
pub(crate) fn keys() -> String {
    let mut out = String::from(
        "\n## Configuration keys\n\nOf the file that `--config` names, in TOML; [config/sekisho.toml](../config/sekisho.toml) is \
         this as a file, and `man sekisho.toml` as a page. What is left out has the value that stands here.\n",
    );
    let mut is_open = false;
    for item in items(REFERENCE) {
        match item {
            // What the file says of itself stands above.
            Item::Text(_) => {}
            Item::Section(name, about) => {
                let _ = write!(out, "\n### `[{name}]`\n\n{}\n", linked(&about));
                is_open = false;
            }
            Item::Keys(keys, meaning) => {
                if !is_open {
                    out.push_str("\n| key | default | meaning |\n|---|---|---|\n");
                    is_open = true;
                }
                let of = |value: fn(&(String, String)) -> &String| {
                    let values: Vec<String> =
                        keys.iter().map(|key| format!("`{}`", value(key))).collect();
                    values.join(", ")
                };
                let _ = writeln!(
                    out,
                    "| {} | {} | {} |",
                    of(|key| &key.0),
                    of(|key| &key.1),
                    cell(&linked(&meaning))
                );
            }
        }
    }
    out
}

/// The pages that a comment names, as links.
fn linked(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split("docs/");
    out.push_str(parts.next().unwrap());
    for part in parts {
        match part.split_once(".md") {
            Some((name, rest)) => {
                let _ = write!(out, "[{name}.md]({name}.md){rest}");
            }
            None => out.push_str(part),
        }
    }
    out
}
