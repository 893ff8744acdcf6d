//! Folders, names and what they expand to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::synth::{gzip, plain_capture};
use crate::source::{Input, OpenError, expand, open};

#[test]
fn a_folder_is_its_captures_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (file, _) = plain_capture(2);
    fs::write(at("b.pcap"), &file).unwrap();
    fs::write(at("a"), gzip(&file)).unwrap();
    fs::write(at("c.gz"), gzip(b"only text")).unwrap();
    fs::write(at("d.pcap"), b"").unwrap();
    fs::write(at("e.pcap"), &file[..10]).unwrap();
    fs::create_dir(at("f.pcap")).unwrap();
    fs::write(at("f.pcap").join("inner.pcap"), &file).unwrap();
    std::os::unix::fs::symlink("nowhere", at("g.pcap")).unwrap();

    let named = at("d.pcap");
    let all = expand(&[Path::new("-"), folder.path(), &named]).unwrap();
    let file = |name: &str| Input::File(at(name));
    assert_eq!(
        all.inputs,
        [
            Input::Stdin,
            file("a"),
            file("b.pcap"),
            file("e.pcap"),
            file("d.pcap")
        ]
    );
    assert_eq!(all.skipped, 4);

    assert!(matches!(
        open(&file("d.pcap")),
        Err(OpenError::NotACapture(_))
    ));
    assert!(matches!(
        expand(&[at("none")]),
        Err(OpenError::NoSuchInput(_))
    ));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        expand(&[empty.path()]),
        Err(OpenError::NoCaptures(_))
    ));
}

#[test]
fn a_hostile_name_stays_on_one_line() {
    let error = OpenError::NoSuchInput(Input::File(PathBuf::from("a\n\x1b[2J\"b")));
    let text = error.to_string();
    assert!(text.chars().all(|char| !char.is_control()), "{text}");
    assert_eq!(text, r#"no such input: "a\n\u{1b}[2J\"b": check the name"#);
}
