//! The service on the wire: each method is one of a room's.

use mahila_proto::review::v1 as wire;
use mahila_proto::review::v1::review_service_server::ReviewService;
use tonic::{Request, Response, Status};

use crate::{Review, action_items, cycles, policies, sittings};

pub use crate::cycles::api::verify_pages as verify_selection;

/// The service.
pub(crate) struct Api(pub(crate) Review);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ReviewService for Api {
    type WatchCycleStream = cycles::api::Watch;

    async fn put_policy(&self, request: Request<wire::PutPolicyRequest>) -> Answer<wire::ReviewPolicy> {
        policies::api::put(&self.0.base, request).await
    }

    async fn get_policy(&self, request: Request<wire::GetPolicyRequest>) -> Answer<wire::ReviewPolicy> {
        policies::api::get(&self.0.base, request).await
    }

    async fn preview_selection(
        &self,
        request: Request<wire::PreviewSelectionRequest>,
    ) -> Answer<wire::PreviewSelectionResponse> {
        cycles::api::preview(&self.0, request).await
    }

    async fn open_cycle(&self, request: Request<wire::OpenCycleRequest>) -> Answer<wire::ReviewCycle> {
        cycles::api::open(&self.0, request).await
    }

    async fn get_cycle(&self, request: Request<wire::GetCycleRequest>) -> Answer<wire::ReviewCycle> {
        cycles::api::get(&self.0, request).await
    }

    async fn list_cycles(&self, request: Request<wire::ListCyclesRequest>) -> Answer<wire::ListCyclesResponse> {
        cycles::api::list(&self.0, request).await
    }

    async fn list_docket_items(
        &self,
        request: Request<wire::ListDocketItemsRequest>,
    ) -> Answer<wire::ListDocketItemsResponse> {
        cycles::api::items(&self.0, request).await
    }

    async fn verify_selection(
        &self,
        request: Request<wire::VerifySelectionRequest>,
    ) -> Answer<wire::VerifySelectionResponse> {
        cycles::api::verify(&self.0, request).await
    }

    async fn convene_sitting(&self, request: Request<wire::ConveneSittingRequest>) -> Answer<wire::Sitting> {
        sittings::api::convene(&self.0, request).await
    }

    async fn record_decision(
        &self,
        request: Request<wire::RecordDecisionRequest>,
    ) -> Answer<wire::RecordDecisionResponse> {
        sittings::api::decide(&self.0, request).await
    }

    async fn defer_item(&self, request: Request<wire::DeferItemRequest>) -> Answer<wire::DocketItem> {
        sittings::api::defer(&self.0, request).await
    }

    async fn sign_minutes(&self, request: Request<wire::SignMinutesRequest>) -> Answer<wire::Sitting> {
        sittings::api::sign(&self.0, request).await
    }

    async fn list_action_items(
        &self,
        request: Request<wire::ListActionItemsRequest>,
    ) -> Answer<wire::ListActionItemsResponse> {
        action_items::api::list(&self.0, request).await
    }

    async fn claim_action_item(&self, request: Request<wire::ClaimActionItemRequest>) -> Answer<wire::ActionItem> {
        action_items::api::claim(&self.0, request).await
    }

    async fn verify_action_item(&self, request: Request<wire::VerifyActionItemRequest>) -> Answer<wire::ActionItem> {
        action_items::api::verify(&self.0, request).await
    }

    async fn watch_cycle(&self, request: Request<wire::WatchCycleRequest>) -> Answer<cycles::api::Watch> {
        cycles::api::watch(&self.0, request).await
    }
}
