//! What cannot be captured from is refused at once, with its exit code, and a line that says what to do.

use crate::harness::{Net, PROGRAM, command};
use crate::sockets::set_link_type;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn row_20_a_missing_interface_is_named_with_those_that_there_are() {
    let Some(net) = Net::new() else { return };
    let refused = |args: &[&str]| net.refused(&[], args);
    let missing = "sekisho: no such interface: vc: there are lo, va, vb\n";
    assert_eq!(refused(&["-i", "vc"]), (Some(66), missing.to_owned()));
    assert_eq!(refused(&["-i", "vb", "vc"]), (Some(66), missing.to_owned()));
    let down = "sekisho: interface is down: lo: ip link set lo up\n";
    assert_eq!(refused(&["-i", "lo"]), (Some(66), down.to_owned()));
}

#[test]
fn row_20_a_link_type_that_is_not_decoded_is_named_with_those_that_are() {
    /// `ARPHRD_CAN`, and `ARPHRD_NONE`: raw IP.
    const TYPES: [(u16, bool); 2] = [(280, false), (0xfffe, true)];
    let Some(net) = Net::new() else { return };
    for (link_type, is_known) in TYPES {
        let made = net.try_ip("tuntap add odd mode tun").and_then(|()| {
            net.inside(|| set_link_type("odd", link_type))
                .map_err(|e| e.to_string())
        });
        let carrier = match made {
            Ok(carrier) => carrier,
            Err(reason) => {
                println!("NOT TESTED: no device of another link type here: {reason}");
                return;
            }
        };
        net.raise("odd").unwrap();
        let args = ["-i", "odd", "--duration", "0", "-o", "flows.jsonl"];
        let (code, said) = net.refused(&[], &args);
        if is_known {
            assert_eq!(code, Some(0), "{said}");
        } else {
            assert_eq!(code, Some(65), "{said}");
            let line = said.strip_suffix('\n').unwrap();
            assert!(!line.contains('\n'), "{said}");
            assert!(
                line.starts_with(
                    "sekisho: link type is not decoded (CAN_SOCKETCAN, 227): odd: known are "
                ) && line.contains("EN10MB")
                    && line.contains("LINUX_SLL2"),
                "{said}"
            );
            assert!(!net.path("flows.jsonl").exists());
        }
        drop(carrier);
        net.ip("link del odd");
    }
}

#[test]
fn row_21_without_the_privilege_nothing_is_begun() {
    let Some(net) = Net::new() else { return };
    // A copy that everyone can reach.
    fs::set_permissions(net.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    let copy = net.path("sekisho");
    fs::copy(PROGRAM, &copy).unwrap();
    let copied = copy.display().to_string();
    let nobody = |before: &[&str], args: &[&str]| {
        let mut all = vec![
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        all.extend(before);
        all.push(&copied);
        net.refused(&all, args)
    };
    let args = ["-i", "vb", "-o", "flows.jsonl", "--lanes", "3"];
    let hint = format!(
        "sekisho: no permission to capture: vb: setcap cap_net_raw+ep {copied}, or \
         AmbientCapabilities=CAP_NET_RAW in its systemd unit\n"
    );
    assert_eq!(nobody(&[], &args), (Some(77), hint));
    assert!(!net.path("flows.jsonl").exists());
    // No thread is begun before it is known.
    if let Err(reason) = command("strace", &["-V"]) {
        println!("NOT TESTED: whether threads were begun: {reason}");
        return;
    }
    let traced = [
        "strace",
        "-f",
        "-e",
        "trace=clone,clone3,socket",
        "-o",
        "calls",
    ];
    let (code, _) = nobody(&traced, &args);
    let calls = fs::read_to_string(net.path("calls")).unwrap();
    assert_eq!(code, Some(77), "{calls}");
    assert!(
        calls.contains("AF_PACKET") && calls.contains("EPERM"),
        "{calls}"
    );
    assert!(!calls.contains("clone"), "{calls}");
}

#[test]
fn row_52_a_filter_that_is_none_or_far_too_long_is_refused() {
    let Some(net) = Net::new() else { return };
    let refused = |filter: &str| net.refused(&[], &["-i", "vb", "--filter", filter]);
    let (code, said) = refused("frob 7");
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.starts_with("sekisho: bad filter (")
            && said.ends_with("): frob 7: see pcap-filter(7)\n"),
        "{said}"
    );
    // As long as one argument may be; from a file it may be longer.
    let long = "port 7 or ".repeat(12_000);
    let (code, said) = refused(&long);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("`filter` has 120000 bytes"), "{said}");
    let longer = "port 7 or ".repeat(100_000);
    let file = format!("[capture]\ninterfaces = [\"vb\"]\nfilter = \"{longer}\"\n");
    fs::write(net.path("long.toml"), file).unwrap();
    let (code, said) = net.refused(&[], &["-c", "long.toml"]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("`filter` has 1000000 bytes"), "{said}");
    assert!(said.len() < 500 && said.lines().count() == 1, "{said}");
    // As long as it may be, and no filter: what is shown of it is short.
    let (code, said) = refused(&"x".repeat(16_384));
    assert_eq!(code, Some(78), "{said}");
    assert!(said.len() < 500 && said.lines().count() == 1, "{said}");
}
