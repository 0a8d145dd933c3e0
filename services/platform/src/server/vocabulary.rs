//! Serves the words of the suite from the contract's own tables.

use mahila_proto::r#type::v1 as wire;
use mahila_proto::r#type::v1::vocabulary_service_server::VocabularyService;
use mahila_proto::{LABELS, REASONS};
use tonic::{Request, Response, Status};

use crate::refusal::Refusal;

/// The vocabulary of this release.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary;

fn text(en: &str, hi: &str) -> wire::LocalizedText {
    wire::LocalizedText { en: en.to_owned(), hi: hi.to_owned() }
}

#[tonic::async_trait]
impl VocabularyService for Vocabulary {
    async fn get_vocabulary(
        &self,
        request: Request<wire::GetVocabularyRequest>,
    ) -> Result<Response<wire::Vocabulary>, Status> {
        let asked = request.into_inner().r#enum;
        let terms: Vec<wire::Term> = LABELS
            .iter()
            .filter(|kind| asked.is_empty() || asked == kind.name)
            .map(|kind| wire::Term {
                r#enum: kind.name.to_owned(),
                values: kind
                    .values
                    .iter()
                    .map(|value| wire::TermValue {
                        value: value.name.to_owned(),
                        number: value.number,
                        label: Some(text(value.en, value.hi)),
                    })
                    .collect(),
            })
            .collect();
        if terms.is_empty() {
            return Err(Refusal::not_found(format!("enums/{}", asked.chars().take(100).collect::<String>())).into());
        }
        let reasons = REASONS.iter().filter(|_| asked.is_empty()).map(|reason| wire::ReasonTerm {
            reason: reason.name.to_owned(),
            text: Some(text(reason.en, reason.hi)),
            retry: reason.retry,
        });
        Ok(Response::new(wire::Vocabulary { terms, reasons: reasons.collect() }))
    }
}
