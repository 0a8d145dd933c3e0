//! Each database: whether it answers, and whether it keeps what is committed; and everything else that is asked of it.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use platform::postgres::{self, PostgresError};
use platform::settings::{DatabaseSettings, Service};
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::text::{plain, text};
use super::{chain, clock, keys, roles, schema, store};

/// The oldest release whose features are used.
const OLDEST: i32 = 150_000;

/// Connections of the doctor's to a database: it must leave the services theirs.
const CONNECTIONS: u32 = 3;

/// WAL kept for nobody: look at it, mend it.
const KEPT: (i64, i64) = (1 << 30, 16 << 30);

const NAME: &str = "mahila doctor";

/// The databases that answer.
pub(super) type Databases = BTreeMap<Service, PgPool>;

/// Connects to the databases of all services; says what came of it.
pub(super) async fn open(patient: &Patient) -> (Vec<Finding>, Databases) {
    let opened = join_all(patient.services.iter().map(|service| async move {
        let check = Check::of("database.reach", service);
        let Some(settings) = patient.settings.database.get(*service).filter(|settings| settings.url.is_some()) else {
            let finding = check.skip(
                text!("there is no address of it", "इसका पता नहीं दिया गया"),
                text!("give database.{service}.url or `url_file`", "database.{service}.url या `url_file` दें"),
            );
            return (finding, None);
        };
        match tokio::time::timeout(patient.patience, connect(settings, patient)).await {
            Ok(Ok(pool)) => (check.ok(text!("answers", "उत्तर देता है")), Some((*service, pool))),
            Ok(Err(error)) => (unreached(&check, &error), None),
            Err(_) => (check.within(patient.patience, std::future::pending()).await, None),
        }
    }))
    .await;
    let (findings, pools): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
    (findings, pools.into_iter().flatten().collect())
}

pub(super) async fn close(databases: Databases) {
    join_all(databases.values().map(PgPool::close)).await;
}

async fn connect(settings: &DatabaseSettings, patient: &Patient) -> Result<PgPool, PostgresError> {
    let own = DatabaseSettings { max_connections: CONNECTIONS, acquire_timeout: patient.patience, ..settings.clone() };
    postgres::pool(&own, NAME).await
}

fn unreached(check: &Check, error: &PostgresError) -> Finding {
    match error {
        PostgresError::Connect { place, wrong, mend } => {
            let (en, hi) = (mend.en, mend.hi);
            check.mend(
                text!("no connection to {place}: {wrong}", "{place} से connection नहीं: {wrong}"),
                text!("{en}", "{hi}"),
            )
        }
        error => check.mend(
            text!("no connection: {error}", "connection नहीं: {error}"),
            text!("correct the address (`url`, `url_file`)", "पता (`url`, `url_file`) सुधारें"),
        ),
    }
}

/// Everything that is asked of the databases that answer.
pub(super) async fn findings(patient: &Patient, databases: &Databases) -> Vec<Finding> {
    let each = databases.iter().map(|(service, db)| async move {
        let server = async {
            let check = Check::of("database.server", service);
            match tokio::time::timeout(patient.patience, store::server(db)).await {
                Ok(Ok(server)) => self::server(patient, *service, &server),
                Ok(Err(error)) => vec![check.refused(&error)],
                Err(_) => vec![check.within(patient.patience, std::future::pending()).await],
            }
        };
        let (connections, room) = (Check::of("database.connections", service), Check::of("database.room", service));
        let connections = connections.asked(patient.patience, self::connections(&connections, patient, *service, db));
        let room = room.asked(patient.patience, self::room(&room, db));
        let own = join(server, join(connections, room));
        let others = join(
            join(schema::findings(patient, *service, db), roles::findings(patient, *service, db)),
            join(
                clock::of_database(patient, *service, db),
                join(chain::finding(patient, *service, db), keys::in_use(patient, *service, db)),
            ),
        );
        let ((mut findings, (connections, room)), ((schema, roles), (clock, (chain, keys)))) =
            Box::pin(join(own, others)).await;
        findings.extend([connections, room]);
        findings.extend([schema, roles, clock, vec![chain]].concat());
        findings.extend(keys);
        findings
    });
    join_all(each).await.concat()
}

fn server(patient: &Patient, service: Service, server: &store::Server) -> Vec<Finding> {
    vec![
        version(service, server),
        encoding(service, server),
        durability(patient, service, server),
        writable(service, server),
        time_zone(service, server),
    ]
}

fn version(service: Service, server: &store::Server) -> Finding {
    let check = Check::of("database.version", service);
    let version = &server.version;
    let found = plain(format!("PostgreSQL {version}"));
    let finding = if server.number < OLDEST {
        check.mend(found, text!("take PostgreSQL 15 or later", "PostgreSQL 15 या उसके बाद का लें"))
    } else {
        check.ok(found)
    };
    finding.number("version", server.number)
}

