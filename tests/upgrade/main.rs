//! An upgrade and a rollback within one version, as they happen: binaries of two commits, one PostgreSQL with the roles of a
//! real installation, clients that never pause. The schema goes forward first; both releases serve on it, beside each other and
//! instead of each other, and follow each other. Nothing acknowledged is lost, nothing takes effect twice.

mod before;
mod load;
mod suite;

use chrono::{DateTime, NaiveDate, Utc};
use load::{Acknowledged, Load, STATION, complaint, desk};
use mahila_proto::dev::v1::AdvanceToRequest;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use mahila_proto::intake::v1::{ActionKind, RecordActionRequest, RevealIdentityRequest};
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::oversight::v1::{GetStatementRequest, Measure, Statement};
use mahila_proto::registry::v1::ImportStationsRequest;
use mahila_proto::registry::v1::registry_service_client::RegistryServiceClient;
use mahila_proto::r#type::v1::Purpose;
use platform::fields::{date, timestamp};
use platform::settings::Service;
use suite::{Release, Serving, Suite};
use uuid::Uuid;

/// All but the one that follows all.
const SOURCES: [Service; 4] = [Service::Registry, Service::Intake, Service::Review, Service::Campaigns];
/// Complaints that show that it goes on.
const SOME: usize = 60;
/// What a release that knows of it gives `mahila migrate`.
const VAULT_ROLE: (&str, &str) = ("MAHILA__DATABASE__INTAKE__VAULT_ROLE", "intake_vault");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_releases_live_beside_and_after_each_other_and_lose_nothing() {
    let Some(before) = tokio::task::spawn_blocking(before::binary).await.expect("the release before") else { return };
    let suite = Suite::new(before).await;
    let mut acknowledged = Acknowledged::new();

    // The release before, alone.
    suite.must(Release::Before, &["migrate", "all"], &[]).await;
    let old = suite.serve(Release::Before, &Service::ALL, None).await;
    import_the_roll(&suite, &old).await;
    suite.all_have_caught_up().await;
    let load = Load::begin(&suite, &[&old]);
    load.goes_on(SOME).await;

    // Ours does not serve a schema that lacks something; it migrates while the old one serves, which goes on.
    let would = suite.must(Release::Now, &["migrate", "all", "--dry-run"], &[]).await;
    if would.contains("would apply") {
        refused_until_migrated(&suite).await;
    }
    suite.must(Release::Now, &["migrate", "all"], &[]).await;
    load.goes_on(SOME).await;

    // Beside each other: both take complaints, each knows what the other has answered, ours follows the old one.
    let new = suite.serve(Release::Now, &Service::ALL, Some(&old.url)).await;
    load.go_to(&suite, &[&old, &new]);
    load.goes_on(SOME).await;
    load.end(&mut acknowledged).await;
    advance(&suite, &new, "2020-10-18T01:00:00Z").await;
    suite.all_have_caught_up().await;
    let (by_old, by_new) = (statement(&suite, &old, 17).await, statement(&suite, &new, 17).await);
    assert_eq!(complaints(&by_old), acknowledged.len());
    assert_eq!(by_old.whole, by_new.whole, "one statement, whoever is asked");

    // The old one goes under load.
    let load = Load::begin(&suite, &[&old, &new]);
    load.goes_on(SOME).await;
    load.go_to(&suite, &[&new]);
    old.terminate().await;
    load.goes_on(SOME).await;

    // And comes back, for all that is written: a rollback of everything but oversight, which follows the old ones. And the
    // other way round.
    let mut serving = new;
    for (sources, follower) in [(Release::Before, Release::Now), (Release::Now, Release::Before)] {
        let next = suite.serve(sources, &SOURCES, None).await;
        load.go_to(&suite, &[&next]);
        serving.terminate().await;
        load.goes_on(SOME).await;
        let oversight = suite.serve(follower, &[Service::Oversight], Some(&next.url)).await;
        suite.all_have_caught_up().await;
        oversight.terminate().await;
        serving = next;
    }
    load.end(&mut acknowledged).await;
    let oversight = suite.serve(Release::Before, &[Service::Oversight], Some(&serving.url)).await;
    advance(&suite, &oversight, "2020-10-19T01:00:00Z").await;
    suite.all_have_caught_up().await;
    assert_eq!(complaints(&statement(&suite, &oversight, 18).await), acknowledged.len());
    oversight.terminate().await;

    // When nobody needs the old one any more, the vault gets its role, under load, without a restart.
    let load = Load::begin(&suite, &[&serving]);
    identity_is_revealed(&suite, &serving).await;
    suite.must(Release::Now, &["migrate", "all"], &[VAULT_ROLE]).await;
    identity_is_revealed(&suite, &serving).await;
    load.goes_on(SOME).await;
    load.end(&mut acknowledged).await;
    let mut app = suite.login("intake_app", Service::Intake).await;
    let sealed = sqlx::query("SELECT * FROM vault.persons").execute(&mut app).await;
    assert!(sealed.is_err(), "the role that serves does not read what is sealed");

    serving.terminate().await;
    nothing_is_lost(&suite, &acknowledged).await;
    suite.remove().await;
}

