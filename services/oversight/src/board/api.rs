//! The board over gRPC. A stream shows what is, then every change. It says every five seconds that it lives, ends when the
//! service stops, and lets a reader go that does not read. A token names the frame it came with: whoever resumes is told of
//! what differs from that, once.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use mahila_proto::oversight::v1 as wire;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date};
use platform::page::Page;
use platform::refusal::Refusal;
use platform::write::read_refusal;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::store;
use crate::Oversight;
use crate::ledger::monday;
use crate::statements::Period;
use crate::statements::api::{Ask, Raw, unit_to_wire};

/// A sign of life this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// What changed is found this much later, at most.
const POLL: Duration = Duration::from_millis(250);
/// A reader that takes no message for so long is let go; it resumes from its token.
const PATIENCE: Duration = Duration::from_secs(30);
/// Messages that may wait to be read.
const UNREAD: usize = 4;

type Frame = Result<wire::WatchBoardResponse, Status>;

/// What a reader reads.
pub(crate) type Board = ReceiverStream<Frame>;

/// The frame that was told last. Bound to what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    /// Its day.
    day: NaiveDate,
    /// SHA-256 of what it said.
    sha256: [u8; 32],
}

/// Follows the board.
pub(crate) fn watch_board(
    oversight: &Oversight,
    request: Request<wire::WatchBoardRequest>,
) -> Result<Response<Board>, Status> {
    let call = Call::of(&request)?;
    let message = request.into_inner();
    let mut fields = Fields::new();
    let bound = wire::WatchBoardRequest { resume_token: String::new(), ..message.clone() };
    let tokens: Page<Told> = Page::parse(&mut fields, 0, &message.resume_token, &bound, 1, 1);
    let raw =
        Raw { from: None, to: None, unit: &message.unit, level: message.level, public_copy: false, last_week: true };
    let ask = Ask::parse(oversight, &call, &mut fields, raw);
    fields.finish()?;
    let ask = ask.settle()?;
    let (send, receive) = mpsc::channel(UNREAD);
    let last_word = send.clone().try_reserve_owned().map_err(|_| Refusal::internal())?;
    let told = tokens.after.clone();
    let watcher = Watcher { oversight: oversight.clone(), call, ask, tokens, told, send, spoke: Instant::now() };
    oversight.base.life.spawn("board", watcher.run(last_word));
    Ok(Response::new(ReceiverStream::new(receive)))
}

/// Why a stream ends.
enum End {
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

struct Watcher {
    oversight: Oversight,
    call: Call,
    ask: Ask,
    tokens: Page<Told>,
    told: Option<Told>,
    send: mpsc::Sender<Frame>,
    spoke: Instant,
}

/// What the board is about just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    /// The last closed day.
    day: NaiveDate,
    /// The week until then, or the last whole one.
    to_date: Period,
    /// Grows with every change of these days and of those they are compared with.
    changes: i64,
}

impl Watcher {
    /// `last_word`: room kept for saying why it ends, also to a reader that lets everything else pile up.
    async fn run(mut self, last_word: OwnedPermit<Frame>) {
        let stopping = self.oversight.base.life.stopping();
        let gone = self.send.clone();
        let end = tokio::select! {
            () = stopping.cancelled() => End::Told(Refusal::stopping()),
            () = gone.closed() => End::Gone,
            end = self.watch() => end,
        };
        if let End::Told(refusal) = end {
            last_word.send(Err(refusal.into()));
        }
    }

    async fn watch(&mut self) -> End {
        let mut shown = None;
        loop {
            match self.look(&mut shown).await {
                Ok(()) => tokio::time::sleep(POLL).await,
                Err(end) => return end,
            }
        }
    }

    /// Tells what is new, if anything is.
    async fn look(&mut self, shown: &mut Option<Shown>) -> Result<(), End> {
        let now = self.now().await?;
        if *shown != Some(now) {
            // Read after the number: what changes meanwhile is found the next time.
            self.show(now).await?;
            *shown = Some(now);
        }
        if self.spoke.elapsed() >= HEARTBEAT {
            let sign = wire::WatchBoardResponse { heartbeat: true, ..self.message() };
            self.tell(sign).await?;
        }
        Ok(())
    }