fn encoding(service: Service, server: &store::Server) -> Finding {
    let check = Check::of("database.encoding", service);
    let encoding = &server.encoding;
    if encoding == "UTF8" {
        return check.ok(plain(encoding.as_str()));
    }
    check.mend(
        text!("the database is encoded in {encoding}", "डेटाबेस {encoding} में है"),
        text!(
            "make the database with ENCODING 'UTF8' and restore into it: Hindi does not fit elsewhere",
            "डेटाबेस ENCODING 'UTF8' के साथ बनाएँ और उसमें restore करें: हिंदी और कहीं नहीं समाती",
        ),
    )
}

/// What is confirmed must be on the disk. A simulation may lose what it invented.
fn durability(patient: &Patient, service: Service, server: &store::Server) -> Finding {
    let check = Check::of("database.durability", service);
    let store::Server { fsync, full_page_writes, synchronous_commit, .. } = server;
    let found =
        plain(format!("fsync {fsync}, full_page_writes {full_page_writes}, synchronous_commit {synchronous_commit}"));
    if fsync == "on" && full_page_writes == "on" && synchronous_commit != "off" {
        return check.ok(found);
    }
    let mend = text!(
        "set all three to on: a complaint that was answered must outlive a crash",
        "तीनों को on करें: जिस शिकायत की पावती दी गई, वह crash के बाद भी रहनी चाहिए",
    );
    if patient.settings.simulated { check.look(found, mend) } else { check.mend(found, mend) }
}

fn writable(service: Service, server: &store::Server) -> Finding {
    let check = Check::of("database.primary", service);
    let mend = text!(
        "give the address of the primary (with CloudNativePG the `-rw` service), or promote this one",
        "primary का पता दें (CloudNativePG में `-rw` service), या इसे promote करें",
    );
    match (server.in_recovery, server.read_only) {
        (true, _) => check.mend(text!("it is a replica, in recovery", "यह replica है, recovery में"), mend),
        (false, true) => check.mend(text!("it is read-only", "यह केवल पढ़ने के लिए (read-only) है"), mend),
        (false, false) => check.ok(text!("it takes writes", "इसमें लिखा जा सकता है")),
    }
}

fn time_zone(service: Service, server: &store::Server) -> Finding {
    let check = Check::of("database.time_zone", service);
    let zone = &server.time_zone;
    let found = plain(zone.as_str());
    if ["UTC", "Etc/UTC", "GMT", "Asia/Kolkata", "Asia/Calcutta"].contains(&zone.as_str()) {
        return check.ok(found);
    }
    check.look(
        found,
        text!(
            "set timezone to UTC: days are counted in IST whatever it is, but logs are hard to lay side by side",
            "timezone को UTC करें: दिन हर हाल में IST में गिने जाते हैं, पर log मिलाना कठिन होता है",
        ),
    )
}

/// During a roll-out the old processes and the new ones hold their connections at the same time.
async fn connections(check: &Check, patient: &Patient, service: Service, db: &PgPool) -> Result<Finding, sqlx::Error> {
    let seen = store::connections(db).await?;
    Ok(judge_connections(check, wanted(patient, service), seen))
}

/// What the processes of these settings may hold on the server of this service.
fn wanted(patient: &Patient, service: Service) -> i64 {
    let server = |service: Service| {
        let settings = patient.settings.database.get(service)?;
        Some((schema::server_of(settings.url.as_ref()?)?, settings.max_connections))
    };
    let Some((here, own)) = server(service) else { return 0 };
    let neighbours = patient.services.iter().filter(|other| **other != service).filter_map(|other| server(*other));
    let all: u32 = neighbours.filter(|(there, _)| *there == here).map(|(_, wanted)| wanted).sum();
    i64::from(own + all) * i64::from(patient.replicas)
}

fn judge_connections(check: &Check, wanted: i64, seen: store::Connections) -> Finding {
    let store::Connections { room, taken, limit } = seen;
    let found = text!(
        "these settings may hold {wanted} connections of {room}; {taken} are taken now",
        "ये सेटिंग {room} में से {wanted} connection रख सकती हैं; अभी {taken} लगे हैं",
    );
    let mend = text!(
        "lower database.*.max_connections or the replicas, or raise max_connections of PostgreSQL (or the limit of role and database)",
        "database.*.max_connections या replicas घटाएँ, या PostgreSQL का max_connections (या role और डेटाबेस की सीमा) बढ़ाएँ",
    );
    let finding = if wanted > room || (limit >= 0 && wanted > limit) {
        check.mend(found, mend)
    } else if wanted * 2 > room || taken * 10 > room * 9 {
        check.look(found, mend)
    } else {
        check.ok(found)
    };
    finding.number("wanted", wanted).number("room", room).number("taken", taken)
}

