//! The parts of the command that speak to a running server over HTTP, as any other client does.
//!
//! Nothing here reaches into the server: the import, the demonstration's data and its simulator use keys and public
//! addresses only.

pub mod bench_load;
pub mod client;
pub mod demo;
pub mod import;
pub mod sender;
pub mod wire;
