//! Completions for shells: made from the command line, and tried in the shells that are here.

use crate::golden::{golden, names, tool};
use clap_complete::Shell;

const SHELLS: [(Shell, &str); 3] = [
    (Shell::Bash, "sekisho.bash"),
    (Shell::Fish, "sekisho.fish"),
    (Shell::Zsh, "_sekisho"),
];

/// The text for a shell.
fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut sekisho::cli::command(), "sekisho", &mut text);
    let text = String::from_utf8(text).unwrap();
    // Some lines end in blanks.
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

#[test]
fn completions_are_those_of_the_command_line() {
    for (shell, name) in SHELLS {
        golden(&format!("config/completions/{name}"), &completions(shell));
    }
    assert_eq!(names("config/completions").len(), SHELLS.len());
}

/// A shell that has read the completions, the question put to it, and what must be in the answer.
#[test]
fn shells_complete_a_command_and_an_option() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, name) in SHELLS {
        std::fs::write(folder.path().join(name), completions(shell)).unwrap();
    }
    let file = |name| folder.path().join(name).display().to_string();
    let bash = format!(
        "source '{}'; COMP_WORDS=(sekisho replay --dom); COMP_CWORD=2; \
         _sekisho sekisho --dom replay; echo \"${{COMPREPLY[@]}}\"",
        file("sekisho.bash")
    );
    let fish = format!(
        "source '{}'; complete -C 'sekisho replay --dom'; complete -C 'sekisho exp'",
        file("sekisho.fish")
    );
    let zsh = format!(
        "autoload -U compinit; compinit -u -D; source '{}'; which _sekisho | grep -o -- --domestic-list",
        file("_sekisho")
    );
    for (shell, script) in [("bash", bash), ("fish", fish), ("zsh", zsh)] {
        let Some(done) = tool(shell, &["-c", &script]) else {
            continue;
        };
        let said = String::from_utf8_lossy(&done.stdout);
        let failed = String::from_utf8_lossy(&done.stderr);
        assert!(said.contains("--domestic-list"), "{shell}: {said}{failed}");
        assert!(shell != "fish" || said.contains("explain"), "{said}");
    }
}
