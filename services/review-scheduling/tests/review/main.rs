//! Review scheduling as its callers see it: a real server on a free port, the real stack, a real PostgreSQL, a clock that
//! tests move, and a journal of intake's that tests write.

mod calls;
mod harness;
mod journal;
mod tell;

mod action_items;
mod bulk;
mod cycles;
mod doors;
mod following;
mod leaving;
mod levels;
mod policies;
mod selection;
mod sittings;
mod watching;
