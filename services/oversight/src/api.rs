//! The methods of oversight, each in its room.

use mahila_proto::oversight::v1 as wire;
use mahila_proto::oversight::v1::oversight_service_server::OversightService;
use tonic::{Request, Response, Status};

use crate::board::api::Board;
use crate::{Oversight, board, index, ranking, signing, statements};

/// Serves them.
#[derive(Debug)]
pub(crate) struct Api(pub Oversight);

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl OversightService for Api {
    type WatchBoardStream = Board;

    async fn get_statement(&self, request: Request<wire::GetStatementRequest>) -> Answer<wire::Statement> {
        statements::api::get_statement(&self.0, request).await
    }

    async fn list_silent_units(
        &self,
        request: Request<wire::ListSilentUnitsRequest>,
    ) -> Answer<wire::ListSilentUnitsResponse> {
        statements::api::list_silent_units(&self.0, request).await
    }

    async fn sign_statement(&self, request: Request<wire::SignStatementRequest>) -> Answer<wire::SignedStatement> {
        signing::api::sign_statement(&self.0, request).await
    }

    async fn get_signed_statement(
        &self,
        request: Request<wire::GetSignedStatementRequest>,
    ) -> Answer<wire::SignedStatement> {
        signing::api::get_signed_statement(&self.0, request).await
    }

    async fn list_signed_statements(
        &self,
        request: Request<wire::ListSignedStatementsRequest>,
    ) -> Answer<wire::ListSignedStatementsResponse> {
        signing::api::list_signed_statements(&self.0, request).await
    }

    async fn get_index(&self, request: Request<wire::GetIndexRequest>) -> Answer<wire::Index> {
        index::api::get_index(&self.0, request).await
    }

    async fn rank_units(&self, request: Request<wire::RankUnitsRequest>) -> Answer<wire::RankUnitsResponse> {
        ranking::api::rank_units(&self.0, request).await
    }

    async fn watch_board(&self, request: Request<wire::WatchBoardRequest>) -> Answer<Board> {
        board::api::watch_board(&self.0, request)
    }
}
