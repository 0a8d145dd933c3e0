//! Streams that show what is and then every change, until somebody ends them. A service says what it tells; here stands what
//! all of them keep: a sign of life every five seconds, an end when the service stops, patience with a reader and its limit,
//! and room for the word that says why it ended.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::lifecycle::Lifecycle;
use crate::refusal::Refusal;

/// A sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What other replicas commit is found this much later, at most.
const POLL: Duration = Duration::from_millis(250);
/// A reader that takes no message for so long is let go; it resumes from its token.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages that may wait to be read.
const UNREAD: usize = 16;

/// What a reader reads.
pub type Watch<M> = ReceiverStream<Result<M, Status>>;

/// The newest entry that this process committed; see `Writer::committed`.
pub type Committed = watch::Receiver<i64>;

/// Why a stream ends.
#[derive(Debug)]
pub enum End {
    /// The reader is gone.
    Gone,
    /// It is told why.
    Told(Refusal),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Told(refusal)
    }
}

/// Who reads.
#[derive(Debug)]
pub struct Reader<M> {
    send: mpsc::Sender<Result<M, Status>>,
    spoke: Instant,
}

impl<M> Reader<M> {
    /// Gives a message to the reader, as long as there is patience with it.
    ///
    /// # Errors
    /// [`End`]: it is gone, or does not read.
    pub async fn tell(&mut self, message: M) -> Result<(), End> {
        self.send.send_timeout(Ok(message), PATIENCE).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => End::Told(Refusal::slow_reader()),
            mpsc::error::SendTimeoutError::Closed(_) => End::Gone,
        })?;
        self.spoke = Instant::now();
        Ok(())
    }

    /// Nothing was said for five seconds.
    #[must_use]
    pub fn wants_a_sign(&self) -> bool {
        self.spoke.elapsed() >= HEARTBEAT
    }
}

/// Lets `watch` tell a reader until it ends, the reader goes or the service stops.
///
/// # Errors
/// None in practice: `INTERNAL` if a new channel had no room.
pub fn start<M, W>(life: &Lifecycle, watch: impl FnOnce(Reader<M>) -> W) -> Result<Watch<M>, Refusal>
where
    M: Send + 'static,
    W: Future<Output = End> + Send + 'static,
{
    let (send, receive) = mpsc::channel(UNREAD);
    // Room kept for saying why it ends, also to a reader that lets everything else pile up.
    let last_word = send.clone().try_reserve_owned().map_err(|_| Refusal::internal())?;
    let (gone, stopping) = (send.clone(), life.stopping());
    let watching = watch(Reader { send, spoke: Instant::now() });
    life.spawn("watch", async move {
        let end = tokio::select! {
            () = stopping.cancelled() => End::Told(Refusal::stopping()),
            () = gone.closed() => End::Gone,
            end = watching => end,
        };
        if let End::Told(refusal) = end {
            last_word.send(Err(refusal.into()));
        }
    });
    Ok(ReceiverStream::new(receive))
}

/// Until this process commits something, or another may have.
pub async fn changed(committed: &mut Committed) {
    tokio::select! {
        _ = committed.changed() => {}
        () = tokio::time::sleep(POLL) => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;
    use crate::status::reason_of;

    fn life() -> Lifecycle {
        Lifecycle::new(Duration::ZERO, Duration::from_secs(1))
    }

    async fn tell_for_ever(mut reader: Reader<u8>) -> End {
        loop {
            if let Err(end) = reader.tell(1).await {
                return end;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_is_let_go_and_finds_out_why() {
        let begun = Instant::now();
        let stream = start(&life(), tell_for_ever).unwrap();
        tokio::time::sleep(PATIENCE + Duration::from_secs(1)).await;
        assert!(begun.elapsed() > PATIENCE);
        let told: Vec<_> = stream.collect().await;
        assert_eq!(told.len(), UNREAD, "as many as may wait, and the last word among them");
        let (last, before) = told.split_last().unwrap();
        assert!(before.iter().all(Result::is_ok));
        assert_eq!(reason_of(last.as_ref().unwrap_err()).as_deref(), Some("SLOW_READER"));
    }

    #[tokio::test]
    async fn a_service_that_stops_says_so() {
        let life = life();
        let stream = start(&life, |_: Reader<u8>| std::future::pending()).unwrap();
        life.shutdown();
        let (ended, told) = tokio::join!(life.run_until_signal(), stream.collect::<Vec<_>>());
        assert_eq!(ended.unwrap(), crate::lifecycle::End::Clean);
        assert_eq!(reason_of(told[0].as_ref().unwrap_err()).as_deref(), Some("STOPPING"));
    }

    #[tokio::test]
    async fn a_reader_that_goes_ends_it() {
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let life = life();
        let stream = start(&life, |_: Reader<u8>| async move {
            let _kept = ended;
            std::future::pending().await
        })
        .unwrap();
        drop(stream);
        assert!(end.await.is_err(), "what watched was let go");
    }

    #[tokio::test(start_paused = true)]
    async fn silence_asks_for_a_sign_of_life() {
        let (send, _receive) = mpsc::channel(2);
        let mut reader = Reader { send, spoke: Instant::now() };
        assert!(!reader.wants_a_sign());
        tokio::time::advance(HEARTBEAT).await;
        assert!(reader.wants_a_sign());
        reader.tell(1).await.unwrap();
        assert!(!reader.wants_a_sign());
    }
}
