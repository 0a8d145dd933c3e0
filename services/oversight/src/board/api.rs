//! The board over gRPC. A stream shows what is, then every change. It says every five seconds that it lives, ends when the
//! service stops, and lets a reader go that does not read. A token names the frame it came with: whoever resumes is told of
//! what differs from that, once.

use chrono::{Days, NaiveDate};
use mahila_proto::oversight::v1 as wire;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::{Fields, date};
use platform::page::Page;
use platform::refusal::Refusal;
use platform::watch::{self, End, Reader};
use platform::write::read_refusal;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use super::store;
use crate::Oversight;
use crate::ledger::monday;
use crate::statements::Period;
use crate::statements::api::{Ask, Raw, unit_to_wire};

/// What a reader reads.
pub(crate) type Board = watch::Watch<wire::WatchBoardResponse>;

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
    let told = tokens.after.clone();
    let watcher = |reader| Watcher { oversight: oversight.clone(), call, ask, tokens, told, reader }.watch();
    Ok(Response::new(watch::start(&oversight.base.life, watcher)?))
}

struct Watcher {
    oversight: Oversight,
    call: Call,
    ask: Ask,
    tokens: Page<Told>,
    told: Option<Told>,
    reader: Reader<wire::WatchBoardResponse>,
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
    async fn watch(mut self) -> End {
        let (mut shown, mut committed) = (None, self.oversight.base.writer.committed());
        loop {
            committed.mark_unchanged();
            match self.look(&mut shown).await {
                Ok(()) => watch::changed(&mut committed).await,
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
        if self.reader.wants_a_sign() {
            let sign = wire::WatchBoardResponse { heartbeat: true, ..self.message() };
            self.reader.tell(sign).await?;
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
            self.reader.tell(frame).await?;
        }
        Ok(())
    }

    fn message(&self) -> wire::WatchBoardResponse {
        let resume_token = self.told.as_ref().map(|told| self.tokens.token(told)).unwrap_or_default();
        wire::WatchBoardResponse { resume_token, ..wire::WatchBoardResponse::default() }
    }
}
