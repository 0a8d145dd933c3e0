//! Each entry counts once, whatever order the journals arrive in, and from nothing the figures are the same.

use mahila_proto::intake::v1::{Category, HandlingState, VisitOutcome};
use mahila_proto::oversight::v1::{Measure, Statement};
use mahila_proto::registry::v1::{DeskDayStatus, StationType, UnitKind};
use oversight::{Intake, Registry};
use platform::directory::{Directory, DirectoryCopy};
use platform::feed::{ApplyError, Entry, Projection};
use platform::journal::Draft;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::write::{By, Command, Done, Outcome, Tx};

use crate::harness::{Oversight, oversight, period, row, whole, writer};
use crate::tell::{Complaint, call, desk, desk_day, october, placed, roll, station, visit};

const COMPLAINT: Complaint = Complaint {
    station: "ps-118-001",
    district: "district-118",
    day: 24,
    category: Category::DomesticViolence,
    imported: false,
};

fn registry_tells() -> Vec<Draft> {
    vec![
        desk("ps-118-001", october(23)),
        desk("ps-143-001", october(23)),
        desk_day("ps-118-001", october(23), DeskDayStatus::Compliant),
        desk_day("ps-143-001", october(23), DeskDayStatus::Silent),
    ]
}

fn intake_tells() -> Vec<Draft> {
    vec![
        visit("ps-118-001", october(23), VisitOutcome::Complaint),
        visit("ps-143-001", october(24), VisitOutcome::LeftUnserved),
        call("", "district-118", october(17), Category::EveTeasing, None),
        placed("ps-118-002", "district-118", october(17), Category::EveTeasing),
        COMPLAINT.registered(),
        COMPLAINT.triaged(Category::Dowry, october(25)),
        COMPLAINT.moved(HandlingState::Received, HandlingState::Triaged, october(25)),
        Complaint { imported: true, ..COMPLAINT }.registered(),
    ]
}

fn without_freshness(statement: Statement) -> Statement {
    Statement { freshness: Vec::new(), ..statement }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_stay_the_same_over_a_restart_and_over_a_restore_that_makes_it_start_from_nothing() {
    let (db, mut journals, first) = oversight(registry_tells(), intake_tells()).await;
    let request =
        || mahila_proto::oversight::v1::GetStatementRequest { level: UnitKind::District.into(), ..period(17, 28) };
    let statement = without_freshness(first.statement(request()).await);
    let agra = row(&statement, "district-118");
    assert_eq!((whole(agra, Measure::Visits), whole(agra, Measure::Complaints)), (Some(1), Some(1)));
    assert_eq!((whole(agra, Measure::Calls), whole(agra, Measure::CallsUnplaced)), (Some(1), Some(0)));
    drop(first);

    let again = Oversight::start(&db, &journals).await;
    assert_eq!(without_freshness(again.statement(request()).await), statement, "after a restart");
    drop(again);

    // The last entries are lost with the backup and told again: the follower has read further than the history reaches.
    journals.registry.restore_without(2).await;
    journals.registry.tell(registry_tells().split_off(2)).await;
    journals.intake.restore_without(5).await;
    journals.intake.tell(intake_tells().split_off(3)).await;
    let restored = Oversight::start(&db, &journals).await;
    assert_eq!(without_freshness(restored.statement(request()).await), statement, "after a restore");

    // And it goes on from there.
    journals.intake.tell([visit("ps-118-001", october(28), VisitOutcome::Information)]).await;
    restored.until_heard(&journals).await;
    let later = restored.statement(request()).await;
    assert_eq!(whole(row(&later, "district-118"), Measure::Visits), Some(2));
}

struct Follow<P> {
    projection: std::sync::Arc<P>,
    /// `None`: start over.
    entries: Option<Vec<Entry>>,
}

impl<P: Projection> Command for Follow<P> {
    type Effect = ();
    const NAME: &'static str = "follow";
    async fn apply(&self, tx: &mut Tx, by: &By) -> Result<Outcome<()>, sqlx::Error> {
        match &self.entries {
            None => self.projection.reset(tx).await?,
            Some(entries) => match self.projection.apply(tx, by, entries).await {
                Ok(drafts) => assert!(drafts.is_empty(), "oversight tells nothing"),
                Err(ApplyError::Database(error)) => return Err(error),
                Err(error) => panic!("{error}"),
            },
        }
        Ok(Ok(Done::new(())))
    }
}

struct Ledger {
    db: TestDatabase,
    writer: platform::write::Writer,
    registry: std::sync::Arc<Registry>,
    intake: std::sync::Arc<Intake>,
}

impl Ledger {
    async fn new() -> Self {
        let db = test_database(&oversight::MIGRATOR).await;
        let registry = Registry::new(DirectoryCopy::new(Directory::new(), db.pool.clone()));
        Self { writer: writer(&db), registry: registry.into(), intake: Intake.into(), db }
    }

    async fn registry(&self, told: Option<Vec<Draft>>) {
        let entries = told.map(entries);
        self.writer.submit_own("tests", Follow { projection: self.registry.clone(), entries }).await.unwrap();
        self.holds().await;
    }

    async fn intake(&self, told: Option<Vec<Draft>>) {
        let entries = told.map(entries);
        self.writer.submit_own("tests", Follow { projection: self.intake.clone(), entries }).await.unwrap();
        self.holds().await;
    }

    /// The lines by district are those by place, added up by what the directory says of stations.
    async fn holds(&self) {
        let wrong: i64 = sqlx::query_scalar(
            "WITH by_place AS (
                 SELECT measure, day, COALESCE(district, unit) AS unit, breakdown, key, cohort, sum(n) AS n
                 FROM oversight.ledger LEFT JOIN platform.directory_stations ON id = unit
                 WHERE grain = 1 GROUP BY 1, 2, 3, 4, 5, 6
             ), by_district AS (SELECT measure, day, unit, breakdown, key, cohort, n FROM oversight.ledger WHERE grain = 2)
             SELECT count(*) FROM by_place FULL JOIN by_district USING (measure, day, unit, breakdown, key, cohort)
             WHERE COALESCE(by_place.n, 0) <> COALESCE(by_district.n, 0)",
        )
        .fetch_one(&self.db.pool)
        .await
        .unwrap();
        assert_eq!(wrong, 0, "lines by district differ from those by place");
    }

    async fn lines(&self, grain: i16) -> Vec<(i16, String, i64)> {
        sqlx::query_as("SELECT measure, unit, sum(n)::bigint FROM oversight.ledger WHERE grain = $1 GROUP BY 1, 2 HAVING sum(n) <> 0 ORDER BY 1, 2")
            .bind(grain)
            .fetch_all(&self.db.pool)
            .await
            .unwrap()
    }
}

