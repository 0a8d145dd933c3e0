//! Nobody picks the docket, and anybody can see that nobody did.

use mahila_proto::intake::v1::{HandlingState, Risk};
use mahila_proto::review::v1 as wire;
use wire::{ReviewLevel, Stratum};

use crate::calls::{refused, request_id, sit_through, weekly};
use crate::harness::Review;
use crate::tell::{Case, cases, october};

async fn verify(review: &Review, cycle: &str, page_size: i32) -> Vec<wire::VerifySelectionResponse> {
    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = wire::VerifySelectionRequest { cycle: cycle.into(), page_size, page_token: page_token.clone() };
        let page = review.auditor().verify_selection(request).await.unwrap().into_inner();
        page_token.clone_from(&page.next_page_token);
        pages.push(page);
        if page_token.is_empty() {
            return pages;
        }
    }
}

#[tokio::test]
async fn before_it_is_closed_nobody_learns_the_seed_or_the_candidates_and_afterwards_everybody_may() {
    let review = Review::with_cases(&cases("ps-157-001", 40)).await;
    review.do_due().await;
    let cycle = review.cycle("ps-157-001", october(24)).await;
    let planned = verify(&review, &cycle.name, 0).await.remove(0);
    assert!(planned.seed_holds && !planned.docket_holds && planned.docket_sha256.is_empty());
    review.begin(october(24)).await;
    let open = verify(&review, &cycle.name, 0).await.remove(0);
    assert!(open.seed_holds && open.docket_holds && open.selection_holds.is_none());
    assert!(open.seed.is_empty() && open.candidates.is_empty() && open.items.is_empty() && open.rules.is_none());
    let before = review.journal().await;

    sit_through(&review, "ps-157-001", &cycle.name).await;
    let pages = verify(&review, &cycle.name, 7).await;
    assert_eq!(pages.iter().map(|page| page.candidates.len()).collect::<Vec<_>>(), [7, 7, 7, 7, 7, 5]);
    assert_eq!(pages[0].selection_holds, Some(true));
    let seed = &pages[0].seed;
    assert!(
        before.iter().all(|entry| !entry.payload.windows(32).any(|window| window == &seed[..])),
        "the seed stood in no entry while the cycle was open"
    );

    // As anybody does it who has the answers and the journal, and not this service.
    let published = (&cycle.seed_sha256[..], &pages[0].docket_sha256[..]);
    assert!(review_scheduling::verify_selection(&pages, Some(published)).unwrap().holds());
    let mut bent = pages.clone();
    bent[2].candidates[1].high_risk ^= true;
    let verdict = review_scheduling::verify_selection(&bent, Some(published)).unwrap();
    assert!(verdict.seed_holds && !verdict.docket_holds);
    let mut picked = pages.clone();
    picked[0].items.swap(0, 14);
    assert!(!review_scheduling::verify_selection(&picked, Some(published)).unwrap().selection_holds);
    assert!(review_scheduling::verify_selection(&pages[..1], Some(published)).is_ok_and(|verdict| !verdict.holds()));
    assert!(review_scheduling::verify_selection(&[open], None).is_err(), "without the seed there is nothing to run");
}

#[tokio::test]
async fn a_docket_that_was_changed_in_the_database_is_found_out() {
    let review = Review::with_cases(&cases("ps-157-001", 40)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await;
    // Somebody with the database's password takes an urgent case off the docket and puts a harmless one on it.
    let id = cycle.name.trim_start_matches("reviewCycles/");
    let swapped = sqlx::query(
        "UPDATE review.items SET complaint = (SELECT complaint FROM review.pool WHERE complaint NOT IN
             (SELECT complaint FROM review.items) LIMIT 1) WHERE cycle = $1::uuid AND number = 1",
    );
    assert_eq!(swapped.bind(id).execute(&review.database.pool).await.unwrap().rows_affected(), 1);
    assert!(!verify(&review, &cycle.name, 0).await[0].docket_holds, "seen at once");
}

#[tokio::test]
async fn strata_follow_what_intake_tells() {
    let mut all = cases("ps-157-001", 60);
    all[0].due = Some(october(28));
    let mut told: Vec<_> = all.iter().map(Case::registered).collect();
    told[1] = all[1].registered_with(Risk::Imminent);
    told.push(all[2].moved(HandlingState::Reopened));
    told.push(all[3].breached(mahila_proto::intake::v1::ClockCode::Medical, october(21)));
    told.push(all[4].asked(false));
    told.push(all[5].moved(HandlingState::Disposed));
    told.push(all[6].breached(mahila_proto::intake::v1::ClockCode::Acknowledge, october(21)));
    let review = Review::with_cases(&[]).await;
    review.tell(told).await;
    review.begin(october(24)).await;
    let docket = review.docket(&review.cycle("ps-157-001", october(24)).await.name).await;
    let stratum = |case: &Case| docket.iter().find(|item| item.complaint == case.name()).map(wire::DocketItem::stratum);
    // Whatever is drawn by lot says so, whichever it is.
    for (case, expected) in [
        (&all[0], Stratum::Clock),
        (&all[1], Stratum::HighRisk),
        (&all[2], Stratum::Reopened),
        (&all[3], Stratum::Clock),
        (&all[4], Stratum::Reopened),
    ] {
        assert!(stratum(case).is_some_and(|found| found == expected || found == Stratum::Random), "{expected:?}");
    }
    assert!(matches!(stratum(&all[5]), None | Some(Stratum::Random)), "closed: by lot alone");
    assert_ne!(stratum(&all[6]), Some(Stratum::Clock), "our own limits are not the law's");
    assert_eq!(docket.iter().filter(|item| item.stratum() == Stratum::Random).count(), 2);
}

#[tokio::test]
async fn a_preview_shows_what_presses_and_not_what_will_be_drawn() {
    let review = Review::with_cases(&cases("ps-157-001", 200)).await;
    let ask = |unit: &str| wire::PreviewSelectionRequest { unit: format!("units/{unit}") };
    let mut auditor = review.auditor();
    assert_eq!(refused(auditor.preview_selection(ask("ps-157-001")).await), "NOT_FOUND", "no policy holds today");
    review.begin(october(24)).await;
    let before = review.journal().await.len();
    let mut drawn = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let preview = auditor.preview_selection(ask("ps-157-001")).await.unwrap().into_inner();
        assert_eq!((preview.eligible, preview.items.len()), (200, 15));
        drawn.extend(
            preview.items.into_iter().filter(|item| item.stratum() == Stratum::Random).map(|item| item.complaint),
        );
    }
    assert!(drawn.len() > 2, "another seed each time");
    assert_eq!(review.journal().await.len(), before, "and nothing is written");
    assert_eq!(refused(auditor.preview_selection(ask("nowhere")).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_policy_put_later_does_not_touch_what_was_frozen_before() {
    let review = Review::with_cases(&cases("ps-157-001", 40)).await;
    review.begin(october(24)).await;
    let cycle = review.cycle("ps-157-001", october(24)).await;
    let later = wire::ReviewPolicy {
        quota: 3,
        random_minimum: 1,
        valid_from: Some(platform::fields::date(chrono::NaiveDate::from_ymd_opt(2020, 11, 14).unwrap())),
        ..weekly(ReviewLevel::Station)
    };
    let request = wire::PutPolicyRequest { request_id: request_id(), policy: Some(later) };
    review.headquarters().put_policy(request).await.unwrap();
    sit_through(&review, "ps-157-001", &cycle.name).await;
    let pages = verify(&review, &cycle.name, 0).await;
    assert!(review_scheduling::verify_selection(&pages, None).unwrap().holds());
}
