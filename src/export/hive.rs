//! The names of folders by date and class, as Hive writes them: `date=2026-11-22`, `class=foreign_foreign`.

use crate::flow::Class;

/// Whether a folder is that of a day.
pub(super) fn is_date(name: &str) -> bool {
    let Some(date) = name.strip_prefix("date=") else {
        return false;
    };
    let mut like = date.bytes().zip(b"0000-00-00");
    date.len() == 10
        && like.all(|(byte, like)| match like {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *like,
        })
}

/// Whether a folder is that of a class.
pub(super) fn is_class(name: &str) -> bool {
    let class = name.strip_prefix("class=");
    class.is_some_and(|class| Class::ALL.iter().any(|one| one.id() == class))
}
