//! `mahila.registry.v1.RegistryService`: a line a method, which says whose it is. The rooms parse, submit or read, and answer.

use mahila_proto::registry::v1 as wire;
use mahila_proto::registry::v1::registry_service_server::RegistryService;
use platform::call::Call;
use platform::service::Base;
use tonic::{Request, Response, Status};

use crate::stations::{RollWatch, Snapshot};
use crate::{desk_days, desks, rosters, stations, units};

/// Serves the registry.
#[derive(Debug)]
pub struct Registry {
    /// What every service has.
    pub base: Base,
    /// The roll in memory.
    pub snapshot: Snapshot,
    /// Fills the snapshot.
    pub watch: RollWatch,
}

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl RegistryService for Registry {
    async fn get_unit(&self, request: Request<wire::GetUnitRequest>) -> Answer<wire::Unit> {
        let call = Call::of(&request)?;
        Ok(Response::new(units::api::get(&self.base, &call, request.get_ref())?))
    }

    async fn list_units(&self, request: Request<wire::ListUnitsRequest>) -> Answer<wire::ListUnitsResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(units::api::list(&self.base, &call, request.into_inner())?))
    }

    async fn get_tree(&self, request: Request<wire::GetTreeRequest>) -> Answer<wire::UnitTree> {
        let call = Call::of(&request)?;
        Ok(Response::new(units::api::tree(&self.base, &call, request.get_ref())?))
    }

    async fn get_station(&self, request: Request<wire::GetStationRequest>) -> Answer<wire::Station> {
        let call = Call::of(&request)?;
        Ok(Response::new(stations::api::get(&self.base, &call, request.get_ref())?))
    }

    async fn list_stations(&self, request: Request<wire::ListStationsRequest>) -> Answer<wire::ListStationsResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(stations::api::list(&self.base, &call, request.into_inner())?))
    }

    async fn search_stations(
        &self,
        request: Request<wire::SearchStationsRequest>,
    ) -> Answer<wire::SearchStationsResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(stations::api::search(&self.base, &self.snapshot, &call, request.get_ref())?))
    }

    async fn resolve_station(
        &self,
        request: Request<wire::ResolveStationRequest>,
    ) -> Answer<wire::ResolveStationResponse> {
        Ok(Response::new(stations::api::resolve(&self.base, request.get_ref())?))
    }

    async fn import_stations(
        &self,
        request: Request<wire::ImportStationsRequest>,
    ) -> Answer<wire::ImportStationsResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(stations::api::import(&self.base, &self.watch, &call, request.into_inner()).await?))
    }

    async fn open_desk(&self, request: Request<wire::OpenDeskRequest>) -> Answer<wire::Desk> {
        let call = Call::of(&request)?;
        Ok(Response::new(desks::api::open(&self.base, &call, request.get_ref()).await?))
    }

    async fn get_desk(&self, request: Request<wire::GetDeskRequest>) -> Answer<wire::Desk> {
        let call = Call::of(&request)?;
        Ok(Response::new(desks::api::get(&self.base, &call, request.get_ref()).await?))
    }

    async fn list_desks(&self, request: Request<wire::ListDesksRequest>) -> Answer<wire::ListDesksResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(desks::api::list(&self.base, &call, request.into_inner()).await?))
    }

    async fn publish_roster(
        &self,
        request: Request<wire::PublishRosterRequest>,
    ) -> Answer<wire::PublishRosterResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(rosters::api::publish(&self.base, &call, request.get_ref()).await?))
    }

    async fn check_in(&self, request: Request<wire::CheckInRequest>) -> Answer<wire::CheckInResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(rosters::api::check_in(&self.base, &call, request.get_ref()).await?))
    }

    async fn send_heartbeats(
        &self,
        request: Request<wire::SendHeartbeatsRequest>,
    ) -> Answer<wire::SendHeartbeatsResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(desk_days::api::send_heartbeats(&self.base, &call, request.get_ref()).await?))
    }

    async fn list_desk_days(&self, request: Request<wire::ListDeskDaysRequest>) -> Answer<wire::ListDeskDaysResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(desk_days::api::list(&self.base, &call, request.into_inner()).await?))
    }

    async fn list_non_compliant_desks(
        &self,
        request: Request<wire::ListNonCompliantDesksRequest>,
    ) -> Answer<wire::ListNonCompliantDesksResponse> {
        let call = Call::of(&request)?;
        Ok(Response::new(desk_days::api::list_non_compliant(&self.base, &call, request.into_inner()).await?))
    }
}
