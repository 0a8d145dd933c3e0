//! Oversight as a whole: journals told by hand, served over a real feed, followed into a real PostgreSQL, and asked over real
//! sockets through the real stack.

mod board;
mod doors;
mod following;
mod harness;
mod ranking;
mod reading;
mod recount;
mod reviews;
mod scale;
mod signing;
mod tell;
