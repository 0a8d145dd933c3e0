//! Reading complaints: one, a list, a count, work that waits.

use std::collections::BTreeSet;

use mahila_proto::intake::v1 as wire;

use crate::harness::{Client, Intake, at, complaint, day, refused, registered, wrong_fields};

async fn get(client: &mut Client, name: &str) -> Result<tonic::Response<wire::Complaint>, tonic::Status> {
    client.get_complaint(wire::GetComplaintRequest { name: name.into() }).await
}

/// All pages of a list.
async fn listed(client: &mut Client, filter: &wire::ComplaintFilter, page_size: i32) -> Vec<wire::Complaint> {
    let mut complaints = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = wire::ListComplaintsRequest { filter: Some(filter.clone()), page_size, page_token };
        let page = client.list_complaints(request).await.unwrap().into_inner();
        assert!(page.complaints.len() <= usize::try_from(page_size).unwrap());
        complaints.extend(page.complaints);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return complaints;
        }
    }
}

async fn counted(client: &mut Client, filter: &wire::ComplaintFilter) -> usize {
    let request = wire::CountComplaintsRequest { filter: Some(filter.clone()) };
    usize::try_from(client.count_complaints(request).await.unwrap().into_inner().count).unwrap()
}

fn names<'a>(complaints: impl IntoIterator<Item = &'a wire::Complaint>) -> Vec<String> {
    complaints.into_iter().map(|complaint| complaint.name.clone()).collect()
}

async fn hidden(intake: &Intake, station: &str) -> wire::Complaint {
    let against = wire::RegisterComplaintRequest {
        conflict_with_station: true,
        ..complaint(station, wire::Category::DomesticViolence)
    };
    intake.desk(station).register_complaint(against).await.unwrap().into_inner()
}

#[tokio::test]
async fn inside_a_station_only_the_recorder_the_house_officer_and_the_assigned_officer_see_a_complaint() {
    let intake = Intake::start().await;
    let recorded = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let other = |post: &str| intake.client(&format!("posts/{post}"), "desk_officer", &["ps-157-001"], true);
    let everything = wire::ComplaintFilter::default();

    let shown = get(&mut intake.desk("ps-157-001"), &recorded.name).await.unwrap().into_inner();
    assert_eq!(shown, recorded, "with its limits");
    assert!(get(&mut intake.sho("ps-157-001"), &recorded.name).await.is_ok());
    let mut colleague = other("ps-157-001-desk-2");
    assert_eq!(refused(get(&mut colleague, &recorded.name).await), "OUT_OF_SCOPE");
    assert_eq!(counted(&mut colleague, &everything).await, 0);

    let assign = wire::AssignOfficerRequest {
        request_id: crate::harness::request_id(),
        name: recorded.name.clone(),
        assignee: "posts/ps-157-001-desk-2".into(),
        ..wire::AssignOfficerRequest::default()
    };
    intake.sho("ps-157-001").assign_officer(assign).await.unwrap();
    assert!(get(&mut colleague, &recorded.name).await.is_ok());
    assert_eq!(names(&listed(&mut colleague, &everything, 10).await), std::slice::from_ref(&recorded.name));
    let mine = wire::ListMyWorkRequest { mine_only: true, ..wire::ListMyWorkRequest::default() };
    assert_eq!(colleague.list_my_work(mine.clone()).await.unwrap().into_inner().items.len(), 1);
    assert!(intake.desk("ps-157-001").list_my_work(mine).await.unwrap().into_inner().items.is_empty());
}

#[tokio::test]
async fn what_a_station_is_a_party_to_is_hidden_from_it_everywhere() {
    let intake = Intake::start().await;
    let hidden = hidden(&intake, "ps-157-001").await;
    let open = registered(&intake, "ps-157-001", wire::Category::Stalking).await;
    let everything = wire::ComplaintFilter::default();
    let mut sho = intake.sho("ps-157-001");
    assert_eq!(refused(get(&mut sho, &hidden.name).await), "OUT_OF_SCOPE");
    assert_eq!(names(&listed(&mut sho, &everything, 10).await), std::slice::from_ref(&open.name));
    assert_eq!(counted(&mut sho, &everything).await, 1);
    let work = sho.list_my_work(wire::ListMyWorkRequest::default()).await.unwrap().into_inner().items;
    assert_eq!(names(work.iter().filter_map(|item| item.complaint.as_ref())), std::slice::from_ref(&open.name));

    let mut circle = intake.client("posts/circle-157-1-co", "circle_officer", &["circle-157-1"], false);
    assert!(get(&mut circle, &hidden.name).await.is_ok());
    assert_eq!(names(&listed(&mut circle, &everything, 10).await), [open.name, hidden.name], "newest first");
}

