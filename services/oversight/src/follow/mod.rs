//! What oversight learns: desks and their days from the registry's journal, what women brought and what was done from
//! intake's, reviews and awareness events from theirs. Protobuf in, increments of the ledger out, in the transaction that
//! moves the position: each entry counts once, whatever crashes.

mod campaigns;
mod intake;
mod registry;
mod review;

pub use campaigns::Campaigns;
pub use intake::Intake;
pub use registry::Registry;
pub use review::Reviews;

/// The id in a name, without what lies below it: `ps-157-001` of `stations/ps-157-001/desk`.
fn id_of(name: &str) -> String {
    name.split('/').nth(1).unwrap_or_default().to_owned()
}

/// A value's number as it is stored; the contract has no numbers beyond.
fn number(value: i32) -> i16 {
    i16::try_from(value).unwrap_or_default()
}
