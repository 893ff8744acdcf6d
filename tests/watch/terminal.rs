//! The screen in a real terminal, which tmux is: what is seen, what keys do, and that the terminal is left
//! as it was found.

use crate::text::Sensor;
use sekisho::metrics::OutputFigures;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

/// A terminal with a shell that runs the watch of a sensor, once, and says how it ended.
struct Pane {
    socket: String,
    folder: tempfile::TempDir,
}

impl Pane {
    /// Of 100 columns and 30 rows; nothing, said aloud, where there is no tmux.
    fn new(place: &str, environment: &str) -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let pane = Self {
            socket: format!("sekisho-watch-{}-{number}", std::process::id()),
            folder: tempfile::tempdir().unwrap(),
        };
        let folder = pane.folder.path().display();
        let script = format!(
            "cd '{folder}'; stty -a > before; env -u NO_COLOR LC_ALL=C.UTF-8 {environment} '{}' watch '{place}'; \
             echo ended with $?; stty -a > after; sleep 600",
            env!("CARGO_BIN_EXE_sekisho")
        );
        let args = [
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
            "sh",
            "-c",
            &script,
        ];
        match pane.start(&args) {
            Ok(()) => Some(pane),
            Err(reason) => {
                println!("NOT TESTED: no terminal here: {reason}");
                None
            }
        }
    }

    fn start(&self, args: &[&str]) -> Result<(), String> {
        let done = self
            .command(args)
            .output()
            .map_err(|error| format!("tmux: {error}"))?;
        if done.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("tmux");
        command
            .env("LC_ALL", "C.UTF-8")
            .args(["-u", "-L", &self.socket, "-f", "/dev/null"])
            .args(args);
        command
    }

    fn tmux(&self, args: &[&str]) -> String {
        let done = self.command(args).output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    }

    fn shown(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until it is shown; the whole screen.
    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        self.wait(text, |shown| shown.contains(text))
    }

    #[track_caller]
    fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            let shown = self.shown();
            if is_there(&shown) {
                return shown;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("not seen: {what}: {}", self.shown());
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    fn resize(&self, columns: &str, rows: &str) {
        self.tmux(&["resize-window", "-x", columns, "-y", rows]);
    }

    /// The program ended so, and the terminal is as before.
    #[track_caller]
    fn ended(&self, code: i32) {
        self.wait_for(&format!("ended with {code}"));
        let after: PathBuf = self.folder.path().join("after");
        let stty = |path| std::fs::read_to_string(path).unwrap_or_default();
        // Written right after what was waited for.
        for _ in 0..100 {
            if !stty(after.clone()).is_empty() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(stty(self.folder.path().join("before")), stty(after));
        let flags = "#{alternate_on} #{cursor_flag} #{mouse_any_flag}";
        assert_eq!(self.tmux(&["display-message", "-p", flags]).trim(), "0 1 0");
    }

    /// The process of the watch.
    fn process(&self) -> u32 {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let children = format!("/proc/{0}/task/{0}/children", shell.trim());
        let children = std::fs::read_to_string(children).unwrap();
        children.trim().parse().unwrap()
    }
}

impl Drop for Pane {
    fn drop(&mut self) {
        let _ = self.command(&["kill-server"]).output();
    }
}

#[test]
fn keys_sizes_and_the_end() {
    let sensor = Sensor::at("127.0.0.1:0");
    let Some(pane) = Pane::new(&sensor.place(), "") else {
        return;
    };
    let shown = pane.wait("rates", |shown| {
        shown.contains("capturing") && shown.contains("60.0%")
    });
    for text in [
        "traffic",
        "foreign_domestic",
        "外内 abroad to home",
        "nothing was lost",
        "lane 1",
        "q quit",
    ] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    pane.press("?");
    pane.wait_for("what should have been counted or kept");
    pane.press("Escape");
    pane.wait_for("nothing was lost");
    pane.press("p");
    pane.wait_for("PAUSED");
    pane.press("p");
    pane.wait_for("p pause");
    sensor.board.publish_output(OutputFigures {
        failing: true,
        queue_capacity: 64,
        ..OutputFigures::default()
    });
    pane.wait_for("OUTPUT IS FAILING");
    pane.press("r");
    pane.wait_for("losses since");
    for (columns, rows, text) in [
        ("160", "45", "process"),
        ("80", "24", "excluded"),
        ("40", "10", "excluded"),
        ("39", "10", "too small"),
        ("40", "9", "too small"),
        ("7", "2", "too"),
        ("1", "1", "…"),
        ("100", "30", "process"),
    ] {
        pane.resize(columns, rows);
        pane.wait(text, |shown| shown.contains(text));
    }
    pane.press("q");
    pane.ended(0);
}

#[test]
fn a_sensor_that_ends_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("unix:{}", folder.path().join("metrics.sock").display());
    let Some(pane) = Pane::new(&place, "") else {
        return;
    };
    pane.wait_for("no such socket");
    let sensor = Sensor::at(&place);
    pane.wait_for("capturing");
    drop(sensor);
    let shown = pane.wait_for("NO ANSWER");
    assert!(
        shown.contains("foreign_domestic"),
        "what was is still shown: {shown}"
    );
    let _sensor = Sensor::at(&place);
    pane.wait_for("restarted");
    pane.press("C-c");
    pane.ended(0);
}

#[test]
fn a_signal_gives_the_terminal_back_too() {
    let sensor = Sensor::at("127.0.0.1:0");
    for signal in ["-TERM", "-INT", "-HUP"] {
        let Some(pane) = Pane::new(&sensor.place(), "") else {
            return;
        };
        pane.wait_for("nothing was lost");
        let process = pane.process().to_string();
        let done = Command::new("kill")
            .args([signal, &process])
            .status()
            .unwrap();
        assert!(done.success());
        pane.ended(0);
    }
}

#[test]
fn colours_are_there_unless_they_are_not_wanted() {
    let sensor = Sensor::at("127.0.0.1:0");
    // Green, by its number.
    let is_green = |pane: &Pane| {
        pane.wait_for("nothing was lost");
        let shown = pane.tmux(&["capture-pane", "-p", "-e"]);
        ["\u{1b}[32m", "\u{1b}[38;5;2m"]
            .iter()
            .any(|green| shown.contains(green))
    };
    let Some(pane) = Pane::new(&sensor.place(), "TERM=xterm-256color") else {
        return;
    };
    assert!(is_green(&pane));
    let Some(pane) = Pane::new(&sensor.place(), "NO_COLOR=1") else {
        return;
    };
    assert!(!is_green(&pane));
    let shown = pane.tmux(&["capture-pane", "-p", "-e"]);
    // Of what begins with these, 39 and 49 alone are no colours.
    let mut codes = shown.split("\u{1b}[").skip(1);
    let coloured = codes.find(|code| code.starts_with(['3', '4']) && code.as_bytes()[1] != b'9');
    assert_eq!(coloured, None);
}

#[test]
fn a_terminal_that_can_do_nothing_is_told_of_once() {
    let Some(pane) = Pane::new("127.0.0.1:9317", "TERM=dumb") else {
        return;
    };
    let shown = pane.wait_for("ended with 2");
    assert!(shown.contains("use --once"), "{shown}");
}

/// What is always readable would be asked for keys without a pause.
#[test]
fn without_a_terminal_to_type_into_nothing_is_shown() {
    // Ends the word that the place stands in.
    let place = "127.0.0.1:9317' < '/dev/null";
    let Some(pane) = Pane::new(place, "") else {
        return;
    };
    pane.wait_for("no terminal to take keys from");
    pane.wait_for("ended with 2");
}
