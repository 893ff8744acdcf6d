//! What section `[geo]` means: countries, tables, lists and prefixes, each checked.

use super::Geo;
use super::countries;
use super::error::Error;
use super::given::Given;
use super::layer::GeoLayer;
use super::resolve::{From, List};
use super::values::{Days, MaxAge};
use crate::geo::{CountryCode, Prefix, PrefixError, Site, SourceSpec};

impl From<'_> {
    pub(super) fn geo(self, layer: GeoLayer, default: Geo) -> Result<Geo, Error> {
        let GeoLayer {
            home,
            sources,
            domestic_list,
            anycast_list,
            site,
            max_age,
            nat64_prefixes,
            softwire_prefixes,
        } = layer;
        Ok(Geo {
            home: match home {
                None => default.home,
                Some(given) => self.home(given)?,
            },
            sources: match sources {
                None => default.sources,
                Some(given) => self.sources(given)?,
            },
            domestic_lists: self.paths(domestic_list)?,
            anycast_lists: self.paths(anycast_list)?,
            site: match site {
                None => default.site,
                Some(given) => {
                    self.choice(&given, "site", &[Site::Undetermined, Site::Home], Site::id)?
                }
            },
            max_age: match max_age {
                None => default.max_age,
                Some(given) => self.max_age(&given)?,
            },
            nat64_prefixes: self.prefixes(nat64_prefixes, |prefix| {
                let fits = prefix.address().is_ipv6()
                    && matches!(prefix.length(), 32 | 40 | 48 | 56 | 64 | 96);
                (!fits).then_some(
                    "a NAT64 prefix is IPv6 and 32, 40, 48, 56, 64 or 96 long (RFC 6052)",
                )
            })?,
            softwire_prefixes: self.prefixes(softwire_prefixes, |prefix| {
                (prefix.length() < 8).then_some(
                    "so short a prefix would let whole continents be softwires: use 8 bits or more",
                )
            })?,
        })
    }

    fn home(self, given: Given<Vec<Given<String>>>) -> Result<Vec<CountryCode>, Error> {
        if given.value.is_empty() {
            return Err(self.forbid(
                &given.origin,
                "`home` is empty",
                "name at least one country, such as [\"JP\"]: without a home everything would be foreign",
            ));
        }
        let mut home = Vec::new();
        for code in given.value {
            let upper = code.value.to_ascii_uppercase();
            match CountryCode::new(&upper) {
                Some(country) if countries::is_assigned(&upper) => {
                    if !home.contains(&country) {
                        home.push(country);
                    }
                }
                _ => {
                    let hint = countries::meant(&upper).map_or_else(
                        || "give an ISO 3166-1 code of two letters, such as JP".to_owned(),
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    let what = format!("`{}` is no country code", code.value);
                    return Err(self.refuse(&code.origin, what, hint));
                }
            }
        }
        Ok(home)
    }

    fn sources(self, given: Given<Vec<Given<String>>>) -> Result<Vec<SourceSpec>, Error> {
        if given.value.is_empty() {
            return Err(self.forbid(
                &given.origin,
                "`sources` is empty",
                "name at least one table, such as [\"embedded\"]: without any nothing is located",
            ));
        }
        let mut sources = Vec::new();
        for entry in given.value {
            let source = match entry.value.as_str() {
                // Whether this build holds one is for the table's compiler to say.
                "embedded" => SourceSpec::Embedded,
                _ => SourceSpec::File(self.path(&entry)?),
            };
            if sources.contains(&source) {
                return Err(self.refuse(
                    &entry.origin,
                    format!("table `{}` is named twice", entry.value),
                    "name each table once: the same evidence twice is no more evidence",
                ));
            }
            sources.push(source);
        }
        Ok(sources)
    }

    fn max_age(self, given: &Given<Days>) -> Result<MaxAge, Error> {
        let hint = "give a whole number of days from 1 to 36500, or \"never\"";
        match &given.value {
            Days::Number(days @ 1..=36_500) => Ok(MaxAge::Days(*days as u32)),
            Days::Number(days) => Err(self.refuse(
                &given.origin,
                format!("`max_age` cannot be {days} days"),
                hint,
            )),
            Days::Word(word) if word == "never" => Ok(MaxAge::Never),
            Days::Word(word) => {
                Err(self.refuse(&given.origin, format!("`max_age` cannot be `{word}`"), hint))
            }
        }
    }

    fn prefixes(
        self,
        list: List,
        refuse: impl Fn(&Prefix) -> Option<&'static str>,
    ) -> Result<Vec<Prefix>, Error> {
        let mut prefixes = Vec::new();
        for entry in list.map(|given| given.value).unwrap_or_default() {
            let what = || format!("bad prefix `{}`", entry.value);
            let prefix: Prefix = entry
                .value
                .parse()
                .map_err(|bad: PrefixError| self.refuse(&entry.origin, what(), bad.to_string()))?;
            if let Some(hint) = refuse(&prefix) {
                return Err(self.refuse(&entry.origin, what(), hint));
            }
            prefixes.push(prefix);
        }
        Ok(prefixes)
    }
}
