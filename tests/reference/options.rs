//! Options, from the command line as clap knows it.

use crate::cell;
use clap::{Arg, Command};
use std::fmt::Write as _;

/// An option, and the commands that have it, spelled and explained so.
struct Row<'a> {
    heading: String,
    spelled: String,
    help: String,
    of: Vec<&'a str>,
}

/// `-o`, `--output PATH` or `FILE...`.
fn spelled(arg: &Arg) -> String {
    let value = arg.get_value_names().map(|names| names[0].to_string());
    let takes = arg.get_action().takes_values();
    let Some(long) = arg.get_long() else {
        let many = arg
            .get_num_args()
            .is_some_and(|range| range.max_values() > 1);
        return format!("`{}{}`", value.unwrap(), if many { "..." } else { "" });
    };
    let value = match value {
        Some(value) if takes => format!(" {value}"),
        _ => String::new(),
    };
    let short = arg.get_short().map(|short| format!("`-{short}`, "));
    format!("{}`--{long}{value}`", short.unwrap_or_default())
}

fn help(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let default = arg.get_default_values().first();
    match default {
        Some(default) if arg.get_action().takes_values() => {
            format!("{help} [default: {}]", default.to_string_lossy())
        }
        _ => help,
    }
}

/// All options, in the order of the commands that have them first.
fn rows<'a>(commands: &[&'a Command]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for command in commands {
        for arg in command.get_arguments().filter(|arg| arg.get_id() != "help") {
            let heading = arg.get_help_heading().unwrap_or("Others");
            let (spelled, help) = (spelled(arg), help(arg));
            let is_same = |row: &&mut Row<'a>| {
                (&*row.heading, &row.spelled, &row.help) == (heading, &spelled, &help)
            };
            match rows.iter_mut().find(is_same) {
                Some(row) => row.of.push(command.get_name()),
                None => rows.push(Row {
                    heading: heading.to_owned(),
                    spelled,
                    help,
                    of: vec![command.get_name()],
                }),
            }
        }
    }
    rows
}

/// Headings of rows, each once.
fn headings<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> Vec<&'r str> {
    let mut found: Vec<&str> = Vec::new();
    for row in rows {
        if !found.contains(&&*row.heading) {
            found.push(&row.heading);
        }
    }
    found
}

/// The options of every command; those that several have stand once.
pub(crate) fn options() -> String {
    let command = sekisho::cli::command();
    let commands: Vec<&Command> = command.get_subcommands().collect();
    let rows = rows(&commands);
    let mut out = String::from(
        "\n## Options\n\nDefaults, then the configuration file, then what is typed: the last wins. Examples are in \
         `sekisho COMMAND --help`.\n",
    );
    for command in &commands {
        of_command(&mut out, command, &rows);
    }
    out.push_str("\n### Options of several commands\n");
    for heading in headings(rows.iter().filter(|row| row.of.len() > 1)) {
        let shared = |row: &&Row<'_>| row.of.len() > 1 && row.heading == heading;
        let rows: Vec<&Row<'_>> = rows.iter().filter(shared).collect();
        of_several(&mut out, heading, &rows);
    }
    out
}

/// A command, what it alone has, and where the rest stands.
fn of_command(out: &mut String, command: &Command, rows: &[Row<'_>]) {
    let (name, about) = (command.get_name(), command.get_about().unwrap());
    let _ = write!(out, "\n### `sekisho {name}`\n\n{about}.\n");
    let own: Vec<&Row<'_>> = rows.iter().filter(|row| row.of == [name]).collect();
    if !own.is_empty() {
        out.push_str("\n| option | what it does |\n|---|---|\n");
    }
    for row in own {
        let _ = writeln!(out, "| {} | {} |", row.spelled, cell(&row.help));
    }
    let shared = rows
        .iter()
        .filter(|row| row.of.len() > 1 && row.of.contains(&name));
    let also: Vec<String> = headings(shared)
        .iter()
        .map(|heading| format!("*{heading}*"))
        .collect();
    if !also.is_empty() {
        let _ = writeln!(out, "\nAlso, of those below: {}.", also.join(", "));
    }
}

/// Options under one heading. Where all are of the same commands, these stand once.
fn of_several(out: &mut String, heading: &str, rows: &[&Row<'_>]) {
    let first = &rows[0].of;
    let is_same = rows.iter().all(|row| row.of == *first);
    let _ = match is_same {
        true => write!(
            out,
            "\n*{heading}*, of {}:\n\n| option | what it does |\n|---|---|\n",
            first.join(", ")
        ),
        false => write!(
            out,
            "\n*{heading}*:\n\n| option | what it does | of |\n|---|---|---|\n"
        ),
    };
    for row in rows {
        let of = match is_same {
            true => String::new(),
            false => format!(" {} |", row.of.join(", ")),
        };
        let _ = writeln!(out, "| {} | {} |{of}", row.spelled, cell(&row.help));
    }
}
