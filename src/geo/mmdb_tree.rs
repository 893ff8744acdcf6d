//! Whether the search tree of a MaxMind-format database can be walked in reasonable time.
//!
//! The library bounds how many networks it takes from a tree, not how many ways it goes without finding
//! one: in a few hundred bytes, nodes that share what lies below them make 2⁹⁶ ways.

/// How many times as many nodes may be met as there are. In a tree each is met once; one that shares
/// subtrees has more ways to go than nodes.
const SHARED: usize = 4;

/// The IPv4 tree lies behind so many zero bits of an IPv6 tree.
const TO_IPV4: u32 = 96;

/// The search tree, at the front of the file.
pub(super) struct Tree<'a> {
    /// The bytes of the file.
    pub(super) bytes: &'a [u8],
    /// How many nodes it has: a larger number is no node.
    pub(super) nodes: usize,
    /// Bits of a record: 24, 28 or 32.
    pub(super) record_size: u16,
    /// 4 or 6.
    pub(super) ip_version: u16,
}

impl Tree<'_> {
    /// Walks it as the library does, and counts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let bits = if self.ip_version == 6 { 128 } else { 32 };
        let ipv4 = self.ipv4();
        let most = self.nodes.saturating_mul(SHARED);
        let mut met = 0_usize;
        // A node, how deep it is, and whether all bits on the way to it are zero.
        let mut waiting = vec![(0_usize, 0_u32, true)];
        while let Some((node, depth, is_zero)) = waiting.pop() {
            if node >= self.nodes {
                continue;
            }
            met += 1;
            if met > most {
                return Err("its search tree shares more than a tree can");
            }
            if Some(node) == ipv4 && !(is_zero && depth == TO_IPV4) {
                // Elsewhere it is an alias, which no walk follows; below or above itself, a circle.
                if is_zero || depth > TO_IPV4 {
                    return Err("its search tree runs in a circle");
                }
                continue;
            }
            if depth == bits {
                return Err("its search tree is deeper than an address is long");
            }
            let [left, right] = self.children(node).ok_or("its search tree is cut off")?;
            waiting.push((right, depth + 1, false));
            waiting.push((left, depth + 1, is_zero));
        }
        Ok(())
    }

    /// The root of the IPv4 tree in one of IPv6, where there is a node.
    fn ipv4(&self) -> Option<usize> {
        if self.ip_version != 6 {
            return None;
        }
        let mut node = 0;
        for _ in 0..TO_IPV4 {
            [node, _] = self.children(node)?;
        }
        (node < self.nodes).then_some(node)
    }

    /// What the two records of a node say; nothing for what is no node.
    fn children(&self, node: usize) -> Option<[usize; 2]> {
        if node >= self.nodes {
            return None;
        }
        let width = usize::from(self.record_size) / 4;
        let start = node.checked_mul(width)?;
        let record = self.bytes.get(start..start.checked_add(width)?)?;
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        };
        match (self.record_size, record) {
            (24 | 32, _) => {
                let (left, right) = record.split_at(width / 2);
                Some([number(left), number(right)])
            }
            (28, [a, b, c, middle, right @ ..]) => {
                let high = |half: u8| usize::from(half) << 24;
                let left = high(middle >> 4) | number(&[*a, *b, *c]);
                Some([left, high(middle & 0xf) | number(right)])
            }
            _ => None,
        }
    }
}
