//! The `sekisho` program.

fn main() {}
