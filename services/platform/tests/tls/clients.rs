//! Which clients are let in, by what they show.

use std::path::Path;

use platform::client::Target;
use platform::settings::{ClientCertificates, TlsSettings};
use platform::status::reason_of;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::certificates::{Authority, file};
use crate::{Server, ask, follow, trusting, unanswered};

struct Authorities {
    state: Authority,
    clients: Authority,
}

impl Authorities {
    fn new() -> Self {
        Self { state: Authority::called("the state"), clients: Authority::called("clients") }
    }

    /// A server that asks clients for certificates.
    fn tls(&self, folder: &Path) -> TlsSettings {
        let mut tls = self.state.signs(&["127.0.0.1"]).in_files(folder);
        tls.client_ca_file = Some(file(folder, "clients.crt", &self.clients.pem));
        tls
    }
}

#[tokio::test]
async fn where_clients_must_show_a_certificate_nobody_gets_in_without() {
    let (folder, authorities) = (tempfile::tempdir().unwrap(), Authorities::new());
    let server = Server::start(authorities.tls(folder.path())).await.unwrap();
    let bare = trusting(&authorities.state, server.url("127.0.0.1"));
    unanswered(&bare).await;
    unanswered(&authorities.state.signs(&["oversight"]).shown_by(&bare)).await;
    ask(&authorities.clients.signs(&["oversight"]).shown_by(&bare)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_must_carry_one_of_the_names_that_are_allowed() {
    let (folder, authorities) = (tempfile::tempdir().unwrap(), Authorities::new());
    let mut tls = authorities.tls(folder.path());
    tls.client_names = vec!["oversight.mahila".into(), "review-scheduling.mahila".into()];
    let server = Server::start(tls).await.unwrap();
    let bare = trusting(&authorities.state, server.url("127.0.0.1"));
    for names in [&["oversight.mahila"][..], &["elsewhere", "REVIEW-scheduling.mahila"]] {
        ask(&authorities.clients.signs(names).shown_by(&bare)).await.unwrap();
    }
    for names in [&["oversight"][..], &["oversight.mahila.example"], &["127.0.0.1"], &[]] {
        unanswered(&authorities.clients.signs(names).shown_by(&bare)).await;
    }
    // The name alone is none.
    unanswered(&authorities.state.signs(&["oversight.mahila"]).shown_by(&bare)).await;
    unanswered(&bare).await;
}

#[tokio::test]
async fn where_services_alone_must_show_one_an_app_may_come_without_and_may_not_follow() {
    let (folder, authorities) = (tempfile::tempdir().unwrap(), Authorities::new());
    let mut tls = authorities.tls(folder.path());
    tls.client_certificates = Some(ClientCertificates::Services);
    tls.client_names = vec!["oversight.mahila".into()];
    let server = Server::start(tls).await.unwrap();
    let app = trusting(&authorities.state, server.url("127.0.0.1"));
    ask(&app).await.unwrap();
    // A token that would do does not help.
    let app = Target { token: server.token(), ..app };
    let refused = follow(&app).await.unwrap_err();
    assert_eq!((refused.code(), reason_of(&refused).as_deref()), (Code::Unauthenticated, Some("CERTIFICATE_REQUIRED")));
    assert!(refused.message().contains("certificate of a service"), "{refused:?}");
    let hindi = refused.get_details_localized_message().unwrap();
    assert!(hindi.locale == "hi-IN" && hindi.message.contains("प्रमाणपत्र"), "{hindi:?}");

    let known = authorities.clients.signs(&["oversight.mahila"]);
    follow(&known.shown_by(&app)).await.unwrap();
    // The certificate says which service may connect, the token who calls.
    let silent = Target { token: String::new(), ..app.clone() };
    let refused = follow(&authorities.clients.signs(&["oversight.mahila"]).shown_by(&silent)).await.unwrap_err();
    assert_eq!(reason_of(&refused).as_deref(), Some("TOKEN_INVALID"));
    // Whoever shows one must show a good one.
    unanswered(&authorities.clients.signs(&["somebody"]).shown_by(&app)).await;
    unanswered(&authorities.state.signs(&["oversight.mahila"]).shown_by(&app)).await;
}
