//! The receipt, and what it opens.

use mahila_proto::intake::v1 as wire;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use tonic::Status;
use tonic::transport::Channel;

use crate::harness::{Intake, reason, registered, request_id, wrong_fields};

/// Whoever holds the paper.
type Anyone = IntakeServiceClient<Channel>;

async fn track(client: &mut Anyone, receipt_no: &str, secret: &str) -> Result<wire::TrackedState, Status> {
    let request = wire::TrackComplaintRequest { receipt_no: receipt_no.into(), secret: secret.into() };
    client.track_complaint(request).await.map(|answer| answer.into_inner().state())
}

#[tokio::test]
async fn number_and_secret_open_a_generic_answer_and_nothing_tells_a_wrong_secret_from_an_unknown_number() {
    let intake = Intake::start().await;
    let mut desk = intake.desk("ps-157-001");
    let one = registered(&intake, "ps-157-001", wire::Category::SexualAssault).await;
    let other = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let receipt = desk.get_receipt(wire::GetReceiptRequest { name: one.name.clone() }).await.unwrap().into_inner();
    let others = desk.get_receipt(wire::GetReceiptRequest { name: other.name }).await.unwrap().into_inner();
    assert_eq!(receipt.receipt_no, one.receipt_no);
    assert_ne!(receipt.secret, others.secret);
    let text = receipt.text.unwrap();
    assert!(text.en.contains("23 October 2020") && text.hi.contains("23 अक्टूबर 2020"));
    for said in ["olice", "ssault", "omplaint", "Hazratganj", "desk", "पुलिस", "थाना", "शिकायत"]
    {
        assert!(!text.en.contains(said) && !text.hi.contains(said), "a neutral paper does not say {said}");
    }

    // An open method: whoever holds the paper, without a token; and nothing else is open.
    let mut anyone = intake.anyone().await;
    let closed = anyone.get_receipt(wire::GetReceiptRequest { name: one.name }).await.unwrap_err();
    assert_eq!(reason(&closed), "TOKEN_INVALID");
    assert_eq!(track(&mut anyone, &one.receipt_no, &receipt.secret).await.unwrap(), wire::TrackedState::InHand);
    let typed = one.receipt_no.to_lowercase();
    assert_eq!(track(&mut anyone, &typed, &receipt.secret.to_lowercase()).await.unwrap(), wire::TrackedState::InHand);

    let wrong_secret = track(&mut anyone, &one.receipt_no, &others.secret).await.unwrap_err();
    let unknown = track(&mut anyone, "WHD-157-001-20-000099-0", &receipt.secret).await.unwrap_err();
    let nonsense = track(&mut anyone, "nonsense", "nonsense").await.unwrap_err();
    assert_eq!(reason(&wrong_secret), "NOT_FOUND");
    for status in [unknown, nonsense] {
        assert_eq!((status.code(), status.message()), (wrong_secret.code(), wrong_secret.message()));
        assert_eq!(status.details(), wrong_secret.details());
    }
    assert_eq!(wrong_fields(&track(&mut anyone, "", "").await.unwrap_err()), ["receipt_no", "secret"]);
}

#[tokio::test]
async fn it_is_finished_when_it_is_disposed() {
    let intake = Intake::start().await;
    let one = registered(&intake, "ps-157-001", wire::Category::Dowry).await;
    let mut desk = intake.desk("ps-157-001");
    let receipt = desk.get_receipt(wire::GetReceiptRequest { name: one.name.clone() }).await.unwrap().into_inner();
    let triage = wire::TriageComplaintRequest {
        request_id: request_id(),
        name: one.name.clone(),
        category: wire::Category::Dowry.into(),
        risk: wire::Risk::Low.into(),
        ..wire::TriageComplaintRequest::default()
    };
    intake.sho("ps-157-001").triage_complaint(triage).await.unwrap();
    let action = wire::RecordActionRequest {
        request_id: request_id(),
        name: one.name.clone(),
        kind: wire::ActionKind::SiteVisit.into(),
        ..wire::RecordActionRequest::default()
    };
    desk.record_action(action).await.unwrap();
    let feedback = wire::RecordFeedbackRequest {
        request_id: request_id(),
        name: one.name,
        reached: true,
        satisfied: true,
        private: true,
        ..wire::RecordFeedbackRequest::default()
    };
    intake.caller("district-157").record_feedback(feedback).await.unwrap();
    assert_eq!(
        track(&mut intake.anyone().await, &receipt.receipt_no, &receipt.secret).await.unwrap(),
        wire::TrackedState::Finished
    );
}
