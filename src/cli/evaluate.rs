//! `sekisho evaluate`: how far country tables disagree, and how often they are wrong.

use std::fmt::Write as _;

use super::args::{EvaluateArgs, GateFlags};
use super::exit::Exit;
use super::flags;
use super::number::{bytes, grouped, share};
use super::progress::Bar;
use super::talk::{Problem, Talk, escaped};
use super::verify::write;
use crate::evaluation::{Confusion, Evaluation, PLACES, Rate, Space, Traffic, Weight};
use crate::pipeline;

pub(super) fn run(args: EvaluateArgs, talk: &mut Talk) -> Result<Exit, Problem> {
    flags::listen(&args.talk);
    let config = flags::config_to_look_at(args.place, GateFlags::default())?;
    let bar = Bar::new(&config);
    let truth = args.truth.as_deref();
    let (found, damaged) = pipeline::evaluate(&config, truth, &args.files, &bar)?;
    for line in &damaged {
        talk.say(line);
    }
    match &args.json {
        None => talk.result(&render(&found))?,
        Some(path) => {
            let mut text = serde_json::to_string_pretty(&found)
                .map_err(|e| Problem::stdout(&std::io::Error::from(e)))?;
            text.push('\n');
            if path.as_os_str() == "-" {
                talk.result(&text)?;
            } else {
                write(path, text.as_bytes())?;
                talk.result(&render(&found))?;
            }
        }
    }
    Ok(if damaged.is_empty() {
        Exit::Done
    } else {
        Exit::Damaged
    })
}

fn render(found: &Evaluation) -> String {
    let mut out = String::new();
    // Writing into a String cannot fail.
    let _ = writeln!(out, "home       {}", found.home.join(", "));
    for (number, table) in found.tables.iter().enumerate() {
        let date = table.date.as_deref().unwrap_or("no date");
        let name = escaped(&table.name);
        let _ = writeln!(out, "table {number}    {name}, {date}");
    }
    if found.tables.len() < 2 {
        out.push_str("\nOne table: there is nothing to compare it with. Give --geo once more.\n");
    }
    found
        .by_space
        .iter()
        .for_each(|space| by_space(&mut out, space));
    if let Some(traffic) = &found.by_traffic {
        by_traffic(&mut out, traffic);
    }
    if let Some(truth) = &found.truth {
        let prefixes = grouped(truth.prefixes);
        let _ = writeln!(out, "\nagainst the truth, {prefixes} prefixes");
        for confusion in &truth.tables {
            against_truth(&mut out, confusion);
        }
    }
    out
}

fn row(out: &mut String, name: &str, cells: &[u64]) {
    let _ = write!(out, "  {name:<22}");
    for cell in cells {
        let _ = write!(out, "{:>28}", grouped(*cell));
    }
    out.push('\n');
}

fn head(out: &mut String, name: &str) {
    let [a, b, c] = PLACES;
    let _ = writeln!(out, "  {name:<22}{a:>28}{b:>28}{c:>28}");
}

fn by_space(out: &mut String, space: &Space) {
    let Space {
        one,
        other,
        ip,
        places,
    } = space;
    let unit = match ip.as_str() {
        "ipv6" => "IPv6, /64 networks",
        _ => "IPv4, addresses",
    };
    let _ = writeln!(out, "\n{unit}: table {one} down, table {other} across");
    head(out, "");
    for (name, cells) in PLACES.iter().zip(places) {
        row(out, name, cells);
    }
    let (agreed, all) = space.agreed();
    let disputed = grouped(space.disputed_home());
    let _ = writeln!(
        out,
        "  of what one of them places, both place {} alike; {disputed} are at home by one only",
        share(agreed, all)
    );
}

fn by_traffic(out: &mut String, traffic: &Traffic) {
    let Traffic { frames, pairs } = traffic;
    let _ = writeln!(
        out,
        "\ntraffic: {} packets, {}, {} TCP openings",
        grouped(frames.packets),
        bytes(frames.bytes),
        grouped(frames.openings)
    );
    for judged in pairs {
        let Weight {
            packets,
            bytes: length,
            openings,
        } = judged.weight;
        let same = judged.one_class == judged.other_class;
        let verdict = if same {
            format!("both {}", judged.one_class)
        } else {
            format!(
                "{} by {}, {} by {}",
                judged.one_class, judged.one, judged.other_class, judged.other
            )
        };
        let _ = writeln!(
            out,
            "  tables {} and {}  {:<58} {:>14} {:>6} {:>9} {:>12} openings",
            judged.one,
            judged.other,
            verdict,
            grouped(packets),
            share(packets, frames.packets),
            bytes(length),
            grouped(openings)
        );
    }
}

fn against_truth(out: &mut String, confusion: &Confusion) {
    let Confusion {
        table,
        ipv4,
        ipv6,
        flows,
    } = confusion;
    let name = table.map_or("all tables together".to_owned(), |number| {
        format!("table {number}")
    });
    let _ = writeln!(out, "{name}");
    for (space, cells) in [("IPv4 addresses", ipv4), ("IPv6 /64 networks", ipv6)] {
        if cells.iter().flatten().all(|cell| *cell == 0) {
            continue;
        }
        head(out, space);
        for (truth, cells) in ["truly domestic", "truly foreign"].iter().zip(cells) {
            row(out, truth, cells);
        }
    }
    if let Some(flows) = flows {
        let rates = [
            ("kept, though domestic-domestic", flows.false_keep),
            ("excluded, though not", flows.false_exclude),
        ];
        for (what, rate) in rates {
            let _ = writeln!(out, "  flows {what}: {}", interval(rate));
        }
    }
}

/// A rate with its interval of 95 %.
fn interval(rate: Rate) -> String {
    let Rate {
        events,
        of,
        ppm,
        low_ppm,
        high_ppm,
    } = rate;
    if of == 0 {
        return "none of that kind was seen".to_owned();
    }
    let percent = |ppm: u64| format!("{}.{:04}%", ppm / 10_000, ppm % 10_000);
    format!(
        "{} of {}: {} (95% within {} to {})",
        grouped(events),
        grouped(of),
        percent(ppm),
        percent(low_ppm),
        percent(high_ppm)
    )
}