async fn refused_until_migrated(suite: &Suite) {
    let output = suite.run(Release::Now, &["serve", "all"], &[("MAHILA__PEERS__TOKEN", "t")]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("mahila migrate"), "{said}");
}

/// Every complaint is there once, and the journals are whole, whichever release reads them.
async fn nothing_is_lost(suite: &Suite, acknowledged: &Acknowledged) {
    let names: std::collections::BTreeSet<&String> = acknowledged.values().collect();
    assert_eq!(names.len(), acknowledged.len(), "each request its own complaint");
    // Those two whose identity was revealed are not of the load.
    let stored = suite.number(Service::Intake, "SELECT count(*) FROM intake.complaints").await - 2;
    assert_eq!(usize::try_from(stored), Ok(acknowledged.len()), "what was acknowledged is there, and nothing else");
    let missing: Vec<Uuid> = {
        let told: Vec<Uuid> =
            names.iter().map(|name| name.trim_start_matches("complaints/").parse().expect("an id")).collect();
        sqlx::query_scalar(
            "SELECT id FROM unnest($1::uuid[]) AS told (id) WHERE id NOT IN (SELECT id FROM intake.complaints)",
        )
        .bind(told)
        .fetch_all(&mut suite.login("postgres", Service::Intake).await)
        .await
        .expect("complaints")
    };
    assert!(missing.is_empty(), "acknowledged and not there: {missing:?}");
    let (by_old, by_new) = (
        suite.must(Release::Before, &["journal", "verify", "all"], &[]).await,
        suite.must(Release::Now, &["journal", "verify", "all"], &[]).await,
    );
    assert_eq!(by_old.matches("the chain holds").count(), Service::ALL.len(), "{by_old}");
    assert_eq!(by_old, by_new);
}

async fn import_the_roll(suite: &Suite, serving: &Serving) {
    let mut registry = RegistryServiceClient::new(suite.channel(&serving.url, "registrar:up"));
    let request = ImportStationsRequest {
        request_id: Uuid::new_v4().to_string(),
        units_csv: include_bytes!("../../services/station-registry/data/units.csv").to_vec(),
        stations_csv: include_bytes!("../../services/station-registry/data/stations.csv").to_vec(),
        validate_only: false,
    };
    registry.import_stations(request).await.expect("the roll is taken");
}

async fn advance(suite: &Suite, serving: &Serving, instant: &str) {
    let instant: DateTime<Utc> = instant.parse().expect("an instant");
    let mut clock = ReplayServiceClient::new(suite.channel(&serving.url, "replay_operator"));
    clock.advance_to(AdvanceToRequest { instant: Some(timestamp(instant)), from_peer: false }).await.expect("it moves");
}

/// The statement of the state from 17 October to this day.
async fn statement(suite: &Suite, serving: &Serving, until: u32) -> Statement {
    let october = |day| NaiveDate::from_ymd_opt(2020, 10, day).map(date);
    let mut oversight = OversightServiceClient::new(suite.channel(&serving.url, "headquarters"));
    let request = GetStatementRequest {
        from: october(17),
        to: october(until),
        unit: "units/up".to_owned(),
        ..GetStatementRequest::default()
    };
    oversight.get_statement(request).await.expect("a statement").into_inner()
}

fn complaints(statement: &Statement) -> usize {
    let whole = statement.whole.as_ref().expect("the state");
    let figure = whole.figures.iter().find(|figure| figure.measure() == Measure::Complaints && figure.key.is_empty());
    usize::try_from(figure.expect("it is stated").value).expect("a count")
}

/// Registers, adds words to it, which takes its data key, and reads who she is.
async fn identity_is_revealed(suite: &Suite, serving: &Serving) {
    let mut desk = desk(suite, serving);
    let name = desk.register_complaint(complaint()).await.expect("registered").into_inner().name;
    let action = RecordActionRequest {
        request_id: Uuid::new_v4().to_string(),
        name: name.clone(),
        kind: ActionKind::SiteVisit.into(),
        note: "A planted note".into(),
        ..RecordActionRequest::default()
    };
    desk.record_action(action).await.unwrap_or_else(|error| panic!("a note at {STATION}: {error}"));
    let request = RevealIdentityRequest { name, purpose: Purpose::Contact.into(), reason: "to ask how she is".into() };
    let revealed = desk.reveal_identity(request).await.expect("revealed").into_inner();
    assert_eq!(revealed.persons[0].name, "Planted Saroj");
}
