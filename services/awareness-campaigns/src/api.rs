//! The service on the wire: each method is one of a room's. And what all of them ask of a request.

use chrono::NaiveDate;
use mahila_proto::auth::v1::Role;
use mahila_proto::campaign::v1 as wire;
use mahila_proto::campaign::v1::campaign_service_server::CampaignService;
use platform::call::Call;
use platform::clock::ist_day;
use platform::fields::Fields;
use platform::limits::{PAGE_SIZE, PAGE_SIZE_MAX};
use platform::page::Page;
use platform::service::Base;
use platform::terms::Term;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::viewer::Viewer;
use crate::{campaigns, coverage, events, partners};

/// The service.
pub(crate) struct Api(pub(crate) Base);

/// What a method comes to.
pub(crate) type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl CampaignService for Api {
    async fn register_partner(&self, request: Request<wire::RegisterPartnerRequest>) -> Answer<wire::Partner> {
        partners::api::register(&self.0, request).await
    }

    async fn vet_partner(&self, request: Request<wire::VetPartnerRequest>) -> Answer<wire::Partner> {
        partners::api::vet(&self.0, request).await
    }

    async fn list_partners(&self, request: Request<wire::ListPartnersRequest>) -> Answer<wire::ListPartnersResponse> {
        partners::api::list(&self.0, request).await
    }

    async fn create_campaign(&self, request: Request<wire::CreateCampaignRequest>) -> Answer<wire::Campaign> {
        campaigns::api::create(&self.0, request).await
    }

    async fn get_campaign(&self, request: Request<wire::GetCampaignRequest>) -> Answer<wire::Campaign> {
        campaigns::api::get(&self.0, request).await
    }

    async fn list_campaigns(
        &self,
        request: Request<wire::ListCampaignsRequest>,
    ) -> Answer<wire::ListCampaignsResponse> {
        campaigns::api::list(&self.0, request).await
    }

    async fn create_event(&self, request: Request<wire::CreateEventRequest>) -> Answer<wire::Event> {
        events::api::create(&self.0, request).await
    }

    async fn approve_event(&self, request: Request<wire::ApproveEventRequest>) -> Answer<wire::Event> {
        events::api::approve(&self.0, request).await
    }

    async fn report_event(&self, request: Request<wire::ReportEventRequest>) -> Answer<wire::Event> {
        events::api::report(&self.0, request).await
    }

    async fn attach_evidence(&self, request: Request<wire::AttachEvidenceRequest>) -> Answer<wire::Event> {
        events::api::attach(&self.0, request).await
    }

    async fn verify_event(&self, request: Request<wire::VerifyEventRequest>) -> Answer<wire::Event> {
        events::api::verify(&self.0, request).await
    }

    async fn cancel_event(&self, request: Request<wire::CancelEventRequest>) -> Answer<wire::Event> {
        events::api::cancel(&self.0, request).await
    }

    async fn list_events(&self, request: Request<wire::ListEventsRequest>) -> Answer<wire::ListEventsResponse> {
        events::api::list(&self.0, request).await
    }

    async fn get_coverage(&self, request: Request<wire::GetCoverageRequest>) -> Answer<wire::GetCoverageResponse> {
        coverage::api::get(&self.0, request).await
    }
}

/// Today, in India.
pub(crate) fn today(base: &Base) -> NaiveDate {
    ist_day(base.clock.now())
}

/// The caller, as campaigns ask. Whoever is a partner is nothing else.
pub(crate) fn viewer(base: &Base, call: &Call) -> Viewer {
    let scope = base.scope(call);
    if call.caller.is(Role::Partner) {
        Viewer::partner(scope, &call.caller.principal)
    } else {
        Viewer::officer(scope, &base.directory.tree(), today(base))
    }
}

/// A page by this release's sizes. `request`: everything else that is asked.
pub(crate) fn page<K: serde::Serialize + serde::de::DeserializeOwned>(
    fields: &mut Fields,
    size: i32,
    token: &str,
    request: &impl prost::Message,
) -> Page<K> {
    Page::parse(fields, size, token, request, PAGE_SIZE as usize, PAGE_SIZE_MAX as usize)
}

/// Terms of a list.
pub(crate) fn terms<T: Term>(fields: &mut Fields, field: &str, numbers: &[i32]) -> Vec<T> {
    let mut term = |(place, number): (usize, &i32)| fields.term(&format!("{field}[{place}]"), *number);
    numbers.iter().enumerate().filter_map(&mut term).collect()
}

/// The choice of a `oneof`, which must be made.
pub(crate) fn chosen<'a, T>(fields: &mut Fields, field: &str, choice: Option<&'a T>) -> Option<&'a T> {
    if choice.is_none() {
        fields.wrong(field, "is required", "आवश्यक है");
    }
    choice
}

/// A message inside a request, which must be there: read as an empty one where it is not, so that all it lacks is told.
pub(crate) fn body<T: Default + Clone>(sent: Option<&T>) -> T {
    sent.cloned().unwrap_or_default()
}

/// Campaign and event of `campaigns/{uuid}/events/{uuid}`. Nil on a violation.
pub(crate) fn event_name(fields: &mut Fields, field: &str, name: &str) -> (Uuid, Uuid) {
    if name.is_empty() {
        fields.wrong(field, "is required", "आवश्यक है");
        return (Uuid::nil(), Uuid::nil());
    }
    let parsed = || {
        let (campaign, event) = name.strip_prefix("campaigns/")?.split_once("/events/")?;
        Some((Uuid::try_parse(campaign).ok()?, Uuid::try_parse(event).ok()?))
    };
    parsed().unwrap_or_else(|| {
        fields.wrong(
            field,
            "must be campaigns/{campaign}/events/{event}, each a UUID",
            "campaigns/{campaign}/events/{event} होना चाहिए, प्रत्येक UUID",
        );
        (Uuid::nil(), Uuid::nil())
    })
}
