//! A reader of pages, strict enough to tell that one is well formed.

/// A piece of a page.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    Open(&'a str, &'a str),
    Close(&'a str),
    Text(&'a str),
}

/// Elements that have no end.
const VOID: [&str; 1] = ["meta"];

/// The pieces of a page, which is well formed: every element ends where it must, every value is quoted, and
/// there is no bare `<`, `>` or `&`.
pub(crate) fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").unwrap();
    let mut out = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let (text, more) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if open.last() != Some(&"style") {
                assert!(!text.contains('>'), "bare >: {text}");
                for part in text.split('&').skip(1) {
                    assert!(part.contains(';'), "bare &: {text}");
                }
            }
            out.push(Piece::Text(text));
            rest = more;
            continue;
        };
        let (tag, more) = tag.split_once('>').unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        rest = more;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            out.push(Piece::Close(name));
            continue;
        }
        let closes_itself = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|c| c.is_ascii_alphanumeric()), "{name}");
        out.push(Piece::Open(name, attributes));
        if !closes_itself && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    out
}

/// What a reader sees, without what is in `code` and `small`: words, not ids.
pub(crate) fn words(page: &str) -> String {
    let mut out = String::new();
    let mut inside: Vec<&str> = Vec::new();
    for piece in pieces(page) {
        match piece {
            Piece::Open(name, _) if !VOID.contains(&name) => inside.push(name),
            Piece::Open(..) => {}
            Piece::Close(name) => {
                let at = inside.iter().rposition(|open| *open == name);
                inside.truncate(at.unwrap_or(inside.len()));
                out.push('\n');
            }
            Piece::Text(text) => {
                if !inside
                    .iter()
                    .any(|name| ["code", "small", "style"].contains(name))
                {
                    out.push_str(text);
                }
            }
        }
    }
    out
}

/// The exact numbers behind what is shown, in order.
pub(crate) fn exact(page: &str) -> Vec<u64> {
    pieces(page)
        .iter()
        .filter_map(|piece| match piece {
            Piece::Open("data", attributes) => Some(attributes.split('"').nth(1)?.parse().unwrap()),
            _ => None,
        })
        .collect()
}

/// The part of a page with this id.
pub(crate) fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!("<section id=\"{id}\"")).unwrap();
    let length = page[begin..].find("</section>").unwrap();
    &page[begin..begin + length]
}
