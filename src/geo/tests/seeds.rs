//! What the fuzzing of databases starts from: one of each kind that vendors make.
//!
//! `SEKISHO_ACCEPT=1 cargo test --lib geo` writes them anew into `testdata/fuzz/mmdb`.

use super::mmdb::{Database, Value, iso, map};
use std::path::Path;

fn databases() -> [(&'static str, Database); 4] {
    let maxmind = Database::new(&[
        (
            "8.0.0.0/8",
            map(&[iso("country", "US"), iso("registered_country", "JP")]),
        ),
        ("133.0.0.0/8", map(&[iso("country", "JP")])),
        (
            "1.1.1.0/24",
            map(&[("traits", map(&[("is_anycast", Value::Flag(true))]))]),
        ),
        (
            "2600::/12",
            map(&[iso("country", "US"), ("is_anycast", Value::Number(1))]),
        ),
    ]);
    let mut aliases = Database::new(&[
        ("80.0.0.0/8", map(&[iso("country", "DE")])),
        ("2003::/19", map(&[iso("represented_country", "JP")])),
    ]);
    aliases.aliases = true;
    let text = Database::new(&[
        ("133.0.0.0/8", map(&[("country_code", Value::Text("JP"))])),
        (
            "2001:200::/32",
            map(&[
                ("country", Value::Text("JP")),
                ("anycast", Value::Text("true")),
            ]),
        ),
    ]);
    let mut ipv4 = Database::new(&[
        ("12.0.0.0/8", map(&[iso("country", "US")])),
        (
            "60.0.0.0/6",
            map(&[iso("country", "EU"), ("country_code", Value::Text("JP"))]),
        ),
    ]);
    ipv4.ip_version = 4;
    [
        ("maxmind", maxmind),
        ("aliases", aliases),
        ("text", text),
        ("ipv4", ipv4),
    ]
}

#[test]
fn seeds_of_the_fuzzing_are_these_databases() {
    for (name, database) in databases() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/fuzz/mmdb")
            .join(format!("small-{name}.mmdb"));
        if std::env::var_os("SEKISHO_ACCEPT").is_some() {
            std::fs::write(&path, database.bytes()).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(there == database.bytes(), "{}", path.display());
    }
}
