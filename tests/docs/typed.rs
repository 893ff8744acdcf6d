//! What a reader would type, found on a page.

/// A command, and how it stands there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Typed {
    pub(crate) command: String,
    /// In running text, where it may be a name only.
    pub(crate) is_inline: bool,
}

/// What is set apart on a page and is no command.
#[derive(Debug)]
pub(crate) enum Other {
    /// Settings: `key = value`, or what a service manager reads.
    Settings(String),
    /// Anything else, by its first line: an output, a table.
    Shown(String),
}

/// Blocks that a page sets apart: indented, or fenced as what is typed. Of fences in other languages, none.
fn apart(page: &str) -> Vec<Vec<&str>> {
    let mut found: Vec<Vec<&str>> = Vec::new();
    let (mut is_open, mut fence) = (false, None);
    for line in page.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = match fence {
                None => Some(language),
                Some(_) => None,
            };
            is_open = false;
            continue;
        }
        let line = match fence {
            Some("" | "sh" | "console") => Some(line).filter(|line| !line.is_empty()),
            Some(_) => None,
            None => line
                .strip_prefix("    ")
                .filter(|line| !line.trim().is_empty()),
        };
        match line {
            Some(line) if is_open => found.last_mut().unwrap().push(line),
            Some(line) => found.push(vec![line]),
            None => {}
        }
        is_open = line.is_some();
    }
    found
}

/// The program that a line calls. Before it may stand what sets its surroundings.
pub(crate) fn program(line: &str) -> &str {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let setting = |word: &&str| {
        word.split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    words.find(|word| !setting(word)).unwrap_or_default()
}

/// Everything that a page sets apart, and the commands in its text.
pub(crate) fn read(page: &str, is_program: impl Fn(&str) -> bool) -> (Vec<Typed>, Vec<Other>) {
    let (mut typed, mut others) = (Vec::new(), Vec::new());
    for block in apart(page) {
        let is_setting = |line: &&str| {
            line.starts_with(['[', '#'])
                || line.split_once('=').is_some_and(|(key, _)| {
                    let key = key.trim_end();
                    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                })
        };
        if block.iter().all(is_setting) {
            others.extend(block.iter().map(|line| Other::Settings((*line).to_owned())));
        } else if block
            .iter()
            .all(|line| is_program(program(line)) && !line.starts_with("sekisho  "))
        {
            typed.extend(block.iter().map(|line| {
                Typed {
                    // What explains a command stands two blanks behind it.
                    command: line
                        .split("  ")
                        .next()
                        .unwrap_or_default()
                        .trim()
                        .to_owned(),
                    is_inline: false,
                }
            }));
        } else {
            others.push(Other::Shown(block[0].to_owned()));
        }
    }
    let mut fenced = false;
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if fenced || line.starts_with("    ") {
            continue;
        }
        for code in line.split('`').skip(1).step_by(2) {
            if code.starts_with("sekisho ")
                || code.contains("| sekisho ")
                || program(code) == "cargo"
            {
                typed.push(Typed {
                    command: code.to_owned(),
                    is_inline: true,
                });
            }
        }
    }
    (typed, others)
}

/// Example lines of a help text.
pub(crate) fn of_help(text: &str) -> Vec<Typed> {
    let mut found = Vec::new();
    for line in text.lines() {
        let spread = line
            .split_once("   sekisho ")
            .map(|(_, rest)| format!("sekisho {rest}"));
        let own = line.strip_prefix("  ").map(str::to_owned);
        for command in own.into_iter().chain(spread) {
            let command = command.split("  ").next().unwrap_or_default().trim();
            if command.starts_with("sekisho ") || command.contains("| sekisho ") {
                found.push(Typed {
                    command: command.to_owned(),
                    is_inline: false,
                });
            }
        }
        for code in line.split('`').skip(1).step_by(2) {
            if code.starts_with("sekisho ") {
                found.push(Typed {
                    command: code.to_owned(),
                    is_inline: true,
                });
            }
        }
    }
    found
}
