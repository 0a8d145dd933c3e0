//! Coverage: parts add up to the whole, and only what is verified is held.

use mahila_proto::campaign::v1 as wire;
use mahila_proto::registry::v1::UnitKind;

use crate::harness::{Campaigns, Client, refused, wrong_fields};
use crate::requests::{approval, chaupal_at, disputed, evidence, report, verified};

/// Eight events of all fates: six of Lucknow, in two circles, and two of Mahoba. Gives the campaign.
async fn of_all_fates(campaigns: &Campaigns) -> String {
    let campaign = campaigns.campaign("up").await.name;
    let mut organiser = campaigns.client("posts/organiser", &["district_head"], &["up"]);
    let mut chief = campaigns.headquarters();
    let mut events = Vec::new();
    for (station, place, hour) in [
        ("ps-157-001", "1001", 11),
        ("ps-157-001", "1001", 14),
        ("ps-157-001", "1002", 11),
        ("ps-157-002", "2001", 11),
        ("ps-157-002", "2001", 13),
        ("ps-157-002", "2002", 11),
        ("ps-164-001", "3001", 11),
        ("ps-164-001", "3001", 15),
    ] {
        let request = chaupal_at(&campaign, station, place, hour);
        events.push(organiser.create_event(request).await.unwrap().into_inner());
    }
    // The last of Lucknow stays a proposal.
    for event in events.iter_mut().filter(|event| !event.venue.as_ref().unwrap().place_code.starts_with("2002")) {
        *event = chief.approve_event(approval(&event.name)).await.unwrap().into_inner();
    }
    campaigns.advance_to("2020-10-24 17:00").await;
    // Claimed: four of Lucknow and one of Mahoba; the rest lapses.
    for at in [0, 1, 3, 4, 6] {
        organiser.report_event(report(&events[at], 50)).await.unwrap();
        for kind in [wire::EvidenceKind::Photo, wire::EvidenceKind::RegisterScan] {
            organiser.attach_evidence(evidence(&events[at], kind)).await.unwrap();
        }
    }
    // Found held: three, with 20, 30 and 40 women and four girls each. Disputed: one. Still to be checked: one.
    for (at, women) in [(0, 20), (1, 30), (6, 40)] {
        chief.verify_event(verified(&events[at].name, women)).await.unwrap();
    }
    chief.verify_event(disputed(&events[3].name, wire::DisputeReason::CountsWrong)).await.unwrap();
    campaigns.advance_to("2020-10-28 09:00").await;
    campaign
}

async fn coverage(mut client: Client, campaign: &str, unit: &str, level: UnitKind) -> wire::GetCoverageResponse {
    let request = wire::GetCoverageRequest {
        campaign: campaign.to_owned(),
        unit: unit.to_owned(),
        level: level.into(),
        ..Default::default()
    };
    client.get_coverage(request).await.expect("coverage").into_inner()
}

/// Proposed, planned, claimed, verified, disputed, lapsed; women, girls; places planned and covered.
fn numbers(figures: Option<&wire::CoverageFigures>) -> [i64; 10] {
    let f = figures.expect("figures");
    [
        f.proposed,
        f.planned,
        f.claimed,
        f.verified,
        f.disputed,
        f.lapsed,
        f.women,
        f.girls,
        f.places_planned,
        f.places_covered,
    ]
}

fn sum<'a>(parts: impl IntoIterator<Item = Option<&'a wire::CoverageFigures>>) -> [i64; 10] {
    parts.into_iter().map(numbers).fold([0; 10], |sum, part| std::array::from_fn(|n| sum[n] + part[n]))
}

