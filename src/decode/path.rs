//! The tags and tunnels on the way to a packet, by name.

/// VLAN tags named in a record at most; deeper tags are stepped over.
pub const MAX_VLANS: usize = 8;
/// Tunnels named in a record at most; there cannot be many more below the layer bound.
pub const MAX_TUNNELS: usize = 8;

/// A tunnel between two layers, by its name in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Tunnel {
    Mpls,
    Pppoe,
    Ipip,
    Gre,
    Erspan,
    Vxlan,
    VxlanGpe,
    Geneve,
    Gtpu,
    Teredo,
    L2tp,
    L2tpv3,
    Ah,
    Etherip,
    Lisp,
    Ayiya,
    Nsh,
    PimRegister,
    Wccp,
    Pptp,
    Pbb,
    SixInFour,
    FourInSix,
    SixInSix,
    Gue,
    Amt,
    MobileIp,
}

impl Tunnel {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Mpls,
        Self::Pppoe,
        Self::Ipip,
        Self::Gre,
        Self::Erspan,
        Self::Vxlan,
        Self::VxlanGpe,
        Self::Geneve,
        Self::Gtpu,
        Self::Teredo,
        Self::L2tp,
        Self::L2tpv3,
        Self::Ah,
        Self::Etherip,
        Self::Lisp,
        Self::Ayiya,
        Self::Nsh,
        Self::PimRegister,
        Self::Wccp,
        Self::Pptp,
        Self::Pbb,
        Self::SixInFour,
        Self::FourInSix,
        Self::SixInSix,
        Self::Gue,
        Self::Amt,
        Self::MobileIp,
    ];

    /// The tunnel of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tunnel| tunnel.name() == name)
    }

    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mpls => "mpls",
            Self::Pppoe => "pppoe",
            Self::Ipip => "ipip",
            Self::Gre => "gre",
            Self::Erspan => "erspan",
            Self::Vxlan => "vxlan",
            Self::VxlanGpe => "vxlan-gpe",
            Self::Geneve => "geneve",
            Self::Gtpu => "gtpu",
            Self::Teredo => "teredo",
            Self::L2tp => "l2tp",
            Self::L2tpv3 => "l2tpv3",
            Self::Ah => "ah",
            Self::Etherip => "etherip",
            Self::Lisp => "lisp",
            Self::Ayiya => "ayiya",
            Self::Nsh => "nsh",
            Self::PimRegister => "pim-register",
            Self::Wccp => "wccp",
            Self::Pptp => "pptp",
            Self::Pbb => "pbb",
            Self::SixInFour => "6in4",
            Self::FourInSix => "4in6",
            Self::SixInSix => "6in6",
            Self::Gue => "gue",
            Self::Amt => "amt",
            Self::MobileIp => "mobile-ip",
        }
    }
}

/// VLAN tags and tunnels a packet came through, outer to inner. What does not fit is left out; it
/// was still stepped over and judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    vlans: [u16; MAX_VLANS],
    tunnels: [Tunnel; MAX_TUNNELS],
    vlan_count: u8,
    tunnel_count: u8,
}

impl Path {
    /// A packet that came straight.
    pub const DIRECT: Self = Self {
        vlans: [0; MAX_VLANS],
        tunnels: [Tunnel::Mpls; MAX_TUNNELS],
        vlan_count: 0,
        tunnel_count: 0,
    };

    /// VLAN identifiers (12 bits), outer to inner.
    #[must_use]
    pub fn vlans(&self) -> &[u16] {
        &self.vlans[..usize::from(self.vlan_count)]
    }

    /// Tunnels, outer to inner.
    #[must_use]
    pub fn tunnels(&self) -> &[Tunnel] {
        &self.tunnels[..usize::from(self.tunnel_count)]
    }

    /// Whether there is neither a tag nor a tunnel.
    #[must_use]
    pub const fn is_direct(&self) -> bool {
        self.vlan_count == 0 && self.tunnel_count == 0
    }

    /// Adds a VLAN tag inside the others.
    pub fn push_vlan(&mut self, id: u16) {
        if let Some(slot) = self.vlans.get_mut(usize::from(self.vlan_count)) {
            *slot = id;
            self.vlan_count += 1;
        }
    }

    /// Adds a tunnel inside the others.
    pub fn push_tunnel(&mut self, tunnel: Tunnel) {
        if let Some(slot) = self.tunnels.get_mut(usize::from(self.tunnel_count)) {
            *slot = tunnel;
            self.tunnel_count += 1;
        }
    }

    /// How many VLAN tags and tunnels are in it.
    pub(super) const fn counts(&self) -> (u8, u8) {
        (self.vlan_count, self.tunnel_count)
    }

    /// Forgets what lies inside the first `vlans` tags and `tunnels` tunnels.
    pub(super) fn cut(&mut self, (vlans, tunnels): (u8, u8)) {
        if self.counts() == (vlans, tunnels) {
            return;
        }
        for slot in self.vlans.iter_mut().skip(usize::from(vlans)) {
            *slot = 0;
        }
        for slot in self.tunnels.iter_mut().skip(usize::from(tunnels)) {
            *slot = Tunnel::Mpls;
        }
        (self.vlan_count, self.tunnel_count) = (vlans, tunnels);
    }

    pub(super) fn clear(&mut self) {
        // Unused slots keep a fixed value, so that equal paths are equal byte for byte.
        if !self.is_direct() {
            *self = Self::DIRECT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tunnel_is_found_by_its_name() {
        for tunnel in Tunnel::ALL {
            assert_eq!(Tunnel::of_name(tunnel.name()), Some(tunnel));
        }
        // The last one there is: shards of a replay write names, and `merge` reads them.
        assert_eq!(Tunnel::ALL.len(), Tunnel::MobileIp as usize + 1);
    }
}