#[tokio::test]
async fn foreign_and_missing_complaints_get_one_answer() {
    let intake = Intake::start().await;
    let recorded = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let missing = "complaints/4d5c1a0e-6f1b-4a52-9d5e-2f1f4f0c9a11";
    for mut foreign in [intake.sho("ps-157-002"), intake.district("district-164"), intake.desk("ps-164-001")] {
        let one = get(&mut foreign, &recorded.name).await.unwrap_err();
        let none = get(&mut foreign, missing).await.unwrap_err();
        assert_eq!((one.code(), one.message()), (none.code(), none.message()));
        let everything = wire::ComplaintFilter::default();
        assert_eq!(counted(&mut foreign, &everything).await, 0);
        assert!(listed(&mut foreign, &everything, 5).await.is_empty());
        assert!(foreign.list_my_work(wire::ListMyWorkRequest::default()).await.unwrap().into_inner().items.is_empty());
        let parent = wire::ComplaintFilter { parent: "stations/ps-157-001".into(), ..wire::ComplaintFilter::default() };
        let list =
            wire::ListComplaintsRequest { filter: Some(parent.clone()), ..wire::ListComplaintsRequest::default() };
        assert_eq!(refused(foreign.list_complaints(list).await), "OUT_OF_SCOPE");
        let count = wire::CountComplaintsRequest { filter: Some(parent) };
        assert_eq!(refused(foreign.count_complaints(count).await), "OUT_OF_SCOPE");
    }
}

#[tokio::test]
async fn machines_and_visitors_read_no_complaint() {
    let intake = Intake::start().await;
    for role in ["control_room", "public_reader", "registrar"] {
        let mut reader = intake.client("systems/one", role, &["up"], false);
        assert_eq!(refused(get(&mut reader, "complaints/x").await), "PERMISSION_MISSING", "{role}");
        let list = reader.list_complaints(wire::ListComplaintsRequest::default()).await;
        assert_eq!(refused(list), "PERMISSION_MISSING", "{role}");
        let count = reader.count_complaints(wire::CountComplaintsRequest::default()).await;
        assert_eq!(refused(count), "PERMISSION_MISSING", "{role}");
        let work = reader.list_my_work(wire::ListMyWorkRequest::default()).await;
        assert_eq!(refused(work), "PERMISSION_MISSING", "{role}");
    }
}

