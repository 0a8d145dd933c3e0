//! Campaigns as their callers see them: a real server on a free port, the real stack, a real PostgreSQL, a clock that
//! tests move. The registry is away in all of them, which campaigns must not mind.

mod harness;
mod requests;

mod coverage;
mod doors;
mod held_once;
mod lapse;
mod life;
mod partners;
mod reading;
mod repeats;
mod signals;
mod violations;
