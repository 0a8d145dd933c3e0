//! Lists: phases and campaigns, partners, events page by page.

use mahila_proto::campaign::v1 as wire;
use platform::fields::timestamp;
use wire::{EventState, VettingState};

use crate::harness::{Campaigns, at, refused, wrong_fields};
use crate::requests::{campaign, chaupal, chaupal_at, day, partner};

#[tokio::test]
async fn phases_are_data_and_a_campaign_lies_within_its_own() {
    let campaigns = Campaigns::start().await;
    let mut chief = campaigns.headquarters();
    let list = chief.list_campaigns(wire::ListCampaignsRequest::default()).await.unwrap().into_inner();
    let phases: Vec<_> = list.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(
        phases,
        ["mission-shakti-1", "mission-shakti-2", "mission-shakti-3", "mission-shakti-4", "mission-shakti-5"]
            .map(|phase| format!("phases/{phase}"))
    );
    assert_eq!(list.phases[0].from, Some(day(2020, 10, 17)));
    assert_eq!((list.phases[1].from, list.phases[1].to), (None, None), "no source tells them");
    assert_eq!(list.phases[4].to, Some(day(2025, 10, 21)));
    assert!(list.phases.iter().all(|phase| phase.display_name.as_ref().is_some_and(|name| !name.hi.is_empty())));

    let of = |phase: &str, unit: &str| {
        let mut request = campaign(unit);
        request.campaign.as_mut().unwrap().phase = format!("phases/{phase}");
        request
    };
    let early = chief.create_campaign(of("mission-shakti-3", "up")).await;
    assert_eq!(wrong_fields(early), ["campaign.from"]);
    assert_eq!(refused(chief.create_campaign(of("mission-shakti-9", "up")).await), "NOT_FOUND");
    assert_eq!(refused(chief.create_campaign(of("mission-shakti-1", "nowhere")).await), "NOT_FOUND");
}