fn entries(told: Vec<Draft>) -> Vec<Entry> {
    let entry = |draft: Draft| Entry {
        seq: 1,
        kind: draft.kind.to_owned(),
        subject: draft.subject,
        payload: draft.payload.into(),
        day: october(23),
        traceparent: String::new(),
    };
    told.into_iter().map(entry).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_by_district_follow_the_registry_whatever_comes_first() {
    let ledger = Ledger::new().await;
    ledger.intake(Some(intake_tells())).await;
    let unknown = ledger.lines(2).await;
    assert!(unknown.iter().any(|(_, unit, _)| unit == "ps-118-001"), "nobody knows the station's district yet");
    ledger.registry(Some(roll().into_iter().chain(registry_tells()).collect())).await;
    let known = ledger.lines(2).await;
    assert!(known.iter().all(|(_, unit, _)| unit.starts_with("district-")), "{known:?}");

    // A station goes to another district, and back again within one page: the last word counts.
    ledger.registry(Some(vec![station("ps-118-001", StationType::Regular, "district-143", "district-143")])).await;
    assert_ne!(ledger.lines(2).await, known);
    ledger.intake(Some(vec![visit("ps-118-001", october(25), VisitOutcome::Information)])).await;
    let twice = [("district-162", "district-162"), ("circle-118-01", "district-118")];
    let twice = twice.map(|(parent, district)| station("ps-118-001", StationType::Regular, parent, district));
    ledger.registry(Some(twice.into())).await;

    // The registry starts over while intake goes on; then intake does.
    let before = ledger.lines(2).await;
    ledger.registry(None).await;
    ledger.intake(Some(vec![visit("ps-118-001", october(26), VisitOutcome::Information)])).await;
    ledger.registry(Some(roll().into_iter().chain(registry_tells()).collect())).await;
    let mut after = ledger.lines(2).await;
    let visits =
        after.iter_mut().find(|(measure, unit, _)| *measure == Measure::Visits as i16 && unit == "district-118");
    visits.unwrap().2 -= 1;
    assert_eq!(after, before);
    ledger.intake(None).await;
    assert!(ledger.lines(1).await.iter().all(|(measure, _, _)| *measure <= Measure::TwoWomenMinutes as i16));
    ledger.registry(None).await;
    assert_eq!(ledger.lines(1).await, []);
}
