//! Over TLS, trusting the authority of a file, and nobody else.

use std::path::Path;

use mahila_tests::calls::number;
use platform::settings::Service;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::client::{Target, clients};
use crate::{house, target};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_a_client_trusts_the_authority_it_was_given_and_nobody_else() {
    let clients = clients();
    if clients.is_empty() {
        return;
    }
    let mut house = house().await;
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let authority = authority("the state", &at("ca.crt"));
    self::authority("a stranger", &at("stranger.crt"));
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = certificate.signed_by(&key, &authority).expect("a certificate");
    std::fs::write(at("server.crt"), certificate.pem()).expect("a file");
    std::fs::write(at("server.key"), key.serialize_pem()).expect("a file");
    house.kill(Service::Intake);
    let files = [at("server.crt"), at("server.key")].map(|file| file.to_string_lossy().into_owned());
    let tls = [("MAHILA__SERVER__TLS__CERT_FILE", &*files[0]), ("MAHILA__SERVER__TLS__KEY_FILE", &*files[1])];
    house.start_with(Service::Intake, &tls);

    for client in &clients {
        let plain = target(&house, Service::Intake, client);
        let secure = Target {
            address: plain.address.replace("http://127.0.0.1", "https://localhost"),
            authority: Some(at("ca.crt")),
            token: plain.token,
        };
        let station = format!("stations/{}", client.station);
        let register = ["register", "--station", &station];
        let registered = client.run(&secure, &register).await.well();
        let (receipt, secret) = (registered.fact("receipt"), registered.fact("secret"));
        let track = ["track", "--receipt", &receipt, "--secret", &secret];
        assert_eq!(client.run(&secure, &track).await.well().fact("state"), "TRACKED_STATE_IN_HAND");

        // A stranger's authority: nothing is sent, and it says why while it tries.
        let complaints = "SELECT count(*) FROM intake.complaints";
        let before = number(&house, Service::Intake, complaints).await;
        let stranger = Target { authority: Some(at("stranger.crt")), ..secure.clone() };
        let mut running = client.start(&stranger, &register);
        running.says("certificate").await;
        assert_eq!(number(&house, Service::Intake, complaints).await, before, "{}", client.language);
    }
}

fn authority(name: &str, file: &Path) -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    std::fs::write(file, params.self_signed(&key).expect("a certificate").pem()).expect("a file");
    Issuer::new(params, key)
}