#[tokio::test]
async fn parts_add_up_at_every_level_and_only_verified_events_are_held() {
    let campaigns = Campaigns::start().await;
    let campaign = of_all_fates(&campaigns).await;
    let whole = [1, 7, 1, 3, 1, 2, 90, 12, 4, 2];
    for level in [UnitKind::District, UnitKind::Circle, UnitKind::Station, UnitKind::Range] {
        let answer = coverage(campaigns.headquarters(), &campaign, "units/up", level).await;
        assert_eq!(numbers(answer.whole.as_ref().unwrap().figures.as_ref()), whole, "{level:?}");
        assert_eq!(sum(answer.rows.iter().map(|row| row.figures.as_ref())), whole, "{level:?}");
        assert_eq!(answer.shares.unwrap().events_per_mille, Some(750), "three of four");
        assert_eq!(answer.shares.unwrap().women_per_mille, Some(1020), "102 women and girls of 100");
        assert_eq!(answer.shares.unwrap().places_per_mille, Some(1000));
        assert!(answer.as_of.is_some());
    }
    let districts = coverage(campaigns.headquarters(), &campaign, "", UnitKind::District).await;
    let units: Vec<_> = districts.rows.iter().map(|row| row.unit.as_str()).collect();
    assert_eq!(units, ["units/district-157", "units/district-164"]);
    for row in &districts.rows {
        let own = coverage(campaigns.headquarters(), &campaign, &row.unit, UnitKind::Station).await;
        assert_eq!(own.whole.as_ref().unwrap().figures, row.figures, "{}", row.unit);
        assert_eq!(sum(own.rows.iter().map(|row| row.figures.as_ref())), numbers(row.figures.as_ref()));
    }
}

#[tokio::test]
async fn places_add_up_too_page_by_page_and_their_women_are_those_found() {
    let campaigns = Campaigns::start().await;
    let campaign = of_all_fates(&campaigns).await;
    let mut places = Vec::new();
    let mut request = wire::GetCoverageRequest { campaign: campaign.clone(), page_size: 2, ..Default::default() };
    loop {
        let page = campaigns.headquarters().get_coverage(request.clone()).await.unwrap().into_inner();
        assert!(page.places.len() <= 2);
        places.extend(page.places);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let codes: Vec<_> = places.iter().map(|place| place.place_code.as_str()).collect();
    assert_eq!(codes, ["1001", "1002", "2001", "2002", "3001"]);
    let whole = coverage(campaigns.headquarters(), &campaign, "", UnitKind::Unspecified).await;
    let whole = numbers(whole.whole.as_ref().unwrap().figures.as_ref());
    assert_eq!(sum(places.iter().map(|place| place.figures.as_ref())), whole);
    let first = places[0].figures.as_ref().unwrap();
    assert_eq!((places[0].station.as_str(), first.verified, first.women), ("stations/ps-157-001", 2, 50));
}

#[tokio::test]
async fn a_station_sees_its_own_coverage_and_no_other() {
    let campaigns = Campaigns::start().await;
    let campaign = of_all_fates(&campaigns).await;
    let own = coverage(campaigns.sho("ps-157-001"), &campaign, "", UnitKind::Unspecified).await;
    let whole = own.whole.unwrap();
    assert_eq!((whole.unit.as_str(), whole.kind()), ("units/ps-157-001", UnitKind::Station));
    assert_eq!(numbers(whole.figures.as_ref()), [0, 3, 0, 2, 0, 1, 50, 8, 2, 1]);
    assert!(own.rows.is_empty() && own.places.len() == 2);
    let mut sho = campaigns.sho("ps-157-001");
    for unit in ["units/district-157", "units/ps-157-002", "units/nowhere"] {
        let request = wire::GetCoverageRequest { campaign: campaign.clone(), unit: unit.into(), ..Default::default() };
        assert_eq!(refused(sho.get_coverage(request).await), "OUT_OF_SCOPE", "{unit}");
    }
    let above = wire::GetCoverageRequest {
        campaign: campaign.clone(),
        unit: "units/district-157".into(),
        level: UnitKind::State.into(),
        ..Default::default()
    };
    assert_eq!(wrong_fields(campaigns.headquarters().get_coverage(above).await), ["level"]);
    let mut both = campaigns.client("posts/range", &["range_head"], &["district-157", "district-164"]);
    let unnamed = wire::GetCoverageRequest { campaign, ..Default::default() };
    assert_eq!(wrong_fields(both.get_coverage(unnamed).await), ["unit"]);
}
