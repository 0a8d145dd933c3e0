//! Each entry counts once, whatever order the journals arrive in, and from nothing the figures are the same.

use mahila_proto::campaign::v1::{EventKind, EventState};
use mahila_proto::intake::v1::{Category, HandlingState, VisitOutcome};
use mahila_proto::oversight::v1::{Measure, Statement};
use mahila_proto::registry::v1::{DeskDayStatus, StationType, UnitKind};
use mahila_proto::review::v1::{ActionItemState, CycleState, DecisionKind, ReviewLevel, ShortfallReason, Stratum};
use oversight::{Campaigns, Intake, Registry, Reviews};
use platform::directory::{Directory, DirectoryCopy};
use platform::feed::{ApplyError, Entry, Projection};
use platform::journal::Draft;
use platform::postgres::testing::{TestDatabase, test_database};
use platform::write::{By, Command, Done, Outcome, Tx};

use crate::harness::{Oversight, Setup, Told, oversight_of, period, row, whole, writer};
use crate::tell::{Complaint, Cycle, Event, call, desk, desk_day, october, placed, roll, station, visit};

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

const CYCLE: Cycle = Cycle { unit: "ps-118-001", level: ReviewLevel::Station, from: 19, to: 25 };
const EVENT: Event =
    Event { station: "ps-118-001", district: "district-118", code: "v-1", kind: EventKind::Chaupal, planned: 20 };

fn review_tells() -> Vec<Draft> {
    vec![
        CYCLE.planned(),
        CYCLE.opened(&[(Stratum::Oldest, 9)], ShortfallReason::FewCases),
        CYCLE.decided(DecisionKind::Expedite, 21),
        CYCLE.item(ActionItemState::Unspecified, ActionItemState::Open, false, 21),
        CYCLE.item(ActionItemState::Claimed, ActionItemState::Verified, true, 23),
        CYCLE.sitting(2, 21),
        CYCLE.closed(CycleState::Partial, 8, 26),
    ]
}

