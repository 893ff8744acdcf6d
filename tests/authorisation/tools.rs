//! The programs that people sign with, where they are installed.

use crate::sign::{NAMESPACE, beside};
use crate::{keys, text};
use sekisho::authorisation::{Profile, read};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn run(folder: &Path, program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder);
    match command.stdin(Stdio::null()).output() {
        Ok(done) => {
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{program} {args:?}: {said}");
            true
        }
        Err(_) => {
            println!("NOT TESTED: {program} is not installed");
            false
        }
    }
}

fn written(folder: &Path) -> (std::path::PathBuf, String) {
    let path = folder.join("a.toml");
    let text = text(
        "a",
        "[\"foreign_foreign\"]",
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    );
    fs::write(&path, &text).unwrap();
    (path, text)
}

#[test]
fn what_minisign_signs_counts() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (path, text) = written(folder);
    let made = ["-G", "-W", "-p", "k.pub", "-s", "k.sec"];
    if !run(folder, "minisign", &made) {
        return;
    }
    let public = fs::read_to_string(folder.join("k.pub")).unwrap();
    let keys = keys(&[public.lines().nth(1).unwrap().to_owned()]);
    run(folder, "minisign", &["-S", "-s", "k.sec", "-m", "a.toml"]);
    let signed = read(&path, &keys, 1, Profile::Statutory).unwrap();
    // The same number as in its own comment.
    let number = public.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert_eq!(signed.keys, [format!("minisign {number}")]);
    // Of another file; and of the kind that was made before.
    fs::write(&path, text.replace("a test", "another")).unwrap();
    let error = read(&path, &keys, 1, Profile::Standard).unwrap_err();
    assert!(error.to_string().starts_with("signature does not hold: "));
    run(
        folder,
        "minisign",
        &["-S", "-l", "-s", "k.sec", "-m", "a.toml"],
    );
    read(&path, &keys, 1, Profile::Standard).unwrap_err();
}

#[test]
fn what_ssh_keygen_signs_counts_if_it_is_ed25519_and_for_us() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (path, _) = written(folder);
    let sign = |key: &str, namespace: &str, more: &[&str]| {
        let _ = fs::remove_file(beside(&path, ".sig"));
        let mut args = vec!["-Y", "sign", "-n", namespace, "-f", key];
        args.extend(more);
        args.push("a.toml");
        run(folder, "ssh-keygen", &args);
        fs::rename(beside(&path, ".sig"), beside(&path, ".sshsig")).unwrap();
    };
    let make = |kind: &str| {
        let args = ["-q", "-t", kind, "-N", "", "-C", "a comment", "-f", kind];
        run(folder, "ssh-keygen", &args)
    };
    if !make("ed25519") {
        return;
    }
    let public = fs::read_to_string(folder.join("ed25519.pub")).unwrap();
    let keys = keys(&[public]);
    for more in [&[][..], &["-O", "hashalg=sha256"]] {
        sign("ed25519", NAMESPACE, more);
        let signed = read(&path, &keys, 1, Profile::Statutory).unwrap();
        let listed = Command::new("ssh-keygen")
            .args(["-l", "-f", "ed25519.pub"])
            .current_dir(folder)
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let number = signed.keys[0].strip_prefix("ssh ").unwrap();
        assert!(listed.contains(number), "{listed}");
    }
    sign("ed25519", "file", &[]);
    let error = read(&path, &keys, 1, Profile::Standard).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("signature for another namespace, `file`: ")
    );
    make("ecdsa");
    sign("ecdsa", NAMESPACE, &[]);
    let error = read(&path, &keys, 1, Profile::Standard).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("not an Ed25519 signature by ssh-keygen: ")
    );
}
