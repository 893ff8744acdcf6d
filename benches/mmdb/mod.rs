//! The embedded country table as a MaxMind-format database (MaxMind DB File Format Specification 2.0):
//! what peers and `maxminddb` look up in, so that all answer from the same data.

/// A child of a node that leads nowhere.
const NOTHING: u32 = u32::MAX;
/// Above this, a child is a place in the data.
const DATA: u32 = 1 << 31;
/// The day of the data, in seconds after the epoch.
const BUILT: u32 = 1_790_138_131;

/// The database, IPv4 under `::/96`. What it says of a network is laid out as in the country databases
/// that are in use: a continent, a country and a registered country, each with an id and its name in eight
/// languages.
pub(crate) fn embedded() -> Vec<u8> {
    let mut tree = Tree::default();
    let v4 = tor_geoip_db::ipv4s().iter().map(|first| u128::from(*first));
    tree.add(v4, tor_geoip_db::ipv4c(), u128::from(u32::MAX));
    let v6 = tor_geoip_db::ipv6s().iter().copied();
    tree.add(v6, tor_geoip_db::ipv6c(), u128::MAX);
    tree.bytes()
}

/// A map of up to 28 pairs.
const MAP: u8 = 0xe0;

type Code = Option<std::num::NonZeroU16>;

struct Tree {
    nodes: Vec<[u32; 2]>,
    data: Vec<u8>,
    /// Countries, and where in the data they are.
    written: Vec<(u16, u32)>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            nodes: vec![[NOTHING; 2]],
            data: Vec::new(),
            written: Vec::new(),
        }
    }
}

impl Tree {
    /// Adds ranges, each from its start up to the next.
    fn add(&mut self, starts: impl Iterator<Item = u128> + Clone, codes: &[Code], last: u128) {
        let ends = starts.clone().skip(1).map(|next| next - 1).chain([last]);
        for ((first, last), code) in starts.zip(ends).zip(codes) {
            if let Some(code) = code {
                let at = self.country(code.get());
                self.add_range(first, last, at);
            }
        }
    }

    fn country(&mut self, code: u16) -> u32 {
        if let Some((_, at)) = self.written.iter().find(|(known, _)| *known == code) {
            return *at;
        }
        let at = DATA | self.data.len() as u32;
        let letters = code.to_le_bytes();
        self.data.push(MAP | 3);
        for (what, key, value) in [
            ("continent", "code", b"XX"),
            ("country", "iso_code", &letters),
            ("registered_country", "iso_code", &letters),
        ] {
            text(&mut self.data, what);
            self.data.push(MAP | 3);
            // Keys are in order.
            if what == "continent" {
                self.code(key, *value);
            }
            text(&mut self.data, "geoname_id");
            self.data.push(0xc4);
            self.data.extend_from_slice(&[0, 0x1c, value[0], value[1]]);
            if what != "continent" {
                self.code(key, *value);
            }
            text(&mut self.data, "names");
            self.data.push(MAP | 8);
            for language in ["de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN"] {
                text(&mut self.data, language);
                text(&mut self.data, "a name, in letters");
            }
        }
        self.written.push((code, at));
        at
    }

    fn code(&mut self, key: &str, value: [u8; 2]) {
        text(&mut self.data, key);
        self.data.push(0x42);
        self.data.extend_from_slice(&value);
    }

    /// A range is the largest aligned blocks that it consists of.
    fn add_range(&mut self, mut first: u128, last: u128, at: u32) {
        loop {
            let room = (last - first).saturating_add(1).ilog2();
            let size = first.trailing_zeros().min(room).min(127);
            self.insert(first, 128 - size, at);
            match first.checked_add(1 << size) {
                Some(next) if next <= last => first = next,
                _ => return,
            }
        }
    }

    fn insert(&mut self, bits: u128, length: u32, at: u32) {
        let mut node = 0;
        for depth in 0..length {
            let side = (bits >> (127 - depth)) as usize & 1;
            if depth + 1 == length {
                self.nodes[node][side] = at;
            } else if self.nodes[node][side] == NOTHING {
                self.nodes[node][side] = self.nodes.len() as u32;
                self.nodes.push([NOTHING; 2]);
            }
            node = self.nodes[node][side] as usize;
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let count = self.nodes.len() as u32;
        let mut out = Vec::new();
        for child in self.nodes.iter().flatten() {
            let number = match *child {
                NOTHING => count,
                data if data >= DATA => count + 16 + (data - DATA),
                node => node,
            };
            // Records of 24 bits.
            out.extend_from_slice(&number.to_be_bytes()[1..]);
        }
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&self.data);
        out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
        out.push(0xe0 | 9);
        for (key, number) in [
            ("binary_format_major_version", 2_u16),
            ("binary_format_minor_version", 0),
            ("ip_version", 6),
            ("record_size", 24),
        ] {
            text(&mut out, key);
            out.push(0xa2);
            out.extend_from_slice(&number.to_be_bytes());
        }
        text(&mut out, "node_count");
        out.push(0xc4);
        out.extend_from_slice(&count.to_be_bytes());
        text(&mut out, "database_type");
        text(&mut out, "GeoLite2-Country");
        text(&mut out, "description");
        out.push(0xe1);
        text(&mut out, "en");
        text(&mut out, "the embedded table");
        text(&mut out, "build_epoch");
        out.extend_from_slice(&[0x04, 0x02]);
        out.extend_from_slice(&BUILT.to_be_bytes());
        text(&mut out, "languages");
        out.extend_from_slice(&[0x01, 0x04]);
        text(&mut out, "en");
        out
    }
}

fn text(out: &mut Vec<u8>, value: &str) {
    out.push(0x40 | value.len() as u8);
    out.extend_from_slice(value.as_bytes());
}
