//! What more than one measurement needs. The measurements themselves are in `benches/` and `examples/`.

pub mod roles;
