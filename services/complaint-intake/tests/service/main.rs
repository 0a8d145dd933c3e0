//! The intake as its callers see it: a real server on a free port, the real stack, a real PostgreSQL, a clock that tests
//! move. The registry is away in all of them, which the intake must not mind.

mod harness;

mod calls;
mod directions;
mod identity;
mod importing;
mod limits;
mod reading;
mod registering;
mod rewrapping;
mod scope;
mod steps;
mod tracking;
mod visits;
mod watching;
