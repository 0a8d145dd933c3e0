//! The tables: those of this release, and of this kind of deployment.

use std::str::FromStr;

use futures_util::future::join;
use platform::postgres::{self, PostgresError};
use platform::settings::{Secret, Service};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::store;
use super::text::text;
use crate::services::migrator;

pub(super) async fn findings(patient: &Patient, service: Service, db: &PgPool) -> Vec<Finding> {
    let [migrations, newer, mark, indexes] =
        ["schema.migrations", "schema.newer", "schema.deployment", "schema.indexes"]
            .map(|name| Check::of(name, service));
    let patience = patient.patience;
    let (first, second) = Box::pin(join(
        join(
            migrations.asked(patience, pending(&migrations, service, db)),
            newer.asked(patience, self::newer(&newer, service, db)),
        ),
        join(
            mark.asked(patience, async { Ok(marked(&mark, patient.settings.simulated, store::simulated(db).await?)) }),
            indexes.asked(patience, self::indexes(&indexes, db)),
        ),
    ))
    .await;
    vec![first.0, first.1, second.0, second.1]
}

/// Which server an address leads to, and which database there.
fn place(url: &Secret) -> Option<(String, String)> {
    let options = PgConnectOptions::from_str(url.expose()).ok()?;
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    let database = options.get_database().unwrap_or_else(|| options.get_username()).to_owned();
    Some((format!("{host}:{}", options.get_port()), database))
}

/// Which server an address leads to.
pub(super) fn server_of(url: &Secret) -> Option<String> {
    place(url).map(|(server, _)| server)
}

/// Which database an address leads to.
pub(super) fn database_of(url: &Secret) -> Option<String> {
    place(url).map(|(_, database)| database)
}

fn sql(error: PostgresError) -> sqlx::Error {
    match error {
        PostgresError::Sql(error) => error,
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

async fn pending(check: &Check, service: Service, db: &PgPool) -> Result<Finding, sqlx::Error> {
    let pending = postgres::pending(db, migrator(service)).await.map_err(sql)?;
    let count = pending.len();
    let Some(first) = pending.first() else {
        return Ok(check.ok(text!("none is pending", "कोई बाक़ी नहीं")));
    };
    let finding = check.mend(
        text!("{count} pending, the first being `{first}`", "{count} बाक़ी, पहला `{first}`"),
        text!(
            "run `mahila migrate {service}` with the owner's address; the service does not start before",
            "मालिक (owner) के पते से `mahila migrate {service}` चलाएँ; उससे पहले सेवा चालू नहीं होती",
        ),
    );
    Ok(finding.number("pending", count))
}

async fn newer(check: &Check, service: Service, db: &PgPool) -> Result<Finding, sqlx::Error> {
    let newer = postgres::newer(db, migrator(service)).await.map_err(sql)?;
    if newer.is_empty() {
        return Ok(check.ok(text!("none that this release does not know", "ऐसा कोई नहीं जिसे यह संस्करण न जाने")));
    }
    let (count, names) = (newer.len(), newer.join(", "));
    let finding = check.look(
        text!("a newer release has migrated it: {names}", "किसी नए संस्करण ने इसे बदला है: {names}"),
        text!(
            "finish the upgrade: this release runs beside the next one and no further; do not go back beyond it",
            "नया संस्करण पूरा लगाएँ: यह संस्करण केवल अगले के साथ चल सकता है; उससे पीछे न जाएँ",
        ),
    );
    Ok(finding.number("newer", count))
}

fn marked(check: &Check, simulated: bool, marked: Option<bool>) -> Finding {
    match (marked, simulated) {
        (None, _) => {
            check.ok(text!("not marked yet: the first start does it", "अभी चिह्नित नहीं: पहली बार चालू होने पर होगा"))
        }
        (Some(true), true) => check.ok(text!("a simulation, as the settings say", "अभ्यास (simulation), जैसा सेटिंग में है")),
        (Some(false), false) => check.ok(text!("real, as the settings say", "वास्तविक, जैसा सेटिंग में है")),
        (Some(true), false) => check.mend(
            text!(
                "the database is a simulation and the settings are for real use",
                "डेटाबेस अभ्यास (simulation) का है और सेटिंग वास्तविक उपयोग की"
            ),
            text!(
                "take a fresh database: what is in this one was invented; or set `simulated` to true",
                "नया डेटाबेस लें: इसमें जो है वह गढ़ा हुआ है; या `simulated` को true करें",
            ),
        ),
        (Some(false), true) => check.mend(
            text!(
                "the database is real and the settings are for a simulation",
                "डेटाबेस वास्तविक है और सेटिंग अभ्यास (simulation) की"
            ),
            text!("set `simulated` to false, or take another database", "`simulated` को false करें, या दूसरा डेटाबेस लें"),
        ),
    }
}

async fn indexes(check: &Check, db: &PgPool) -> Result<Finding, sqlx::Error> {
    let invalid = store::invalid_indexes(db).await?;
    if invalid.is_empty() {
        return Ok(check.ok(text!("all are valid", "सभी ठीक हैं")));
    }
    let names = invalid.join(", ");
    Ok(check.mend(
        text!("not valid: {names}", "ठीक नहीं: {names}"),
        text!(
            "drop each (DROP INDEX CONCURRENTLY) and create it again as its migration does",
            "हर एक को हटाएँ (DROP INDEX CONCURRENTLY) और उसके migration के अनुसार फिर बनाएँ",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_database_is_of_one_kind_for_good() {
        let check = Check::of("schema.deployment", "intake");
        for (simulated, mark, state) in [
            (false, None, State::Ok),
            (true, Some(true), State::Ok),
            (false, Some(false), State::Ok),
            (false, Some(true), State::Mend),
            (true, Some(false), State::Mend),
        ] {
            assert_eq!(marked(&check, simulated, mark).state, state, "{simulated} {mark:?}");
        }
    }

    #[test]
    fn an_address_tells_server_and_database() {
        let url = Secret::new("postgres://u:p@db.example:6432/intake?sslmode=require");
        assert_eq!(server_of(&url).as_deref(), Some("db.example:6432"));
        assert_eq!(database_of(&url).as_deref(), Some("intake"));
        let socket = Secret::new("postgres://u@localhost/intake?host=/run/pg");
        assert_eq!(server_of(&socket).as_deref(), Some("/run/pg:5432"));
        assert_eq!(server_of(&Secret::new("nonsense")), None);
    }
}
