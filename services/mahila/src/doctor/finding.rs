//! One line of the doctor's: what was looked at, how it is, what was found, and how to mend it.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use platform::settings::Service;
use serde::Serialize;
use serde_json::Map;

use super::text::{Text, text};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Look,
    /// It does not work, or will not for long.
    Mend,
    /// It was not looked at.
    Skip,
}

impl State {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Look => "look",
            Self::Mend => "mend",
            Self::Skip => "skip",
        }
    }
}

/// What came of one check.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    pub(super) check: &'static str,
    /// Which service, peer or key; empty: the process.
    pub(super) of: String,
    pub(super) found: Text,
    /// What to do. There is one wherever something is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mend: Option<Text>,
    /// What programs compare.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) numbers: Map<String, serde_json::Value>,
}

impl Finding {
    /// With a number for programs.
    pub(super) fn number(mut self, name: &str, number: impl Into<serde_json::Value>) -> Self {
        self.numbers.insert(name.to_owned(), number.into());
        self
    }
}

/// Something to look at.
#[derive(Debug, Clone)]
pub(super) struct Check {
    name: &'static str,
    of: String,
}

impl Check {
    /// A check of the whole process.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, of: String::new() }
    }

    /// A check of one thing among several.
    pub(super) fn of(name: &'static str, of: impl Display) -> Self {
        Self { name, of: of.to_string() }
    }

    /// A check of what one service has of another: `oversight:registry`.
    pub(super) fn between(name: &'static str, follower: Service, source: Service) -> Self {
        Self { name, of: format!("{follower}:{source}") }
    }

    fn finding(&self, state: State, found: Text, mend: Option<Text>) -> Finding {
        let (found, mend) = (found.scrubbed(), mend.map(Text::scrubbed));
        Finding { state, check: self.name, of: self.of.clone(), found, mend, numbers: Map::new() }
    }

    pub(super) fn ok(&self, found: Text) -> Finding {
        self.finding(State::Ok, found, None)
    }

    pub(super) fn look(&self, found: Text, mend: Text) -> Finding {
        self.finding(State::Look, found, Some(mend))
    }

    pub(super) fn mend(&self, found: Text, mend: Text) -> Finding {
        self.finding(State::Mend, found, Some(mend))
    }

    pub(super) fn skip(&self, found: Text, mend: Text) -> Finding {
        self.finding(State::Skip, found, Some(mend))
    }

    /// Looks for so long and no longer.
    pub(super) async fn within(&self, patience: Duration, looking: impl Future<Output = Finding>) -> Finding {
        tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| self.silent(patience))
    }

    /// Asks a database, and gives up after so long.
    pub(super) async fn asked(
        &self,
        patience: Duration,
        asking: impl Future<Output = Result<Finding, sqlx::Error>>,
    ) -> Finding {
        self.within(patience, async { asking.await.unwrap_or_else(|error| self.refused(&error)) }).await
    }

    fn silent(&self, patience: Duration) -> Finding {
        let seconds = patience.as_secs();
        self.mend(
            text!("no answer within {seconds} s", "{seconds} सेकंड में कोई उत्तर नहीं"),
            text!(
                "see what keeps it: load, locks, the network between here and there; or give it more time (--timeout)",
                "देखें क्या रोक रहा है: भार, lock, बीच का नेटवर्क; या अधिक समय दें (--timeout)",
            ),
        )
    }

    /// A database that answers with an error.
    pub(super) fn refused(&self, error: &sqlx::Error) -> Finding {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("42P01" | "3F000" | "42703") => self.skip(
                text!("the tables are not there yet", "तालिकाएँ अभी नहीं बनी हैं"),
                text!("mend schema.migrations first", "पहले schema.migrations ठीक करें"),
            ),
            Some("42501") => self.mend(
                text!("the role of the service may not read this: {error}", "सेवा की role इसे पढ़ नहीं सकती: {error}"),
                text!(
                    "name the role as `app_role` and run `mahila migrate`, which grants what a service needs",
                    "role को `app_role` में लिखें और `mahila migrate` चलाएँ, जो ज़रूरी अधिकार देता है",
                ),
            ),
            _ => self.mend(
                text!("the database refused: {error}", "डेटाबेस ने मना किया: {error}"),
                text!("see the log of PostgreSQL", "PostgreSQL का log देखें"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::plain;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_ends_and_says_so() {
        let check = Check::of("peers.health", "registry");
        let finding = check.within(Duration::from_secs(5), std::future::pending()).await;
        assert_eq!((finding.state, finding.check, finding.of.as_str()), (State::Mend, "peers.health", "registry"));
        assert_eq!(finding.found.en, "no answer within 5 s");
        assert!(finding.mend.unwrap().en.contains("--timeout"));
    }

    #[test]
    fn a_finding_never_shows_the_user_of_an_address() {
        let finding = Check::new("x").look(plain("https://u:hunter2@h"), plain("see https://u:hunter2@h"));
        assert!(!serde_json::to_string(&finding).unwrap().contains("hunter2"));
    }
}
