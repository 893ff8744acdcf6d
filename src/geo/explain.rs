//! Why an address is where it is, for `locate` and `explain`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use super::embedded::Inside;
use super::segments::{Address, Range, Segments};
use super::{CountryCode, Evidence, Finding, Place, Site, Table, special};

/// Why an address is where it is.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The address asked for.
    pub ip: IpAddr,
    /// `domestic`, `foreign` or `undetermined`; `excluded` for addresses that are themselves a reason
    /// to exclude (multicast, martian).
    pub place: &'static str,
    /// The country, if one is named.
    pub country: Option<CountryCode>,
    /// The id of the finding: [`Finding::id`].
    pub reason: &'static str,
    /// The rule that decided, as a sentence without a full stop.
    pub rule: String,
    /// First and last address of the range around this one over which nothing changes.
    pub range: (IpAddr, IpAddr),
    /// What each source says.
    pub sources: Vec<Opinion>,
    /// The special-purpose block that the address lies in, with its RFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<&'static str>,
    /// The addresses inside, where they decide: one, or a Teredo client and its server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Self>,
}

/// What one source says of an address.
#[derive(Debug, Clone, Serialize)]
pub struct Opinion {
    /// The source.
    pub source: String,
    /// The country it names.
    pub country: Option<CountryCode>,
    /// It says that the address is anycast.
    pub anycast: bool,
    /// Its registered or represented country is home.
    pub registered_at_home: bool,
    /// First and last address of its range.
    pub range: (IpAddr, IpAddr),
}

impl Table {
    /// Why an address is where it is. Not for the packet path: it asks every source again.
    #[must_use]
    pub fn explain(&self, address: IpAddr) -> Explanation {
        match address {
            IpAddr::V4(v4) => self.explain_v4(v4.into()),
            IpAddr::V6(v6) => self.explain_v6(v6.into()),
        }
    }

    fn explain_v4(&self, address: u32) -> Explanation {
        let sources: Vec<_> = self.sources.iter().map(|source| &source.v4).collect();
        let around = Around::of(
            address,
            &self.special_v4,
            &self.domestic.v4,
            &self.anycast.v4,
            &sources,
        );
        let ip = |number: u32| IpAddr::V4(Ipv4Addr::from(number));
        self.explanation(
            ip(address),
            self.find_v4(address),
            self.country_v4(address),
            &around.map(ip),
        )
    }

    fn explain_v6(&self, address: u128) -> Explanation {
        let sources: Vec<_> = self.sources.iter().map(|source| &source.v6).collect();
        let around = Around::of(
            address,
            &self.special_v6,
            &self.domestic.v6,
            &self.anycast.v6,
            &sources,
        );
        let ip = |number: u128| IpAddr::V6(Ipv6Addr::from(number));
        let mut explanation = self.explanation(
            ip(address),
            self.find_v6(address),
            self.country_v6(address),
            &around.map(ip),
        );
        match self.inside(address) {
            Some(Inside::One(v4)) => {
                explanation.rule = format!("it holds {}, which decides", Ipv4Addr::from(v4));
                explanation.inside = vec![self.explain_v4(v4)];
            }
            Some(Inside::Teredo { client, server }) => {
                explanation.rule = format!(
                    "it holds the Teredo client {} and the server {}, which decide together",
                    Ipv4Addr::from(client),
                    Ipv4Addr::from(server)
                );
                explanation.inside = vec![self.explain_v4(client), self.explain_v4(server)];
            }
            None => {}
        }
        explanation
    }

    fn explanation(
        &self,
        ip: IpAddr,
        finding: Finding,
        country: Option<CountryCode>,
        around: &Around<IpAddr>,
    ) -> Explanation {
        let sources: Vec<Opinion> = self
            .sources
            .iter()
            .zip(&around.sources)
            .map(|(source, range)| {
                let evidence = Evidence::from_packed(range.label);
                Opinion {
                    source: source.name(),
                    country: evidence.country_code(),
                    anycast: evidence.is_anycast(),
                    registered_at_home: evidence.is_contradicted(),
                    range: (range.first, range.last),
                }
            })
            .collect();
        let block = around
            .special
            .then(|| special::block_of(ip))
            .flatten()
            .map(|(block, _)| block.name);
        Explanation {
            ip,
            place: finding.place().map_or("excluded", Place::id),
            country,
            reason: finding.id(),
            rule: self.rule(finding, block, &sources),
            range: (around.first, around.last),
            sources,
            block,
            inside: Vec::new(),
        }
    }

    fn rule(&self, finding: Finding, block: Option<&str>, opinions: &[Opinion]) -> String {
        let who = |said: &dyn Fn(&Opinion) -> bool| {
            let names: Vec<&str> = opinions
                .iter()
                .filter(|opinion| said(opinion))
                .map(|opinion| opinion.source.as_str())
                .collect();
            names.join(", ")
        };
        let at_home = |opinion: &Opinion| opinion.country.is_some_and(|c| self.home.contains(&c));
        let block = block.unwrap_or("a special-purpose block");
        match finding {
            Finding::Home => format!("{} says home", who(&at_home)),
            Finding::OperatorHome => "on the operator's domestic list".to_owned(),
            Finding::SiteHome => format!("{block}, at a site declared to be at home"),
            Finding::Abroad => "every source says abroad".to_owned(),
            Finding::Unlocated if opinions.iter().all(|o| o.country.is_some()) => block.to_owned(),
            Finding::Unlocated => {
                format!(
                    "no country in {}",
                    who(&|opinion| opinion.country.is_none())
                )
            }
            Finding::SourceDisagreement => format!(
                "country abroad, but registered at home or representing it, in {}",
                who(&|opinion| opinion.registered_at_home)
            ),
            Finding::Anycast => {
                let flagged = who(&|opinion| opinion.anycast);
                if flagged.is_empty() {
                    "on the operator's anycast list".to_owned()
                } else {
                    format!("anycast in {flagged}")
                }
            }
            Finding::NonGlobal if self.site == Site::Undetermined => {
                format!("{block}, anybody's")
            }
            Finding::NonGlobal | Finding::Multicast | Finding::Martian => block.to_owned(),
        }
    }
}

/// What all layers say around an address.
struct Around<A> {
    first: A,
    last: A,
    special: bool,
    sources: Vec<Range<A>>,
}

impl<A: Address> Around<A> {
    fn of(
        address: A,
        special: &Segments<A>,
        domestic: &Segments<A>,
        anycast: &Segments<A>,
        sources: &[&Segments<A>],
    ) -> Self {
        let special = special.find(address);
        let lists = [domestic.find(address), anycast.find(address)];
        let sources: Vec<Range<A>> = sources.iter().map(|source| source.find(address)).collect();
        let all = || lists.iter().chain(&sources);
        Self {
            first: all().map(|range| range.first).fold(special.first, A::max),
            last: all().map(|range| range.last).fold(special.last, A::min),
            special: special.label != 0,
            sources,
        }
    }

    fn map(self, ip: impl Fn(A) -> IpAddr) -> Around<IpAddr> {
        Around {
            first: ip(self.first),
            last: ip(self.last),
            special: self.special,
            sources: self
                .sources
                .into_iter()
                .map(|range| Range {
                    first: ip(range.first),
                    last: ip(range.last),
                    label: range.label,
                })
                .collect(),
        }
    }
}
