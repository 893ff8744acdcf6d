//! Asks the kernel for huge pages under large tables: fewer faults when they grow, fewer misses when
//! they are read at random. Advice only; without it everything works the same.
#![expect(unsafe_code, reason = "madvise is the only way to ask")]

use rustix::mm::{Advice, madvise};
use std::ffi::c_void;
use std::mem::MaybeUninit;

/// *Given*: x86-64 and most arm64 kernels.
const PAGE: usize = 4096;

/// Below this there is no whole huge page to be had.
const WORTH: usize = 4 << 20;

/// Asks for huge pages under the unused capacity of a vector.
pub(super) fn ask_for_huge<T>(spare: &mut [MaybeUninit<T>]) {
    let bytes = size_of_val(spare);
    if bytes < WORTH {
        return;
    }
    let start = spare.as_mut_ptr() as usize;
    let first = start.next_multiple_of(PAGE);
    let len = (start + bytes - first) / PAGE * PAGE;
    // SAFETY: `first..first + len` is whole pages inside memory that this slice borrows mutably.
    // MADV_HUGEPAGE changes neither their contents nor their protection; a refusal is no error.
    let _refused = unsafe { madvise(first as *mut c_void, len, Advice::LinuxHugepage) };
}
