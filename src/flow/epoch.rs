//! The end of an epoch: every record ends at once. The country table or the policy is replaced, and what
//! has not left the flow table is judged again (rules §5, `recalled`); or the clock of the capture has
//! been set back, and times before and after cannot be compared.

use super::ended::Ended;
use super::held::Held;
use super::index::Index;
use super::table::FlowTable;

impl FlowTable {
    /// Ends every record. Those that `passes` lets go can be taken as those before them; the others
    /// are forgotten, and counted here. What has ended before and was not taken yet is asked too.
    pub fn end_epoch(&mut self, passes: impl Fn(&Ended) -> bool) -> Held {
        self.flush();
        let mut recalled = Held::default();
        let mut judge = |ended: &Ended| {
            let passes = passes(ended);
            if !passes {
                recalled.count(ended);
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
