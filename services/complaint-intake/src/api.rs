//! The service on the wire: each method is one of a room's.

use mahila_proto::intake::v1 as wire;
use mahila_proto::intake::v1::intake_service_server::IntakeService;
use tonic::{Request, Response, Status, Streaming};

use crate::{Intake, calls, complaints, queries, tracking, visits};

/// The service.
pub(crate) struct Api(pub(crate) Intake);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl IntakeService for Api {
    type IngestCallsStream = calls::api::Answers;
    type WatchComplaintsStream = queries::api::Watch;

    async fn record_visit(&self, request: Request<wire::RecordVisitRequest>) -> Answer<wire::RecordVisitResponse> {
        visits::api::record_visit(&self.0, request).await
    }

    async fn register_complaint(&self, request: Request<wire::RegisterComplaintRequest>) -> Answer<wire::Complaint> {
        complaints::api::register(&self.0, request).await
    }

    async fn import_register(
        &self,
        request: Request<wire::ImportRegisterRequest>,
    ) -> Answer<wire::ImportRegisterResponse> {
        complaints::api::import(&self.0, request).await
    }

    async fn ingest_calls(&self, request: Request<Streaming<wire::IngestCallsRequest>>) -> Answer<calls::api::Answers> {
        calls::api::ingest_calls(&self.0, request).await
    }

    async fn get_complaint(&self, request: Request<wire::GetComplaintRequest>) -> Answer<wire::Complaint> {
        queries::api::get_complaint(&self.0, request).await
    }

    async fn list_complaints(
        &self,
        request: Request<wire::ListComplaintsRequest>,
    ) -> Answer<wire::ListComplaintsResponse> {
        queries::api::list_complaints(&self.0, request).await
    }

    async fn count_complaints(
        &self,
        request: Request<wire::CountComplaintsRequest>,
    ) -> Answer<wire::CountComplaintsResponse> {
        queries::api::count_complaints(&self.0, request).await
    }

    async fn watch_complaints(&self, request: Request<wire::WatchComplaintsRequest>) -> Answer<queries::api::Watch> {
        queries::api::watch_complaints(&self.0, request).await
    }

    async fn list_my_work(&self, request: Request<wire::ListMyWorkRequest>) -> Answer<wire::ListMyWorkResponse> {
        queries::api::list_my_work(&self.0, request).await
    }

    async fn acknowledge_complaint(
        &self,
        request: Request<wire::AcknowledgeComplaintRequest>,
    ) -> Answer<wire::Complaint> {
        complaints::api::acknowledge(&self.0, request).await
    }

    async fn get_receipt(&self, request: Request<wire::GetReceiptRequest>) -> Answer<wire::Receipt> {
        complaints::api::receipt(&self.0, request).await
    }

    async fn assign_officer(&self, request: Request<wire::AssignOfficerRequest>) -> Answer<wire::Complaint> {
        complaints::api::assign(&self.0, request).await
    }

    async fn triage_complaint(&self, request: Request<wire::TriageComplaintRequest>) -> Answer<wire::Complaint> {
        complaints::api::triage(&self.0, request).await
    }

    async fn record_legal_action(&self, request: Request<wire::RecordLegalActionRequest>) -> Answer<wire::Complaint> {
        complaints::api::legal_action(&self.0, request).await
    }

    async fn record_action(&self, request: Request<wire::RecordActionRequest>) -> Answer<wire::Complaint> {
        complaints::api::action(&self.0, request).await
    }

    async fn record_feedback(&self, request: Request<wire::RecordFeedbackRequest>) -> Answer<wire::Complaint> {
        complaints::api::feedback(&self.0, request).await
    }

    async fn track_complaint(
        &self,
        request: Request<wire::TrackComplaintRequest>,
    ) -> Answer<wire::TrackComplaintResponse> {
        tracking::api::track(&self.0, request).await
    }

    async fn reveal_identity(
        &self,
        request: Request<wire::RevealIdentityRequest>,
    ) -> Answer<wire::RevealIdentityResponse> {
        complaints::api::reveal_identity(&self.0, request).await
    }
}
