//! Opens the country table that the settings name.

use std::net::IpAddr;

use super::talk::Problem;
use super::view::{AddressView, Atlas, TableView};
use crate::config::Config;
use crate::geo::Finding;

/// Builds the table, or says why it cannot be built.
#[expect(clippy::unnecessary_wraps, reason = "building a table can fail")]
pub(super) fn open(config: &Config) -> Result<Box<dyn Atlas>, Problem> {
    Ok(Box::new(Blank {
        config: config.clone(),
    }))
}

/// A table that knows no place. (Stands in until the compiled table comes.)
struct Blank {
    config: Config,
}

impl Atlas for Blank {
    fn table(&self) -> TableView {
        TableView {
            digest: "0".repeat(64),
            home: self.config.geo.home.clone(),
            site: self.config.geo.site.id().to_owned(),
            ..TableView::default()
        }
    }

    fn address(&self, ip: IpAddr) -> AddressView {
        AddressView {
            ip,
            finding: Finding::Unlocated,
            country: None,
            rule: "in no source".to_owned(),
            range: (ip, ip),
            sources: Vec::new(),
            inside: Vec::new(),
        }
    }
}
