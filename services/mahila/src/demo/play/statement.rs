//! The end of the story: what the state may say about the fifteen days.

use std::time::{Duration, Instant};

use mahila_proto::auth::v1::Role;
use mahila_proto::feed::v1::SubscribeRequest;
use mahila_proto::oversight::v1::{Format, GetStatementRequest, Language, SignStatementRequest, Statement};
use mahila_proto::registry::v1::UnitKind;
use platform::fields::date;

use super::Player;
use super::lines::{refused, request};
use crate::demo::plan::agenda::{FIRST_CALLS, LAST, october};
use crate::demo::plan::draw::Draw;
use crate::demo::{DemoError, Signed};

/// Oversight counts what the others wrote down within this.
const COUNTED_WITHIN: Duration = Duration::from_mins(2);
/// How often it is asked how far it is.
const POLL: Duration = Duration::from_millis(100);

impl Player {
    /// The statement in Hindi and in English, once everything is counted; and signed, for good.
    pub(super) async fn statement(&self) -> Result<(String, String, Signed), DemoError> {
        self.counted().await?;
        let hindi = self.ask_statement(UnitKind::District, Format::Text, Language::Hindi).await?;
        let english = self.ask_statement(UnitKind::District, Format::Text, Language::English).await?;
        let message = SignStatementRequest {
            request_id: Draw::of("sign-statement", &[]).uuid(),
            from: Some(date(october(FIRST_CALLS))),
            to: Some(date(october(LAST))),
            unit: "units/up".to_owned(),
            level: UnitKind::District.into(),
            // What was read is what is signed.
            content_sha256: english.content_sha256,
        };
        let token = self.lines.token(Role::Headquarters, "up");
        let signed = self
            .lines
            .ask("SignStatement", &token, message, |request| {
                let mut oversight = self.lines.oversight();
                async move { oversight.sign_statement(request).await }
            })
            .await?;
        Ok((hindi.rendered, english.rendered, Signed { name: signed.name, sha256: signed.sha256 }))
    }

    async fn ask_statement(&self, level: UnitKind, format: Format, language: Language) -> Result<Statement, DemoError> {
        let message = GetStatementRequest {
            from: Some(date(october(FIRST_CALLS))),
            to: Some(date(october(LAST))),
            unit: "units/up".to_owned(),
            level: level.into(),
            format: format.into(),
            language: language.into(),
            public_copy: false,
            ..GetStatementRequest::default()
        };
        let token = self.lines.token(Role::Headquarters, "up");
        self.lines
            .ask("GetStatement", &token, message, |request| {
                let mut oversight = self.lines.oversight();
                async move { oversight.get_statement(request).await }
            })
            .await
    }

    /// Waits until oversight has counted everything that the journals hold.
    async fn counted(&self) -> Result<(), DemoError> {
        let mut heads = Vec::new();
        for (source, _) in self.lines.feeds() {
            heads.push((*source, self.head(source).await?));
        }
        let deadline = Instant::now() + COUNTED_WITHIN;
        loop {
            let statement =
                self.ask_statement(UnitKind::Unspecified, Format::Unspecified, Language::Unspecified).await?;
            let behind = heads.iter().find(|(source, head)| {
                statement
                    .freshness
                    .iter()
                    .any(|fresh| fresh.source == *source && !fresh.not_followed && fresh.applied < *head)
            });
            let Some((journal, _)) = behind else { return Ok(()) };
            if Instant::now() >= deadline {
                return Err(DemoError::NotCounted { journal, seconds: COUNTED_WITHIN.as_secs() });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The newest entry of a journal, as its feed tells.
    async fn head(&self, source: &'static str) -> Result<i64, DemoError> {
        let token = self.lines.token(Role::Follower, "oversight");
        let feed = self.lines.feeds().iter().find(|(name, _)| *name == source).ok_or(DemoError::Answer("Subscribe"))?;
        let message = SubscribeRequest { source: source.to_owned(), ..SubscribeRequest::default() };
        let failed = |status: tonic::Status| refused("Subscribe", &status);
        let mut stream = feed.1.clone().subscribe(request(message, &token)).await.map_err(failed)?.into_inner();
        let first = stream.message().await.map_err(failed)?.ok_or(DemoError::Answer("Subscribe"))?;
        Ok(first.head)
    }
}
