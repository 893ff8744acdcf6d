//! A fault of the program itself: its place is printed, never its message.

use std::io::Write as _;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use super::exit::Exit;

/// How long the line may take: somebody else may hold standard error, and wait for a reader who never comes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Replaces the panic message, in which a packet's bytes could stand, by the place in the source, and
/// ends the process there and then, whichever thread it was: no core is dumped, in which packets would stand
/// too.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let line = format!(
            "sekisho: internal fault: {place}: please report this place; results are incomplete\n"
        );
        let (told, is_told) = channel::<()>();
        let tell = {
            let line = line.clone();
            move || {
                say(&line);
                drop(told);
            }
        };
        match Builder::new().spawn(tell) {
            // Over as soon as the other end is gone.
            Ok(_) => drop(is_told.recv_timeout(PATIENCE)),
            Err(_) => say(&line),
        }
        std::process::exit(Exit::Internal as i32);
    }));
}

fn say(line: &str) {
    // Nobody is left to tell if standard error cannot be written.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