#[tokio::test]
async fn campaigns_of_ones_units_and_of_those_above_are_listed_newest_first() {
    let campaigns = Campaigns::start().await;
    let state = campaigns.campaign("up").await;
    let lucknow = campaigns.campaign("district-157").await;
    let mahoba = campaigns.campaign("district-164").await;
    for (mut client, seen) in [
        (campaigns.headquarters(), vec![&mahoba, &lucknow, &state]),
        (campaigns.sho("ps-157-001"), vec![&lucknow, &state]),
        (campaigns.district("district-164"), vec![&mahoba, &state]),
    ] {
        let mut names = Vec::new();
        let mut request = wire::ListCampaignsRequest { page_size: 1, ..Default::default() };
        loop {
            let page = client.list_campaigns(request.clone()).await.unwrap().into_inner();
            names.extend(page.campaigns.into_iter().map(|campaign| campaign.name));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        assert_eq!(names.iter().collect::<Vec<_>>(), seen.iter().map(|campaign| &campaign.name).collect::<Vec<_>>());
        let first = wire::GetCampaignRequest { name: seen[0].name.clone() };
        assert_eq!(&client.get_campaign(first).await.unwrap().into_inner(), seen[0]);
    }
    let other = wire::ListCampaignsRequest { phase: "phases/mission-shakti-2".into(), ..Default::default() };
    assert!(campaigns.headquarters().list_campaigns(other).await.unwrap().into_inner().campaigns.is_empty());
}

#[tokio::test]
async fn partners_that_may_be_given_events_are_seen_from_the_station() {
    let campaigns = Campaigns::start().await;
    let vetted = campaigns.vetted().await;
    let mut chief = campaigns.headquarters();
    let state = chief.register_partner(partner("up", "UP/2")).await.unwrap().into_inner();
    chief.register_partner(partner("district-164", "UP/3")).await.unwrap();
    let list = |states: &[VettingState]| wire::ListPartnersRequest {
        vetting_states: states.iter().map(|state| (*state).into()).collect(),
        ..Default::default()
    };
    let mut sho = campaigns.sho("ps-157-001");
    let seen = sho.list_partners(list(&[])).await.unwrap().into_inner().partners;
    assert_eq!(seen, [state, vetted.clone()]);
    let fit = sho.list_partners(list(&[VettingState::Vetted])).await.unwrap().into_inner().partners;
    assert_eq!(fit, [vetted]);
    assert_eq!(chief.list_partners(list(&[])).await.unwrap().into_inner().partners.len(), 3);
}

#[tokio::test]
async fn events_come_the_soonest_first_page_by_page_and_by_what_is_asked() {
    let campaigns = Campaigns::start().await;
    let campaign = campaigns.campaign("up").await.name;
    let mut organiser = campaigns.client("posts/organiser", &["district_head"], &["up"]);
    let mut names = Vec::new();
    for (station, place, hour) in
        [("ps-157-001", "1", 17), ("ps-157-002", "2", 11), ("ps-164-001", "3", 14), ("ps-157-001", "4", 12)]
    {
        let mut request = chaupal_at(&campaign, station, place, hour);
        if hour == 14 {
            let event = request.event.as_mut().unwrap();
            event.kind = wire::EventKind::School.into();
            event.starts_at = Some(timestamp(at("2020-10-25 08:00")));
            event.ends_at = Some(timestamp(at("2020-10-25 10:00")));
        }
        names.push(organiser.create_event(request).await.unwrap().into_inner().name);
    }
    let order = [&names[1], &names[3], &names[0], &names[2]];

    let mut listed = Vec::new();
    let all = wire::ListEventsRequest { parent: campaign.clone(), page_size: 3, ..Default::default() };
    let mut request = all.clone();
    loop {
        let page = campaigns.headquarters().list_events(request.clone()).await.unwrap().into_inner();
        listed.extend(page.events.into_iter().map(|event| event.name));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed.iter().collect::<Vec<_>>(), order);

    for (asked, seen) in [
        (wire::ListEventsRequest { place: "units/district-157".into(), ..all.clone() }, vec![1, 3, 0]),
        (wire::ListEventsRequest { place: "stations/ps-164-001".into(), ..all.clone() }, vec![2]),
        (wire::ListEventsRequest { kinds: vec![wire::EventKind::School.into()], ..all.clone() }, vec![2]),
        (wire::ListEventsRequest { states: vec![EventState::Approved.into()], ..all.clone() }, vec![]),
        (wire::ListEventsRequest { to: Some(day(2020, 10, 24)), ..all.clone() }, vec![1, 3, 0]),
        (wire::ListEventsRequest { from: Some(day(2020, 10, 25)), ..all.clone() }, vec![2]),
        (wire::ListEventsRequest { names: vec![names[0].clone(), names[2].clone()], ..all.clone() }, vec![0, 2]),
    ] {
        let events = campaigns.headquarters().list_events(asked.clone()).await.unwrap().into_inner().events;
        let expected: Vec<_> = seen.iter().map(|index| &names[*index]).collect();
        assert_eq!(events.iter().map(|event| &event.name).collect::<Vec<_>>(), expected, "{asked:?}");
    }
    let elsewhere = wire::ListEventsRequest { place: "units/district-164".into(), ..all };
    assert_eq!(refused(campaigns.district("district-157").list_events(elsewhere).await), "OUT_OF_SCOPE");
}

#[tokio::test]
async fn an_event_belongs_to_the_days_the_unit_and_the_stations_of_its_campaign() {
    let campaigns = Campaigns::start().await;
    let lucknow = campaigns.campaign("district-157").await.name;
    let mut organiser = campaigns.client("posts/organiser", &["district_head"], &["up"]);
    let mahoba = chaupal_at(&lucknow, "ps-164-001", "3", 11);
    assert_eq!(refused(organiser.create_event(mahoba).await), "OUT_OF_SCOPE", "a campaign of Lucknow's");
    let mut late = chaupal(&lucknow);
    let event = late.event.as_mut().unwrap();
    event.starts_at = Some(timestamp(at("2020-10-31 23:00")));
    event.ends_at = Some(timestamp(at("2020-11-01 01:00")));
    assert_eq!(wrong_fields(organiser.create_event(late).await), ["event.ends_at"]);
    let unknown = chaupal_at(&lucknow, "ps-999-001", "3", 11);
    assert_eq!(refused(organiser.create_event(unknown).await), "STATION_UNKNOWN");
}
