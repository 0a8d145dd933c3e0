//! A database, a door for writes, and a command to send through it.

use std::sync::{Arc, LazyLock};

use platform::auth::Caller;
use platform::call::Call;
use platform::clock::{SharedClock, SystemClock};
use platform::journal::{Audience, Event, Kind};
use platform::postgres::testing::{TestDatabase, test_database};
use platform::refusal::Refusal;
use platform::write::{By, Command, Done, Options, Outcome, Subject, Tx, Writer};
use serde::{Deserialize, Serialize};
use sqlx::migrate::Migrator;
use uuid::Uuid;

/// Keeps its own list: this crate's sqlx.toml names platform's.
pub static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("tests/migrations");
    migrator.dangerous_set_table_name("probe._migrations");
    migrator.create_schema("probe");
    migrator
});

pub const NOTED: Kind = Kind { name: "probe.noted", audience: Audience::Suite };
pub const HIDDEN: Kind = Kind { name: "probe.hidden", audience: Audience::Private };
pub const FOR_OVERSIGHT: Kind = Kind { name: "probe.for_oversight", audience: Audience::Only(&["oversight"]) };
pub const KINDS: &[Kind] = &[NOTED, HIDDEN, FOR_OVERSIGHT];

/// A note that is refused by its rule when it stands already; every other one is refused by the database.
pub const DECIDED: &str = "decided";
/// A note that is never refused, however often it is written.
pub const DRAWN: &str = "drawn";

/// Writes one note and says so in the journal.
#[derive(Clone)]
pub struct Note {
    pub word: String,
    pub weight: i32,
    pub kind: Kind,
}

impl Note {
    pub fn new(word: impl Into<String>) -> Self {
        Self { word: word.into(), weight: 1, kind: NOTED }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub id: Uuid,
}

/// A word was written.
pub struct Wrote<'a> {
    pub word: &'a str,
    pub kind: Kind,
    pub id: Uuid,
}

impl Event for Wrote<'_> {
    fn kind(&self) -> Kind {
        self.kind
    }
    fn subject(&self) -> String {
        self.id.to_string()
    }
    fn payload(&self) -> Vec<u8> {
        self.word.as_bytes().to_vec()
    }
}

impl Command for Note {
    type Effect = Noted;
    const NAME: &'static str = "note";

    fn subjects(&self) -> Vec<Subject> {
        vec![Subject::of("note", &self.word)]
    }

    async fn apply(&self, tx: &mut Tx, _by: &By) -> Result<Outcome<Noted>, sqlx::Error> {
        if self.word == "refuse me" {
            return Ok(Err(Refusal::state_forbids("REFUSED")));
        }
        if self.word == DECIDED
            && sqlx::query("SELECT FROM probe.notes WHERE word = $1")
                .bind(DECIDED)
                .fetch_optional(&mut *tx)
                .await?
                .is_some()
        {
            return Ok(Err(Refusal::state_forbids("DECIDED")));
        }
        let id: Uuid = sqlx::query_scalar(
            "INSERT INTO probe.notes (id, word, weight) VALUES (gen_random_uuid(), $1, $2) RETURNING id",
        )
        .bind(if self.word == DRAWN { Uuid::new_v4().to_string() } else { self.word.clone() })
        .bind(self.weight)
        .fetch_one(tx)
        .await?;
        Ok(Ok(Done::new(Noted { id }).and(&Wrote { word: &self.word, kind: self.kind, id })))
    }

    fn constraint(&self, name: &str) -> Option<Refusal> {
        (name == "notes_word_once").then(|| Refusal::already_exists("notes"))
    }
}

pub async fn database() -> TestDatabase {
    test_database(&MIGRATOR).await
}

pub fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

/// A writer like the one of another replica, on the same database.
pub fn writer(db: &sqlx::PgPool) -> Writer {
    let options = Options { queue: 4096, batch: 256, digest_key: [9; 32], service: "probe" };
    let (writer, task) = Writer::start(db.clone(), clock(), options);
    tokio::spawn(task);
    writer
}

pub fn call(principal: &str) -> Call {
    Call {
        caller: Caller { principal: principal.to_owned(), ..Caller::anonymous() },
        method: &mahila_proto::METHODS[0],
        deadline: None,
    }
}

/// A request whose bytes differ with its text.
pub fn request(text: &str) -> mahila_proto::registry::v1::GetUnitRequest {
    mahila_proto::registry::v1::GetUnitRequest { name: text.to_owned(), as_of: None }
}

pub async fn count(db: &sqlx::PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
}

/// What the application role may not do: for tests that damage a journal.
pub async fn as_owner(db: &TestDatabase, sql: &'static str) {
    let mut owner = <sqlx::PgConnection as sqlx::Connection>::connect(&db.url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut owner).await.unwrap();
}
