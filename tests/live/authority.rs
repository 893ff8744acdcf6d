//! Authorisations of a running sensor: they end by themselves, and are taken over at a reload.

use crate::accounts::entries;
use crate::harness::{Net, frames_add_up, number, records_add_up, until};
use crate::sign::Pair;
use crate::traffic::{SERVER, caller, datagram};
use rustix::process::Signal;
use sekisho::time::{NANOS_PER_SEC, Timestamp};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "a test of a live run")]
fn wall() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

/// An authorisation of what the tests send, on `vb`, from the turn of the century until then.
fn authorisation(until: u64, more: &str) -> String {
    let until = Timestamp::from_nanos(until);
    format!(
        "id = \"live\"\nauthority = \"Nobody\"\nclasses = [\"foreign_foreign\"]\n\
         interfaces = [\"vb\"]\nnot_before = \"2000-01-01T00:00:00Z\"\nnot_after = \"{until}\"\n\
         purpose = \"a test\"\n{more}"
    )
}

fn configure(net: &Net, profile: &str) {
    let key = Pair::new(1).public();
    fs::write(net.path("pseudonym.key"), "0".repeat(64)).unwrap();
    let owner = fs::Permissions::from_mode(0o600);
    fs::set_permissions(net.path("pseudonym.key"), owner).unwrap();
    let pseudonym = match profile {
        "statutory" => "[pseudonym]\nmode = \"prefix\"\nkey = \"pseudonym.key\"\n",
        _ => "",
    };
    let text = format!(
        "profile = \"{profile}\"\n{pseudonym}[geo]\nmax_age = \"never\"\n[authorisation]\n\
         files = [\"a.toml\"]\nkeys = [\"{key}\"]\n"
    );
    fs::write(net.path("c.toml"), text).unwrap();
}

const NOTHING: &str = "/excluded/by_reason/no_authorisation/packets";

#[test]
fn row_43_an_authorisation_that_ends_while_the_sensor_runs_stops_admission_at_that_packet() {
    let Some(net) = Net::new() else { return };
    configure(&net, "standard");
    let sign = |until: u64| {
        Pair::new(1).write_signed(&net.path("a.toml"), &authorisation(until, ""));
    };
    // Long enough to start in.
    sign(wall() + 3600 * NANOS_PER_SEC);
    let mut capture = net.capture(&[
        "-c",
        "c.toml",
        "-o",
        "flows.jsonl",
        "--lanes",
        "2",
        "--ledger",
        "books",
    ]);
    capture.next_line_with("authorisation in force: live: foreign_foreign until ");
    let end = wall() + 8 * NANOS_PER_SEC;
    sign(end);
    capture.signal(Signal::HUP);
    capture.next_line_with("reloaded: ");
    assert!(wall() < end, "the machine is too slow for this");
    let frames: Vec<Vec<u8>> = (0..20)
        .map(|n| datagram(caller(n), SERVER, [40_000, 443], 60))
        .collect();
    let sender = net.sender("va");
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut before_the_end = 0;
    let mut told = 0;
    thread::scope(|scope| {
        let flow = scope.spawn(|| sender.flow(&frames, 20, &stop, &sent));
        while wall() < end {
            before_the_end = sent.load(Ordering::Relaxed);
            thread::sleep(Duration::from_millis(1));
        }
        capture.next_line_with("authorisation expired: live: nothing is admitted under it since ");
        told = wall() - end;
        let so_far = sent.load(Ordering::Relaxed);
        until("traffic goes on", || {
            sent.load(Ordering::Relaxed) > so_far + 500
        });
        stop.store(true, Ordering::Relaxed);
        flow.join().unwrap();
    });
    capture.done();
    let mut standings: Vec<_> = entries(&net)
        .iter()
        .filter_map(|entry| Some(entry["standing"].as_str()?.to_owned()))
        .collect();
    // The reload tells once more how every one of them stands.
    standings.dedup();
    assert_eq!(standings, ["in_force", "expired"]);
    let summary = net.summary();
    let (frames, _) = frames_add_up(&summary);
    let admitted = number(&summary, "/admitted/packets");
    let refused = number(&summary, NOTHING);
    assert_eq!((frames, admitted + refused), (sent.into_inner(), frames));
    println!("{admitted} admitted, {before_the_end} sent before the end, told after {told} ns");
    // Those that were on their way when it ended, and no more.
    assert!(
        admitted >= before_the_end && refused > 400,
        "{admitted}, {before_the_end}"
    );
    assert!(told < 2 * NANOS_PER_SEC, "{told} ns");
    let records = net.records("flows.jsonl");
    records_add_up(&summary, &records);
    let last = records.iter().map(|record| record["end"].as_str().unwrap());
    let last = Timestamp::parse_rfc3339(last.max().unwrap()).unwrap();
    assert!(last.nanos() < end);
    assert_eq!(summary["authorisation"]["ids"], serde_json::json!(["live"]));
}

