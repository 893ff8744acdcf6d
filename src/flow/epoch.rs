//! The end of an epoch: every record ends at once. The country table or the policy is replaced, and what
//! has not left the flow table is judged again (RULES §5, `recalled`); or the clock of the capture has
//! been set back, and times before and after cannot be compared.

use super::ended::Ended;
use super::index::Index;
use super::table::FlowTable;
use std::ops::AddAssign;

/// Records that were not let out, and the packets in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recalled {
    /// Records.
    pub records: u64,
    /// Packets in them.
    pub packets: u64,
    /// Wire bytes of these.
    pub wire_bytes: u64,
}

impl AddAssign for Recalled {
    fn add_assign(&mut self, other: Self) {
        let Self {
            records,
            packets,
            wire_bytes,
        } = other;
        self.records += records;
        self.packets += packets;
        self.wire_bytes += wire_bytes;
    }
}

impl FlowTable {
    /// Ends every record. Those that `passes` lets go can be taken as those before them; the others
    /// are forgotten, and counted here. What has ended before and was not taken yet is asked too.
    pub fn end_epoch(&mut self, passes: impl Fn(&Ended) -> bool) -> Recalled {
        self.flush();
        let mut recalled = Recalled::default();
        let mut judge = |ended: &Ended| {
            let passes = passes(ended);
            if !passes {
                recalled += Recalled {
                    records: 1,
                    packets: ended.packets(),
                    wire_bytes: ended.wire_bytes(),
                };
            }
            passes
        };
        self.ended.retain(&mut judge);
        self.at_seam.retain(&mut judge);
        let open = std::mem::take(&mut self.entries);
        self.index = Index::new();
        self.indexed = 0;
        for entry in open.iter() {
            let ended = Ended::new(*entry, self.take_order()).by_epoch();
            if judge(&ended) {
                self.let_go(ended);
            }
        }
        recalled
    }

    /// Ends every record and forgets how late it is: packet time goes on from the next frame, wherever
    /// that stands.
    pub fn restart_clock(&mut self) {
        self.end_epoch(|_| true);
        self.clock = 0;
        self.earliest = u64::MAX;
        self.next_sweep = 0;
        self.disordered = false;
    }
}
