//! The command: a server wired from its parts, and clients that speak to one.
//!
//! `client`, `import`, `demo` and `bench_load` use keys and public addresses only, as any other client does; `server`
//! and `offline` open the data folder.

pub mod bench_load;
pub mod client;
pub mod demo;
pub mod import;
pub mod offline;
pub mod s3;
pub mod sender;
pub mod server;
pub mod settings;
pub mod system_clock;
pub mod wire;