    async fn now(&self) -> Result<Shown, Refusal> {
        let today = ist_day(self.oversight.base.clock.now());
        let day = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let to_date =
            if self.ask.public_copy { Period::last_week(today) } else { Period { from: monday(day), to: day } };
        let first = to_date.before().from.min(Period { from: day, to: day }.before().from);
        let changes = store::changes(&self.oversight.base.db, first, day.max(to_date.to)).await;
        Ok(Shown { day, to_date, changes: changes.map_err(|error| read_refusal(&error))? })
    }

    async fn show(&mut self, now: Shown) -> Result<(), End> {
        // Units and scope as they are now.
        let asked = |period| self.ask.again(&self.oversight, &self.call, period);
        let to_date = asked(now.to_date)?.state(&self.oversight).await?;
        let mut frame = wire::WatchBoardResponse {
            day: Some(date(now.day)),
            from: Some(date(now.to_date.from)),
            to: Some(date(now.to_date.to)),
            to_date: Some(unit_to_wire(&to_date.whole)),
            rows_to_date: to_date.rows.iter().map(unit_to_wire).collect(),
            simulated: self.oversight.base.settings.simulated,
            ..wire::WatchBoardResponse::default()
        };
        if !self.ask.public_copy {
            let on_day = asked(Period { from: now.day, to: now.day })?.state(&self.oversight).await?;
            frame.on_day = Some(unit_to_wire(&on_day.whole));
            frame.rows_on_day = on_day.rows.iter().map(unit_to_wire).collect();
        }
        if frame.encoded_len() > self.oversight.limit {
            return Err(Refusal::too_large(self.oversight.limit).into());
        }
        let told = Told { day: now.day, sha256: Sha256::digest(frame.encode_to_vec()).into() };
        if self.told.as_ref() != Some(&told) {
            frame.changed_late = self.told.as_ref().is_some_and(|before| before.day == told.day);
            self.told = Some(told);
            frame.resume_token = self.message().resume_token;
            self.tell(frame).await?;
        }
        Ok(())
    }

    fn message(&self) -> wire::WatchBoardResponse {
        let resume_token = self.told.as_ref().map(|told| self.tokens.token(told)).unwrap_or_default();
        wire::WatchBoardResponse { resume_token, ..wire::WatchBoardResponse::default() }
    }

    async fn tell(&mut self, message: wire::WatchBoardResponse) -> Result<(), End> {
        hand_over(&self.send, message).await?;
        self.spoke = Instant::now();
        Ok(())
    }
}

/// Gives a message to a reader, as long as it has patience with it.
async fn hand_over(send: &mpsc::Sender<Frame>, message: wire::WatchBoardResponse) -> Result<(), End> {
    send.send_timeout(Ok(message), PATIENCE).await.map_err(|error| match error {
        mpsc::error::SendTimeoutError::Timeout(_) => End::Told(Refusal::slow_reader()),
        mpsc::error::SendTimeoutError::Closed(_) => End::Gone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_does_not_read_is_let_go_and_finds_out_why() {
        let (send, mut receive) = mpsc::channel(2);
        let last_word = send.clone().try_reserve_owned().unwrap();
        assert!(hand_over(&send, wire::WatchBoardResponse::default()).await.is_ok());
        let begun = Instant::now();
        let refused = hand_over(&send, wire::WatchBoardResponse::default()).await;
        let Err(End::Told(refusal)) = refused else { panic!("it waits for ever") };
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
        last_word.send(Err(refusal.into()));

        assert!(receive.recv().await.unwrap().is_ok());
        let status = receive.recv().await.unwrap().unwrap_err();
        assert_eq!(platform::status::reason_of(&status).as_deref(), Some("SLOW_READER"));
        drop(receive);
        assert!(matches!(hand_over(&send, wire::WatchBoardResponse::default()).await, Err(End::Gone)));
    }
}
