//! Oversight as a whole: journals told by hand, served over a real feed, followed into a real PostgreSQL, and asked over real
//! sockets through the real stack.

mod doors;
mod following;
mod harness;
mod reading;
mod scale;
mod tell;
