//! Counters of libpcap, which are 32 bits wide and wrap, as 64 bits.

/// What a handle lost before delivery, since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drops {
    /// Frames that found the ring full.
    pub kernel: u64,
    /// Frames that the interface or its driver dropped: of the whole interface, the same for each of
    /// its handles.
    pub interface: u64,
}

/// A counter that wraps at 2³², read often enough that it never gains that much between two readings.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wrapping {
    last: u32,
    total: u64,
}

impl Wrapping {
    /// Counts from this reading on.
    pub(super) const fn from(now: u32) -> Self {
        Self {
            last: now,
            total: 0,
        }
    }

    /// Adds what was gained since the last reading.
    pub(super) const fn read(&mut self, now: u32) {
        self.total += now.wrapping_sub(self.last) as u64;
        self.last = now;
    }

    /// What was gained since the first reading.
    pub(super) const fn total(self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_wraps_goes_on() {
        let mut counter = Wrapping::from(u32::MAX - 9);
        for (reading, total) in [
            (u32::MAX - 9, 0),
            (u32::MAX, 9),
            (0, 10),
            (5, 15),
            (u32::MAX, (1 << 32) + 9),
            (4, (1 << 32) + 14),
        ] {
            counter.read(reading);
            assert_eq!(counter.total(), total);
        }
    }
}
