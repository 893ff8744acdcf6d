//! Starts reading memory that will be needed soon, without waiting for it.
//!
//! A load in its place would wait too: a processor has only so many instructions under way, and a batch
//! of loads that miss every cache fills it long before they are all begun.
#![expect(unsafe_code, reason = "there is no safe prefetch")]

/// Has the cache line of a value read.
#[inline(always)]
pub(super) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch is a hint; it changes nothing and cannot fault, and the address is that of
        // a live value anyway.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
