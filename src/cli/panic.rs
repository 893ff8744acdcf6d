//! A fault of the program itself: its place is printed, never its message.

use std::io::Write as _;

use super::exit::Exit;

/// Replaces the panic message, in which a packet's bytes could stand, by the place in the source, and
/// ends the process there and then: no core is dumped, in which packets would stand too.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        let _ = writeln!(
            std::io::stderr().lock(),
            "sekisho: internal fault: {place}: please report this place; results are incomplete"
        );
        std::process::exit(Exit::Internal as i32);
    }));
}