fn campaigns_tell() -> Vec<Draft> {
    vec![
        EVENT.moved(EventState::Approved, 0, 0, 18),
        EVENT.moved(EventState::Verified, 40, 5, 21),
        Event { station: "ps-143-001", district: "district-143", ..EVENT }.moved(EventState::Verified, 10, 0, 24),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_stay_the_same_over_a_restart_and_over_a_restore_that_makes_it_start_from_nothing() {
    let told = Told {
        registry: registry_tells(),
        intake: intake_tells(),
        review: review_tells(),
        campaigns: campaigns_tell(),
    };
    let (db, mut journals, first) = oversight_of(told, Setup::default()).await;
    let request =
        || mahila_proto::oversight::v1::GetStatementRequest { level: UnitKind::District.into(), ..period(17, 28) };
    let statement = without_freshness(first.statement(request()).await);
    let agra = row(&statement, "district-118");
    assert_eq!((whole(agra, Measure::Visits), whole(agra, Measure::Complaints)), (Some(1), Some(1)));
    assert_eq!((whole(agra, Measure::Calls), whole(agra, Measure::CallsUnplaced)), (Some(1), Some(0)));
    for (measure, n) in [
        (Measure::ReviewCyclesPartial, 1),
        (Measure::ReviewItemsSelected, 9),
        (Measure::ReviewItemsReviewed, 1),
        (Measure::ActedUpon, 1),
        (Measure::ReviewItemsNotReached, 8),
        (Measure::CampaignEventsVerified, 1),
        (Measure::WomenReached, 40),
        (Measure::PlacesCovered, 1),
    ] {
        assert_eq!(whole(agra, measure), Some(n), "{measure:?}");
    }
    let all = statement.whole.as_ref().unwrap();
    assert_eq!((whole(all, Measure::WomenReached), whole(all, Measure::PlacesCovered)), (Some(50), Some(1)), "once");
    drop(first);

    let again = Oversight::start(&db, &journals).await;
    assert_eq!(without_freshness(again.statement(request()).await), statement, "after a restart");
    drop(again);

    // The last entries are lost with the backup and told again: the follower has read further than the history reaches.
    journals.registry.restore_without(2).await;
    journals.registry.tell(registry_tells().split_off(2)).await;
    journals.intake.restore_without(5).await;
    journals.intake.tell(intake_tells().split_off(3)).await;
    journals.review.restore_without(4).await;
    journals.review.tell(review_tells().split_off(3)).await;
    journals.campaigns.restore_without(2).await;
    journals.campaigns.tell(campaigns_tell().split_off(1)).await;
    let restored = Oversight::start(&db, &journals).await;
    assert_eq!(without_freshness(restored.statement(request()).await), statement, "after a restore");

    // And it goes on from there.
    journals.intake.tell([visit("ps-118-001", october(28), VisitOutcome::Information)]).await;
    restored.until_heard(&journals).await;
    let later = restored.statement(request()).await;
    assert_eq!(whole(row(&later, "district-118"), Measure::Visits), Some(2));
}

/// Applies entries as a follower does, in pages of a test's choosing.
pub struct Follow<P> {
    pub projection: std::sync::Arc<P>,
    /// `None`: start over.
    pub entries: Option<Vec<Entry>>,
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

    async fn reviews(&self, told: Option<Vec<Draft>>) {
        let entries = told.map(entries);
        self.writer.submit_own("tests", Follow { projection: Reviews.into(), entries }).await.unwrap();
        self.holds().await;
    }

    async fn campaigns(&self, told: Option<Vec<Draft>>) {
        let entries = told.map(entries);
        self.writer.submit_own("tests", Follow { projection: Campaigns.into(), entries }).await.unwrap();
        self.holds().await;
    }

    /// The lines by district are those by place, added up by what the directory says of stations.
    async fn holds(&self) {
        let wrong: i64 = sqlx::query_scalar(
            "WITH by_place AS (
                 SELECT pair, COALESCE(district, unit) AS unit, measure, breakdown, key, sum(n) AS n
                 FROM oversight.ledger LEFT JOIN platform.directory_stations ON id = unit
                 WHERE grain = 1 GROUP BY 1, 2, 3, 4, 5
             ), by_district AS (SELECT pair, unit, measure, breakdown, key, n FROM oversight.ledger WHERE grain = 2)
             SELECT count(*) FROM by_place FULL JOIN by_district USING (pair, unit, measure, breakdown, key)
             WHERE COALESCE(by_place.n, 0) <> COALESCE(by_district.n, 0)",
        )
        .fetch_one(&self.db.pool)
        .await
        .unwrap();
        assert_eq!(wrong, 0, "lines by district differ from those by place");
    }

    /// What blocks of a day hold.
    async fn lines(&self, grain: i16) -> Vec<(i16, String, i64)> {
        sqlx::query_as(
            "SELECT measure, unit, sum(n)::bigint FROM oversight.ledger
             WHERE grain = $1 AND pair >> 56 = 0 AND (pair >> 24) & 255 = 0
             GROUP BY 1, 2 HAVING sum(n) <> 0 ORDER BY 1, 2",
        )
        .bind(grain)
        .fetch_all(&self.db.pool)
        .await
        .unwrap()
    }
}

pub fn entries(told: Vec<Draft>) -> Vec<Entry> {
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
    ledger.reviews(Some(review_tells())).await;
    ledger.campaigns(Some(campaigns_tell())).await;
    let of_reviews = |lines: &[(i16, String, i64)]| {
        lines.iter().filter(|(measure, ..)| *measure >= Measure::ReviewCyclesExpected as i16).count()
    };
    assert!(of_reviews(&ledger.lines(1).await) > 10);
    ledger.reviews(None).await;
    ledger.campaigns(None).await;
    assert_eq!(of_reviews(&ledger.lines(1).await), 0);
    ledger.campaigns(Some(campaigns_tell())).await;
    let covered = ledger.lines(2).await;
    let covered = covered.iter().filter(|(measure, ..)| *measure == Measure::PlacesCovered as i16);
    assert_eq!(covered.map(|(_, unit, n)| (unit.as_str(), *n)).collect::<Vec<_>>(), [("district-118", 1)]);
    ledger.campaigns(None).await;
    ledger.intake(None).await;
    assert!(ledger.lines(1).await.iter().all(|(measure, _, _)| *measure <= Measure::TwoWomenMinutes as i16));
    ledger.registry(None).await;
    assert_eq!(ledger.lines(1).await, []);
}
