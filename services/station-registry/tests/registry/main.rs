//! The registry as its callers meet it: a real server on a free port, a real client with a token, a real PostgreSQL. Time is a
//! replay clock that `AdvanceTo` moves.

mod days;
mod desks;
mod doors;
mod harness;
mod roll;
mod rosters;
mod scale;
