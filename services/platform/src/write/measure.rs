//! What is measured of a writer.

use tokio::sync::mpsc;

use super::Job;
use crate::telemetry::{self, Counter, Histogram, names};

/// The series of one writer.
#[derive(Debug, Clone)]
pub(super) struct Measures {
    pub(super) batch: Histogram,
    pub(super) wait: Histogram,
    pub(super) refused: Counter,
}

impl Measures {
    /// Those of a service's writer; the length of its queue is observed for as long as it has one.
    pub(super) fn of(service: &'static str, queue: &mpsc::Sender<Job>) -> Self {
        let meter = telemetry::meter(service);
        let queue = queue.downgrade();
        let waiting = move || queue.upgrade().map(|queue| queue.max_capacity() - queue.capacity());
        meter.observe(&names::WRITE_QUEUE, &[], waiting);
        Self {
            batch: meter.histogram(&names::WRITE_BATCH_SIZE, &[]),
            wait: meter.histogram(&names::WRITE_WAIT, &[]),
            refused: meter.counter(&names::WRITE_REFUSED, &[]),
        }
    }
}
