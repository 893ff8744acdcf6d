//! The page in a browser: it asks for nothing, complains of nothing, and draws Japanese.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{ledger, report};
use sekisho::report::{Language, Options};

/// Draws a page into a picture; what the browser said. Nothing, where there is no browser.
fn draw(folder: &Path, page: &str, name: &str) -> Option<(Vec<u8>, String, String)> {
    let at = |ending: &str| folder.join(format!("{name}.{ending}"));
    fs::write(at("html"), page).unwrap();
    let done = Command::new("timeout")
        .args([
            "120",
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
        ])
        .args([
            "--enable-logging=stderr",
            "--v=0",
            "--window-size=400,1200",
            "--virtual-time-budget=2000",
        ])
        // Whatever is asked for by name, is asked of nobody.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!("--user-data-dir={}", at("profile").display()))
        .arg(format!("--log-net-log={}", at("net").display()))
        .arg(format!("--screenshot={}", at("png").display()))
        .arg(format!("file://{}", at("html").display()))
        .stdin(Stdio::null())
        .output();
    let done = done.ok().filter(|done| done.status.code() != Some(127))?;
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let picture = fs::read(at("png")).unwrap();
    let net = fs::read_to_string(at("net")).unwrap_or_default();
    Some((
        picture,
        String::from_utf8_lossy(&done.stderr).into_owned(),
        net,
    ))
}

#[test]
fn a_browser_asks_for_nothing_and_complains_of_nothing() {
    let report = report(&ledger::quiet(3, 60, 60_000), &Options::default());
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let page = report.to_html(language).unwrap();
        let Some((picture, said, net)) = draw(folder.path(), &page, language.tag()) else {
            eprintln!("NOT TESTED: the page in a browser: there is no chromium here");
            return;
        };
        assert!(picture.len() > 10_000, "{}", picture.len());
        assert!(!said.contains("CONSOLE"), "{said}");
        let file = format!("file://{}", folder.path().display());
        for url in net
            .split("\"url\":\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            // What a browser asks its maker for is not the page's.
            let own = [
                "google",
                "gvt1",
                "chrome:",
                "chrome-extension:",
                "data:",
                "about:",
            ];
            assert!(
                url.starts_with(&file) || own.iter().any(|name| url.contains(name)),
                "{url}"
            );
        }
    }
    // The test can fail: a page that asks for a picture is told so by its own policy.
    let page = report.to_html(Language::English).unwrap();
    let asking = page.replace(
        "<footer>",
        "<footer><img src=\"https://example.org/x.png\">",
    );
    let (_, said, _) = draw(folder.path(), &asking, "asking").unwrap();
    assert!(
        said.contains("CONSOLE") && said.contains("Content Security Policy"),
        "{said}"
    );
}

#[test]
fn japanese_is_drawn_and_not_boxes() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(&ledger::quiet(3, 2, 2_000), &Options::default());
    let page = report.to_html(Language::Japanese).unwrap();
    let style = page
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    let glyph = |text: &str, name: &str| {
        let page = format!(
            "<!DOCTYPE html><html lang=\"ja\"><meta charset=\"utf-8\"><style>{style}</style><body><h1>{text}</h1>"
        );
        draw(folder.path(), &page, name).map(|(picture, ..)| picture)
    };
    let Some(first) = glyph("台", "one") else {
        eprintln!("NOT TESTED: Japanese in a browser: there is no chromium here");
        return;
    };
    // Without a font, two letters are the same box.
    if first == glyph("\u{e123}", "none").unwrap() || first == glyph("帳", "two").unwrap() {
        eprintln!("NOT TESTED: Japanese in a browser: there is no font for it here");
        return;
    }
    assert_eq!(first, glyph("台", "again").unwrap());
}
