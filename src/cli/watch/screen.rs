//! The terminal while it shows a watch, and after: on every way out it is as it was.

use std::io::{self, Stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/// The terminal, taken over until this is dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    asked_to_end: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// If it cannot be written, or is none.
    pub(super) fn open() -> io::Result<Self> {
        let asked_to_end = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] {
            signal_hook::flag::register(signal, Arc::clone(&asked_to_end))?;
        }
        // A fault of the program ends it without dropping anything: its hook gives the terminal back first.
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        enable_raw_mode()?;
        let taken = execute!(io::stdout(), EnterAlternateScreen, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match taken {
            Ok(terminal) => Ok(Self {
                terminal,
                asked_to_end,
            }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Whether a signal asked the program to end.
    pub(super) fn is_asked_to_end(&self) -> bool {
        self.asked_to_end.load(Ordering::Relaxed)
    }

    /// Draws a frame.
    pub(super) fn draw(&mut self, frame: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(frame).map(drop)
    }

    /// Forgets what the terminal shows: the next frame is drawn whole.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// What was pressed or happened to the terminal within this time, if anything.
    ///
    /// # Errors
    /// If the terminal is gone, or cannot be read.
    pub(super) fn event(wait: Duration) -> io::Result<Option<Event>> {
        // Asked before the library is: on a terminal that is gone it would read nothing for ever.
        let input = io::stdin();
        let mut watched = [PollFd::new(&input, PollFlags::IN)];
        // What does not fit is longer than anybody waits.
        let wait = Timespec::try_from(wait).ok();
        match poll(&mut watched, wait.as_ref()) {
            // A signal: of the window's new size, perhaps.
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [input] = watched;
        if input
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
        {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is gone"));
        }
        if event::poll(Duration::ZERO)? {
            event::read().map(Some)
        } else {
            Ok(None)
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whatever of it fails, the rest is tried: the terminal may be gone.
fn give_back() {
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::thread;

    /// Run by the test below in a terminal, where it takes that over and fails.
    #[test]
    #[ignore = "fails on purpose"]
    fn a_fault() {
        crate::cli::panic::install_hook();
        let mut screen = Screen::open().unwrap();
        screen
            .draw(|frame| frame.render_widget("figures", frame.area()))
            .unwrap();
        // From another thread, as that which asks would.
        let _ = thread::spawn(|| panic!("10.1.2.3 is not to be told")).join();
    }

    #[test]
    fn a_fault_of_the_program_gives_the_terminal_back() {
        let tmux = |args: &[&str]| {
            let socket = format!("sekisho-fault-{}", std::process::id());
            let done = Command::new("tmux")
                .args(["-L", &socket, "-f", "/dev/null"])
                .args(args)
                .output()?;
            io::Result::Ok(String::from_utf8_lossy(&done.stdout).into_owned())
        };
        let program = std::env::current_exe().unwrap();
        let line = format!(
            "stty -a > $SANE.before; '{}' --ignored --exact cli::watch::screen::tests::a_fault --nocapture; \
             echo code $?; stty -a > $SANE.after; sleep 60",
            program.display()
        );
        let folder = tempfile::tempdir().unwrap();
        let sane = folder.path().join("stty");
        let line = format!("SANE='{}'; {line}", sane.display());
        let started = tmux(&[
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            "sh",
            "-c",
            &line,
        ]);
        if let Err(error) = started {
            println!("NOT TESTED: tmux: {error}");
            return;
        }
        let mut shown = String::new();
        for _ in 0..600 {
            thread::sleep(Duration::from_millis(100));
            shown = tmux(&["capture-pane", "-p"]).unwrap();
            if sane.with_extension("after").exists() {
                break;
            }
        }
        let flags = tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]).unwrap();
        let _ = tmux(&["kill-server"]);
        assert!(
            shown.contains("internal fault: src/cli/watch/screen.rs"),
            "{shown}"
        );
        assert!(
            shown.contains("code 70") && !shown.contains("10.1.2.3"),
            "{shown}"
        );
        assert_eq!(flags.trim(), "0 1", "no alternate screen, and a cursor");
        let stty = |when| std::fs::read_to_string(sane.with_extension(when)).unwrap();
        assert_eq!(stty("before"), stty("after"));
    }
}