async fn room(check: &Check, db: &PgPool) -> Result<Finding, sqlx::Error> {
    Ok(judge_room(check, store::room(db).await?))
}

fn judge_room(check: &Check, seen: store::Room) -> Finding {
    let (size, kept) = (mib(seen.database), mib(seen.kept));
    let found = text!(
        "the database takes {size} MiB; WAL kept for slots that nobody reads: {kept} MiB",
        "डेटाबेस {size} MiB लेता है; ऐसे slot के लिए रखा WAL जिसे कोई नहीं पढ़ता: {kept} MiB",
    );
    let mend = text!(
        "drop the slot (pg_drop_replication_slot), start its reader, or mend archive_command: WAL that is kept fills the disk",
        "slot हटाएँ (pg_drop_replication_slot), उसका पाठक चालू करें, या archive_command ठीक करें: रखा हुआ WAL disk भर देता है",
    );
    let finding = if seen.kept > KEPT.1 {
        check.mend(found, mend)
    } else if seen.kept > KEPT.0 || seen.archiving_fails {
        check.look(found, mend)
    } else {
        check.ok(found)
    };
    finding.number("bytes", seen.database).number("wal_kept_bytes", seen.kept)
}

const fn mib(bytes: i64) -> i64 {
    bytes >> 20
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::super::tests::patient;
    use super::*;

    fn good() -> store::Server {
        store::Server {
            number: 150_006,
            version: "15.6".into(),
            encoding: "UTF8".into(),
            time_zone: "UTC".into(),
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "on".into(),
            in_recovery: false,
            read_only: false,
        }
    }

    fn states(server: &store::Server) -> Vec<State> {
        super::server(&patient(), Service::Intake, server).iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn each_fault_of_a_server_is_its_own_line() {
        use State::{Look, Mend, Ok};
        assert_eq!(states(&good()), [Ok; 5]);
        assert_eq!(states(&store::Server { number: 140_011, ..good() }), [Mend, Ok, Ok, Ok, Ok]);
        assert_eq!(states(&store::Server { encoding: "SQL_ASCII".into(), ..good() }), [Ok, Mend, Ok, Ok, Ok]);
        assert_eq!(states(&store::Server { synchronous_commit: "off".into(), ..good() }), [Ok, Ok, Mend, Ok, Ok]);
        assert_eq!(states(&store::Server { synchronous_commit: "remote_apply".into(), ..good() }), [Ok; 5]);
        assert_eq!(states(&store::Server { in_recovery: true, ..good() }), [Ok, Ok, Ok, Mend, Ok]);
        assert_eq!(states(&store::Server { time_zone: "Europe/Rome".into(), ..good() }), [Ok, Ok, Ok, Ok, Look]);
    }

    #[test]
    fn a_roll_out_needs_twice_the_connections() {
        let check = Check::of("database.connections", "intake");
        let state = |wanted, taken, limit| {
            judge_connections(&check, wanted, store::Connections { room: 97, taken, limit }).state
        };
        assert_eq!(state(24, 10, -1), State::Ok);
        assert_eq!(state(60, 10, -1), State::Look);
        assert_eq!(state(98, 10, -1), State::Mend);
        assert_eq!(state(24, 90, -1), State::Look);
        assert_eq!(state(24, 10, 20), State::Mend);
    }

    #[test]
    fn services_on_one_server_share_its_connections() {
        let mut patient = patient();
        patient.services = vec![Service::Registry, Service::Intake, Service::Review];
        patient.replicas = 3;
        for (service, host) in [(Service::Registry, "a"), (Service::Intake, "a"), (Service::Review, "b")] {
            let url = platform::settings::Secret::new(format!("postgres://u:p@{host}/{service}"));
            *patient.settings.database.slot(service) =
                Some(DatabaseSettings { url: Some(url), ..DatabaseSettings::default() });
        }
        assert_eq!(wanted(&patient, Service::Registry), 48);
        assert_eq!(wanted(&patient, Service::Review), 24);
    }

    #[test]
    fn wal_that_nobody_reads_fills_the_disk() {
        let check = Check::of("database.room", "intake");
        let state =
            |kept, archiving_fails| judge_room(&check, store::Room { database: 9 << 20, kept, archiving_fails }).state;
        assert_eq!(state(0, false), State::Ok);
        assert_eq!(state(2 << 30, false), State::Look);
        assert_eq!(state(0, true), State::Look);
        assert_eq!(state(20 << 30, false), State::Mend);
    }
}