#[test]
fn a_volume_is_never_exceeded_by_lanes_together_and_goes_on_over_a_reload() {
    let Some(net) = Net::new() else { return };
    configure(&net, "standard");
    let sign = |packets: u64| {
        let volume = format!("[volume]\npackets = {packets}\n");
        let text = authorisation(wall() + 3600 * NANOS_PER_SEC, &volume);
        Pair::new(1).write_signed(&net.path("a.toml"), &text);
    };
    sign(1_000);
    let frames: Vec<Vec<u8>> = (0..100)
        .map(|n| datagram(caller(n), SERVER, [40_000, 443], 60))
        .collect();
    let mut capture = net.capture(&["-c", "c.toml", "-o", "flows.jsonl", "--lanes", "2"]);
    let sender = net.sender("va");
    let mut sent = sender.repeat(&frames, 15);
    capture.next_line_with("authorisation used up: live: ");
    sign(1_200);
    capture.signal(Signal::HUP);
    capture.next_line_with("reloaded: ");
    sent += sender.repeat(&frames, 5);
    capture.next_line_with("authorisation used up: live: ");
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    assert_eq!(number(&summary, "/admitted/packets"), 1_200);
    assert_eq!(
        number(&summary, "/excluded/by_reason/volume_cap/packets"),
        sent - 1_200
    );
}

#[test]
fn a_reload_takes_all_authorisations_or_none_and_an_interface_without_one_is_refused() {
    let Some(net) = Net::new() else { return };
    configure(&net, "statutory");
    let file = net.path("a.toml");
    let day = 86_400 * NANOS_PER_SEC;
    let begin = Timestamp::from_nanos(wall() - day).to_string();
    let good = authorisation(wall() + day, "").replace("2000-01-01T00:00:00Z", &begin);
    Pair::new(1).write_signed(&file, &good);
    let (code, said) = net.refused(
        &[],
        &["-i", "va", "-c", net.path("c.toml").to_str().unwrap()],
    );
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("no authorisation names this interface: va: "),
        "{said}"
    );
    let mut capture = net.capture(&["-c", "c.toml", "-o", "flows.jsonl"]);
    let sender = net.sender("va");
    let one = [datagram(caller(1), SERVER, [40_000, 443], 60)];
    let mut sent = sender.repeat(&one, 10);
    fs::write(&file, good.replace("a test", "another")).unwrap();
    capture.signal(Signal::HUP);
    let line = capture.next_line_with("reload refused: ");
    assert!(
        line.contains("signature does not hold: a.toml.sshsig: "),
        "{line}"
    );
    sent += sender.repeat(&one, 10);
    fs::write(&file, good).unwrap();
    capture.signal(Signal::HUP);
    let line = capture.next_line_with("reload");
    assert!(line.ends_with("reloaded: nothing has changed"), "{line}");
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    assert_eq!(number(&summary, "/admitted/packets"), sent);
}

#[test]
fn after_a_reload_records_name_the_new_authorisation_and_have_its_pseudonyms() {
    let Some(net) = Net::new() else { return };
    configure(&net, "standard");
    let text = fs::read_to_string(net.path("c.toml")).unwrap();
    let pseudonyms = "[pseudonym]\nmode = \"deterministic\"\nkey = \"pseudonym.key\"\n";
    fs::write(net.path("c.toml"), format!("{text}{pseudonyms}")).unwrap();
    fs::write(net.path("home.txt"), "79.200.1.9/32\n").unwrap();
    let sign = |id: &str| {
        let text = authorisation(wall() + 3600 * NANOS_PER_SEC, "");
        let text = text.replace("id = \"live\"", &format!("id = \"{id}\""));
        let text = text.replace("foreign_foreign", "foreign_domestic");
        Pair::new(1).write_signed(&net.path("a.toml"), &text);
    };
    sign("first");
    let mut capture = net.capture(&[
        "-c",
        "c.toml",
        "-o",
        "flows.jsonl",
        "--domestic-list",
        "home.txt",
    ]);
    let frames: Vec<Vec<u8>> = (0..20)
        .map(|n| datagram(caller(n), SERVER, [40_000, 443], 60))
        .collect();
    let sender = net.sender("va");
    let mut sent = sender.repeat(&frames, 5);
    // Long enough for them to be read.
    thread::sleep(Duration::from_secs(2));
    sign("second");
    capture.signal(Signal::HUP);
    capture.next_line_with("reloaded: table ");
    let begun = Timestamp::from_nanos(wall());
    sent += sender.repeat(&frames, 5);
    capture.done();
    let summary = net.summary();
    assert_eq!(frames_add_up(&summary), (sent, 0));
    let records = net.records("flows.jsonl");
    records_add_up(&summary, &records);
    let mut server = std::collections::BTreeMap::new();
    for record in &records {
        let text = |name: &str| record[name].as_str().unwrap();
        let (id, address) = (text("authorisation"), text("dst_ip"));
        let start = Timestamp::parse_rfc3339(text("start")).unwrap();
        assert!(start < begun || id == "second", "{record}");
        // Of one address, one under each.
        assert_eq!(*server.entry(id).or_insert(address), address);
    }
    let [first, second] = ["first", "second"].map(|id| server[id]);
    assert_ne!(first, second);
    assert_eq!(server.len(), 2);
}
