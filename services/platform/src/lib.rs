//! What every service shares: a shelf of small files, one subject each.
//!
//! | subject | file |
//! |---|---|
//! | the one door for writes, and what it leaves behind | [`write`], [`journal`] |
//! | how services learn from each other | [`feed`], [`directory`] |
//! | who calls, and what they may see | [`auth`], [`scope`], [`call`] |
//! | the edges | [`server`], [`client`], [`tls`], [`refusal`], [`status`], [`fields`], [`page`], [`terms`], [`watch`] |
//! | identity | [`seal`] |
//! | running | [`settings`], [`postgres`], [`telemetry`], [`lifecycle`], [`clock`], [`limits`], [`locale`], [`service`], [`due`] |

pub mod auth;
pub mod call;
pub mod client;
pub mod clock;
pub mod directory;
pub mod due;
pub mod feed;
pub mod fields;
pub mod journal;
pub mod lifecycle;
pub mod limits;
pub mod locale;
pub mod page;
pub mod postgres;
pub mod refusal;
pub mod scope;
pub mod seal;
pub mod server;
pub mod service;
pub mod settings;
pub mod status;
pub mod telemetry;
pub mod terms;
pub mod tls;
pub mod watch;
pub mod write;

pub use clock::SharedClock;
pub use refusal::{Refusal, Violation};
pub use scope::Scope;