#[tokio::test]
async fn a_count_is_the_sum_of_the_pages_whatever_is_asked_for_and_whoever_asks() {
    use wire::Category::{Dowry, EveTeasing, Stalking};

    let intake = Intake::start().await;
    for (station, category) in [("ps-157-001", Dowry), ("ps-157-002", Stalking), ("ps-164-001", Dowry)] {
        for _ in 0..7 {
            registered(&intake, station, category).await;
        }
    }
    intake.advance_to(at("2020-10-24 09:00")).await;
    for _ in 0..4 {
        registered(&intake, "ps-157-001", EveTeasing).await;
    }
    hidden(&intake, "ps-157-001").await;
    let phoned =
        wire::RegisterComplaintRequest { channel: wire::Channel::Phone.into(), ..complaint("ps-157-001", Dowry) };
    let phoned = intake.desk("ps-157-001").register_complaint(phoned).await.unwrap().into_inner();
    let acknowledge = wire::AcknowledgeComplaintRequest {
        request_id: crate::harness::request_id(),
        name: phoned.name,
        ..wire::AcknowledgeComplaintRequest::default()
    };
    intake.desk("ps-157-001").acknowledge_complaint(acknowledge).await.unwrap();

    let none = wire::ComplaintFilter::default;
    let filters = [
        (none(), [27, 20, 13, 12, 12]),
        (wire::ComplaintFilter { categories: vec![Dowry.into(), EveTeasing.into()], ..none() }, [19, 12, 12, 12, 12]),
        (wire::ComplaintFilter { channels: vec![wire::Channel::Phone.into()], ..none() }, [1, 1, 1, 1, 1]),
        (wire::ComplaintFilter { from: Some(day(2020, 10, 24)), ..none() }, [6, 6, 6, 5, 5]),
        (wire::ComplaintFilter { to: Some(day(2020, 10, 23)), ..none() }, [21, 14, 7, 7, 7]),
        (
            wire::ComplaintFilter { handling_states: vec![wire::HandlingState::Acknowledged.into()], ..none() },
            [1, 1, 1, 1, 1],
        ),
        (wire::ComplaintFilter { imported: Some(true), ..none() }, [0, 0, 0, 0, 0]),
        (wire::ComplaintFilter { imported: Some(false), ..none() }, [27, 20, 13, 12, 12]),
    ];
    let auditor = || intake.client("posts/auditor", "auditor", &["up"], false);
    let circle = || intake.client("posts/co", "circle_officer", &["circle-157-1"], false);
    for (filter, expected) in &filters {
        let mut sizes = Vec::new();
        for mut reader in
            [auditor(), intake.district("district-157"), circle(), intake.sho("ps-157-001"), intake.desk("ps-157-001")]
        {
            let all = listed(&mut reader, filter, 1000).await;
            let paged = listed(&mut reader, filter, 4).await;
            assert_eq!(names(&all), names(&paged), "pages of any size list the same");
            assert_eq!(names(&all).into_iter().collect::<BTreeSet<_>>().len(), all.len(), "each once");
            assert_eq!(counted(&mut reader, filter).await, all.len(), "{filter:?}");
            sizes.push(all.len());
        }
        assert_eq!(sizes, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn filters_are_checked_whole_and_page_tokens_fit_their_own_request() {
    let intake = Intake::start().await;
    for _ in 0..3 {
        registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    }
    let mut sho = intake.sho("ps-157-001");
    let filter = wire::ComplaintFilter {
        parent: "ps-157-001".into(),
        handling_states: vec![1, 77],
        categories: vec![0],
        from: Some(day(2020, 10, 24)),
        to: Some(day(2020, 10, 23)),
        ..wire::ComplaintFilter::default()
    };
    let wrong = wire::ListComplaintsRequest { filter: Some(filter), page_size: -1, page_token: "x".into() };
    assert_eq!(
        wrong_fields(&sho.list_complaints(wrong).await.unwrap_err()),
        ["page_size", "page_token", "filter.parent", "filter.handling_states[1]", "filter.categories[0]", "filter.to"]
    );
    let page = wire::ListComplaintsRequest { page_size: 2, ..wire::ListComplaintsRequest::default() };
    let token = sho.list_complaints(page).await.unwrap().into_inner().next_page_token;
    let other = wire::ListComplaintsRequest {
        filter: Some(wire::ComplaintFilter { imported: Some(false), ..wire::ComplaintFilter::default() }),
        page_size: 2,
        page_token: token,
    };
    assert_eq!(wrong_fields(&sho.list_complaints(other).await.unwrap_err()), ["page_token"]);
}

#[tokio::test]
async fn a_station_or_a_unit_below_narrows_a_list() {
    let intake = Intake::start().await;
    let first = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let second = registered(&intake, "ps-157-002", wire::Category::Dowry).await;
    let mut head = intake.district("district-157");
    for (parent, expected) in [
        ("stations/ps-157-001", vec![first.name.clone()]),
        ("units/circle-157-2", vec![second.name.clone()]),
        ("units/district-157", vec![second.name.clone(), first.name.clone()]),
    ] {
        let filter = wire::ComplaintFilter { parent: parent.into(), ..wire::ComplaintFilter::default() };
        assert_eq!(names(&listed(&mut head, &filter, 10).await), expected, "{parent}");
    }
}

#[tokio::test]
async fn work_comes_with_the_next_due_first_and_the_late_before_all() {
    let intake = Intake::start().await;
    let late = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    intake.advance_to(at("2020-10-23 16:00")).await;
    let ordinary = registered(&intake, "ps-157-001", wire::Category::FamilyDispute).await;
    let elsewhere = registered(&intake, "ps-157-002", wire::Category::Dowry).await;
    let acknowledge = wire::AcknowledgeComplaintRequest {
        request_id: crate::harness::request_id(),
        name: ordinary.name.clone(),
        ..wire::AcknowledgeComplaintRequest::default()
    };
    intake.desk("ps-157-001").acknowledge_complaint(acknowledge).await.unwrap();
    let urgent = registered(&intake, "ps-157-001", wire::Category::Abduction).await;

    let mut sho = intake.sho("ps-157-001");
    let mut items = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = wire::ListMyWorkRequest { page_size: 1, page_token, ..wire::ListMyWorkRequest::default() };
        let page = sho.list_my_work(request).await.unwrap().into_inner();
        items.extend(page.items);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names(items.iter().filter_map(|item| item.complaint.as_ref())), [late.name, urgent.name, ordinary.name]);
    let next = |place: usize| items[place].next.as_ref().unwrap();
    assert!(next(0).breached && next(0).code() == wire::ClockCode::Acknowledge);
    assert_eq!(next(2).code(), wire::ClockCode::Triage);
    let mut head = intake.district("district-157");
    let all = head.list_my_work(wire::ListMyWorkRequest::default()).await.unwrap().into_inner().items;
    assert!(names(all.iter().filter_map(|item| item.complaint.as_ref())).contains(&elsewhere.name));
}
