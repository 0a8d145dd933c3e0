//! A decision of a review: one trace from the sitting over intake to the ledger, and one effect though intake is killed.

use chrono::NaiveDate;
use mahila_proto::review::v1 as review;
use mahila_proto::review::v1::review_service_client::ReviewServiceClient;
use mahila_tests::calls::advance;
use mahila_tests::house::House;
use platform::client::PeerChannel;
use platform::fields::date;
use platform::settings::Service;
use platform::telemetry::receiver::ReceivedSpan;
use tonic::Request;
use uuid::Uuid;

use crate::{channel, import_the_roll, intake_knows, number, register, until};

const STATION: &str = "ps-162-001";
const DECIDE: &str = "mahila.review.v1.ReviewService/RecordDecision";
const QUOTA: i32 = 15;

fn request_id() -> String {
    Uuid::new_v4().to_string()
}

fn review_as(house: &House, holder: &str) -> ReviewServiceClient<PeerChannel> {
    ReviewServiceClient::new(channel(house, Service::Review, holder))
}

/// The station's docket with its sitting open: complaints are recorded on the 23rd, the cycle opens on the 24th.
async fn docket(house: &House) -> Vec<review::DocketItem> {
    import_the_roll(house).await;
    intake_knows(house, STATION).await;
    advance(house, "2020-10-23T10:00:00Z").await;
    let policy = review::ReviewPolicy {
        level: review::ReviewLevel::Station.into(),
        valid_from: Some(date(NaiveDate::from_ymd_opt(2020, 10, 24).expect("a day"))),
        every_days: 7,
        lasts_days: 7,
        quota: QUOTA,
        random_minimum: 2,
        max_deferrals: 2,
        quorum: 1,
        action_days: 3,
        ..review::ReviewPolicy::default()
    };
    let put = review::PutPolicyRequest { request_id: request_id(), policy: Some(policy) };
    review_as(house, "headquarters:up").put_policy(put).await.expect("the policy is taken");
    for _ in 0..QUOTA {
        register(house, STATION).await.expect("registered");
    }
    until("review knows the station and its complaints", async || {
        let stations = number(house, Service::Review, "SELECT count(*) FROM platform.directory_stations").await;
        let told = number(house, Service::Intake, "SELECT seq FROM platform.journal_head").await;
        let position = "SELECT COALESCE(max(position), 0) FROM platform.positions WHERE source = 'complaint-intake'";
        stations == 1_584 && number(house, Service::Review, position).await == told
    })
    .await;
    // Planned, and the hash of its seed published, before it opens.
    advance(house, "2020-10-23T12:00:00Z").await;
    advance(house, "2020-10-24T04:30:00Z").await;

    let mut sho = review_as(house, &format!("station_house_officer:{STATION}"));
    let asked = review::ListCyclesRequest {
        parent: format!("stations/{STATION}"),
        states: vec![review::CycleState::Open.into()],
        ..review::ListCyclesRequest::default()
    };
    let cycles = sho.list_cycles(asked).await.expect("cycles").into_inner().cycles;
    let cycle = cycles.first().expect("it is open").name.clone();
    let quorum = vec![format!("posts/{STATION}-desk")];
    let sitting = review::ConveneSittingRequest { request_id: request_id(), cycle: cycle.clone(), quorum };
    sho.convene_sitting(sitting).await.expect("they sit");
    let docket = sho.list_docket_items(review::ListDocketItemsRequest { cycle }).await.expect("a docket");
    docket.into_inner().items
}

fn expedite(item: &review::DocketItem) -> review::RecordDecisionRequest {
    review::RecordDecisionRequest {
        request_id: request_id(),
        name: item.name.clone(),
        kind: review::DecisionKind::Expedite.into(),
        owner: format!("posts/{STATION}-io"),
        due_day: None,
    }
}

/// The sitting's call in review; its effect in intake and its count in the ledger below it; and below the effect in intake the
/// count of that.
fn is_one_tree(spans: &[&ReceivedSpan]) -> bool {
    let decided = spans.iter().find(|span| span.service == "review-scheduling" && span.name == DECIDE);
    let Some(decided) = decided else { return false };
    let below = |service: &str, parent: &str| {
        let applied = |span: &&&ReceivedSpan| {
            span.service == service && span.name == "feed.apply" && span.parent_span_id == parent
        };
        spans.iter().filter(applied).map(|span| span.span_id.clone()).collect::<Vec<_>>()
    };
    let counted = !below("oversight", &decided.span_id).is_empty();
    let effect = below("complaint-intake", &decided.span_id);
    counted && effect.iter().any(|effect| !below("oversight", effect).is_empty())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_is_one_tree_over_intake_review_and_oversight() {
    let house = House::build_sampling("1").await;
    let docket = docket(&house).await;
    assert_eq!(i32::try_from(docket.len()), Ok(QUOTA));
    let trace = "6bf92f3577b34da6a3ce929d0e0e4736";
    let mut request = Request::new(expedite(&docket[0]));
    request.metadata_mut().insert("traceparent", format!("00-{trace}-00f067aa0ba902b7-01").parse().expect("ascii"));
    let mut sho = review_as(&house, &format!("station_house_officer:{STATION}"));
    sho.record_decision(request).await.expect("decided");

    let of = |spans: &[ReceivedSpan]| -> Vec<ReceivedSpan> {
        spans.iter().filter(|span| span.trace_id == trace).cloned().collect()
    };
    let spans = house.collector().spans_when(|spans| is_one_tree(&of(spans).iter().collect::<Vec<_>>()));
    let tree = of(&spans);
    assert!(is_one_tree(&tree.iter().collect::<Vec<_>>()), "{tree:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_take_effect_once_though_intake_is_killed_among_them() {
    let mut house = House::build().await;
    let docket = docket(&house).await;
    let mut sho = review_as(&house, &format!("station_house_officer:{STATION}"));
    for (place, item) in docket.iter().enumerate() {
        sho.record_decision(expedite(item)).await.expect("decided");
        if place % 5 == 2 {
            house.kill(Service::Intake);
            house.start(Service::Intake);
        }
    }
    let decided = number(
        &house,
        Service::Review,
        "SELECT count(*) FROM platform.journal WHERE kind = 'review.decision.recorded'",
    )
    .await;
    assert_eq!(decided, i64::from(QUOTA));
    let taken = "SELECT count(*) FROM platform.journal WHERE kind = 'intake.direction.taken'";
    until("every decision takes effect", async || number(&house, Service::Intake, taken).await >= decided).await;
    // The follower has read to the end: nothing more can come of it.
    let end = number(&house, Service::Review, "SELECT seq FROM platform.journal_head").await;
    let position = "SELECT max(position) FROM platform.positions WHERE source = 'review-scheduling'";
    until("intake has read to the end", async || number(&house, Service::Intake, position).await == end).await;
    assert_eq!(number(&house, Service::Intake, taken).await, decided);
    assert_eq!(number(&house, Service::Intake, "SELECT count(*) FROM intake.directions").await, decided);
}
