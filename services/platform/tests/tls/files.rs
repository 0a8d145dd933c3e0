//! Files that cannot be what they are named as: the server does not start, and says which and how to mend it.

use std::path::Path;

use platform::client::{ClientError, Peer, Target};
use platform::server::ServeError;
use platform::settings::TlsSettings;

use crate::Server;
use crate::certificates::{Authority, file};

async fn refused(tls: TlsSettings) -> String {
    match Server::start(tls).await {
        Ok(_) => panic!("it serves"),
        Err(error @ ServeError::TlsFiles(_)) => error.to_string(),
        Err(error) => panic!("another error: {error}"),
    }
}

#[tokio::test]
async fn a_wrong_file_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::called("the state");
    let good = authority.signs(&["127.0.0.1"]).in_files(folder.path());
    let others_key = file(folder.path(), "other.key", &authority.signs(&["127.0.0.1"]).key);
    let no_pem = file(folder.path(), "notes.txt", "the certificate is in the other drawer");
    let broken = file(folder.path(), "broken.crt", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    let absent = Path::new("/no/such/file.pem").to_owned();

    for (tls, key, wrong) in [
        (TlsSettings { cert_file: absent.clone(), ..good.clone() }, "cert_file", "/no/such/file.pem cannot be read"),
        (TlsSettings { key_file: absent.clone(), ..good.clone() }, "key_file", "/no/such/file.pem cannot be read"),
        (
            TlsSettings { client_ca_file: Some(absent.clone()), ..good.clone() },
            "client_ca_file",
            "/no/such/file.pem cannot be read",
        ),
        (TlsSettings { cert_file: no_pem.clone(), ..good.clone() }, "cert_file", "notes.txt holds no certificate"),
        (TlsSettings { cert_file: broken, ..good.clone() }, "cert_file", "broken.crt is not PEM throughout"),
        (TlsSettings { key_file: no_pem.clone(), ..good.clone() }, "key_file", "notes.txt holds no private key"),
        (
            // The two exchanged, as happens.
            TlsSettings { cert_file: good.key_file.clone(), ..good.clone() },
            "cert_file",
            "server.key holds no certificate",
        ),
        (
            TlsSettings { key_file: others_key, ..good.clone() },
            "key_file",
            "other.key is not the key of the certificate in",
        ),
        (
            TlsSettings { client_ca_file: Some(no_pem), ..good.clone() },
            "client_ca_file",
            "notes.txt holds no certificate",
        ),
    ] {
        let text = refused(tls).await;
        let variable = format!("server.tls.{key} (MAHILA__SERVER__TLS__{})", key.to_uppercase());
        assert!(text.contains(&variable) && text.contains(wrong) && text.contains("to mend it: "), "{text}");
        assert!(
            !text.contains("PRIVATE KEY-----\n") && !text.contains("drawer"),
            "what a file holds stays there: {text}"
        );
    }
    // All at once, as settings are told.
    let both = refused(TlsSettings { cert_file: absent.clone(), key_file: absent, ..good }).await;
    assert!(both.contains("for 2 reasons"), "{both}");
}

#[tokio::test]
async fn an_authority_that_is_none_is_told_before_anybody_is_called() {
    for (content, wrong) in [("not a certificate", "holds no certificate"), ("", "holds no certificate")] {
        let target = Target {
            url: "https://127.0.0.1:7100".into(),
            authority: Some(content.as_bytes().to_vec()),
            ..Target::default()
        };
        let error = Peer::new(&target).unwrap_err();
        assert!(matches!(error, ClientError::Authority(..)), "{error}");
        assert!(error.to_string().contains(wrong), "{error}");
    }
}
