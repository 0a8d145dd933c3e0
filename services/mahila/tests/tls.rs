//! The binary with certificates: services that find each other over TLS, and people who call them; and what wrong files come to.

mod common;

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{Ran, command, mahila};
use platform::postgres::embedded::{Cluster, Options};
use platform::seal::{Keys, os_random};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(90);
const NOWHERE: &str = "/nonexistent/mahila";

fn run(arguments: &[&str]) -> Ran {
    mahila(Path::new(NOWHERE), arguments)
}

/// A folder with settings, keys and certificates: `ca.crt` has signed `server.crt`, which is for localhost alone.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
    health_port: u16,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mahila-tls-").tempdir().unwrap();
        // Root's PostgreSQL is not root and must enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let [port, health_port] = [(); 2]
            .map(|()| TcpListener::bind("127.0.0.1:0").unwrap())
            .map(|listener| listener.local_addr().unwrap().port());
        let place = Self { folder, port, health_port };
        let (authority, authority_pem) = authority("the state");
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        place.write("ca.crt", &authority_pem);
        place.write("stranger.crt", &self::authority("a stranger").1);
        place.write("server.crt", &certificate.pem());
        place.write("server.key", &key.serialize_pem());
        place.write("other.key", &KeyPair::generate().unwrap().serialize_pem());
        for (name, called) in [("service", "oversight.mahila"), ("app", "app.example")] {
            let key = KeyPair::generate().unwrap();
            let shown = CertificateParams::new(vec![called.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
            place.write(&format!("{name}.crt"), &shown.pem());
            place.write(&format!("{name}.key"), &key.serialize_pem());
        }
        Keys::generate_file(&place.path("seal.keys"), &os_random()).unwrap();
        let jwks = run(&["jwks", "--issuer-key", &place.text("issuer.key")]);
        place.write("jwks.json", &jwks.out);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Settings of all services, with the given databases.
    fn settings(&self, databases: &str) -> String {
        let (port, at) = (self.port, |name: &str| self.text(name));
        // One token for all: oversight's, who may have every kind that anybody may have.
        let (url, token) = (
            format!("https://localhost:{port}"),
            self.token(&["--role", "follower", "--subject", "services/oversight"]),
        );
        self.write(
            "settings.toml",
            &format!(
                "simulated = true\n[server]\nlisten = \"127.0.0.1:{port}\"\nhealth_listen = \"127.0.0.1:{}\"\n\
                 [server.tls]\ncert_file = \"{}\"\nkey_file = \"{}\"\n\
                 client_ca_file = \"{}\"\nclient_names = [\"oversight.mahila\"]\n\
                 [peers]\nregistry = \"{url}\"\nintake = \"{url}\"\nreview = \"{url}\"\n\
                 campaigns = \"{url}\"\noversight = \"{url}\"\nca_file = \"{}\"\n\
                 cert_file = \"{}\"\nkey_file = \"{}\"\n\
                 token = \"{token}\"\n{databases}\
                 [auth]\nissuer = \"mahila-development\"\naudience = \"mahila\"\njwks = \"{}\"\n\
                 [seal]\nkeys_file = \"{}\"\n",
                self.health_port,
                at("server.crt"),
                at("server.key"),
                at("ca.crt"),
                at("ca.crt"),
                at("service.crt"),
                at("service.key"),
                at("jwks.json"),
                at("seal.keys"),
            ),
        );
        self.text("settings.toml")
    }

    fn token(&self, holder: &[&str]) -> String {
        let ran = run(&[&["token", "--issuer-key", &self.text("issuer.key")], holder].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().to_owned()
    }

    /// A call of somebody who names the server so, trusts this authority, and shows a service's certificate.
    fn call(&self, host: &str, authority: &str, more: &[&str]) -> Ran {
        self.call_as("service", host, authority, more)
    }

    fn call_as(&self, name: &str, host: &str, authority: &str, more: &[&str]) -> Ran {
        let (address, authority) = (format!("https://{host}:{}", self.port), self.text(authority));
        let [certificate, key] = ["crt", "key"].map(|kind| self.text(&format!("{name}.{kind}")));
        run(&[more, &["--address", &address, "--ca", &authority, "--cert", &certificate, "--key", &key]].concat())
    }
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

/// Services that run; ended with the test.
struct Services(Child);

impl Services {
    fn start(place: &Place, settings: &str) -> Self {
        let log = std::fs::File::create(place.path("log")).unwrap();
        let mut command = command(Path::new(NOWHERE));
        command.args(["serve", "all", "--settings", settings, "--stop-with-stdin"]);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut services = Self(command.spawn().unwrap());
        let deadline = Instant::now() + PATIENCE;
        while !said(place).contains("listening on https://127.0.0.1:") {
            assert!(services.0.try_wait().unwrap().is_none() && Instant::now() < deadline, "{}", said(place));
            std::thread::sleep(Duration::from_millis(30));
        }
        services
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn said(place: &Place) -> String {
    std::fs::read_to_string(place.path("log")).unwrap_or_default()
}

/// It calls the peers as the services do, with the settings' certificate.
fn the_doctor_says_when_a_certificate_is_no_service_s(place: &Place, settings: &str) {
    let doctor = |shown: &str| {
        let mut command = command(Path::new(NOWHERE));
        command.args(["doctor", "all", "--settings", settings, "--output", "json"]);
        command.env("MAHILA__PEERS__CERT_FILE", place.path(&format!("{shown}.crt")));
        command.env("MAHILA__PEERS__KEY_FILE", place.path(&format!("{shown}.key")));
        let ran = Ran::from(command.output().unwrap());
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let checks = told["checks"].as_array().unwrap().clone();
        checks.into_iter().filter(|one| one["check"].as_str().unwrap().starts_with("peers.")).collect::<Vec<_>>()
    };
    let well = doctor("service");
    assert!(!well.is_empty() && well.iter().all(|one| one["state"] == "ok"), "{well:#?}");
    let turned_away = doctor("app");
    let (wrong, well): (Vec<_>, Vec<_>) = turned_away.iter().partition(|one| one["state"] == "mend");
    assert!(!well.is_empty(), "names lead somewhere, and somebody is there: {turned_away:#?}");
    let of: Vec<_> = wrong.iter().map(|one| (one["check"].as_str().unwrap(), one["of"].as_str().unwrap())).collect();
    assert_eq!(
        of,
        ["registry", "intake", "review", "campaigns"].map(|peer| ("peers.health", peer)),
        "{turned_away:#?}"
    );
    for one in wrong {
        // How it was turned away arrives or does not: in TLS 1.3 it is told after the handshake.
        assert!(one["mend"]["en"].as_str().unwrap().contains("trusts our certificate"), "{one:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_find_each_other_over_tls_and_only_who_trusts_them_calls_them() {
    let place = Place::new();
    let cluster = Options { dir: place.path("postgres"), durable: false, max_connections: 60 };
    let cluster = Cluster::start(cluster).await.unwrap();
    let mut databases = String::new();
    for service in ["registry", "intake", "review", "campaigns", "oversight"] {
        let urls = cluster.ensure_service(service).await.unwrap();
        write!(
            databases,
            "[database.{service}]\nurl = \"{}\"\nowner_url = \"{}\"\napp_role = \"{}\"\nvault_role = \"{}\"\n",
            urls.app_url.expose(),
            urls.owner_url.expose(),
            urls.app_role,
            urls.vault_role
        )
        .unwrap();
    }
    let settings = place.settings(&databases);
    let migrated = run(&["migrate", "all", "--settings", &settings]);
    assert_eq!(migrated.code, 0, "{}", migrated.err);
    let services = Services::start(&place, &settings);

    // The roll goes to the registry; intake learns of it over TLS, and takes a complaint.
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../station-registry/data");
    let (units, stations) = (data.join("units.csv"), data.join("stations.csv"));
    let registrar = place.token(&["--role", "registrar", "--unit", "up"]);
    let files = ["--units", units.to_str().unwrap(), "--stations", stations.to_str().unwrap(), "--token", &registrar];
    let imported = place.call("localhost", "ca.crt", &[&["import", "stations"][..], &files].concat());
    assert_eq!(imported.code, 0, "{}\n{}", imported.err, said(&place));
    let desk = place.token(&["--role", "desk_officer", "--unit", "ps-162-001", "--woman"]);
    let complaint = [
        "intake",
        "register-complaint",
        "--station",
        "stations/ps-162-001",
        "--channel",
        "walk-in",
        "--category",
        "stalking",
        "--safe-contact.mode",
        "never",
        "--token",
        &desk,
    ];
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ran = place.call("localhost", "ca.crt", &complaint);
        if ran.code == 0 {
            break;
        }
        assert!(ran.err.contains("STATION_UNKNOWN") && Instant::now() < deadline, "{}\n{}", ran.err, said(&place));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!said(&place).contains("WARN"), "{}", said(&place));

    the_doctor_says_when_a_certificate_is_no_service_s(&place, &settings);

    // Whoever trusts somebody else, or calls it by another name, does not get through, and is told what to mend.
    let question = ["vocabulary", "get-vocabulary"];
    for (host, authority, wrong) in
        [("localhost", "stranger.crt", "UnknownIssuer"), ("127.0.0.1", "ca.crt", "not valid for name")]
    {
        let ran = place.call(host, authority, &question);
        assert_eq!(ran.code, 10 + 14, "{}", ran.err);
        assert!(ran.err.contains(wrong) && ran.err.contains("is not trusted"), "{}", ran.err);
        assert!(ran.err.contains("--ca or MAHILA_CA"), "{}", ran.err);
    }
    // And who shows no service's certificate is turned away.
    let stranger = place.call_as("app", "localhost", "ca.crt", &question);
    assert!(stranger.code >= 10 && stranger.out.is_empty(), "{} {}", stranger.code, stranger.err);
    let ran = place.call("localhost", "settings.toml", &question);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("holds no certificate"), "{}", ran.err);
    // Without --ca the machine's own authorities are asked; `SSL_CERT_FILE` stands for them.
    let address = format!("https://localhost:{}", place.port);
    let with_system = |authority: &str| {
        let mut command = command(Path::new(NOWHERE));
        command.args(question).args(["--address", &address]).env("SSL_CERT_FILE", place.path(authority));
        command.env("MAHILA_CERT", place.path("service.crt")).env("MAHILA_KEY", place.path("service.key"));
        Ran::from(command.output().unwrap())
    };
    assert_eq!(with_system("ca.crt").code, 0);
    assert!(with_system("stranger.crt").err.contains("is not trusted"));

    // Health is told in plain text beside it, and needs nothing.
    let health = |name: &str| {
        let health = Endpoint::from_shared(format!("http://127.0.0.1:{}", place.health_port)).unwrap().connect_lazy();
        let asked = HealthCheckRequest { service: name.to_owned() };
        async move { HealthClient::new(health).check(asked).await.unwrap().into_inner().status() }
    };
    for name in ["", "liveness", "mahila.intake.v1.IntakeService", "mahila.campaign.v1.CampaignService"] {
        assert_eq!(health(name).await, ServingStatus::Serving, "{name:?}");
    }

    // The authority is replaced while it runs: by both for a time, then what the server shows.
    let (before, after) = (std::fs::read_to_string(place.path("ca.crt")).unwrap(), authority("the state of today"));
    place.write("before.crt", &before);
    place.write("after.crt", &after.1);
    place.write("ca.crt", &format!("{before}{}", after.1));
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &after.0).unwrap();
    place.write("server.crt", &certificate.pem());
    place.write("server.key", &key.serialize_pem());
    let deadline = Instant::now() + PATIENCE;
    while place.call("localhost", "after.crt", &question).code != 0 {
        assert!(Instant::now() < deadline, "{}", said(&place));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(place.call("localhost", "before.crt", &question).err.contains("is not trusted"));
    assert!(!said(&place).contains("ERROR"), "{}", said(&place));

    drop(services);
    cluster.stop().await.unwrap();
}

#[test]
fn a_wrong_file_of_tls_ends_it_before_anything_is_touched() {
    let place = Place::new();
    // Nobody listens on port 1: whoever got as far as the database would say so.
    let database = "url = \"postgres://app:hunter2@127.0.0.1:1/x\"\n";
    let databases: String = ["registry", "intake", "review", "campaigns", "oversight"]
        .map(|service| format!("[database.{service}]\n{database}"))
        .concat();
    let settings = place.settings(&databases);
    for (key, file, wrong) in [
        ("server.tls.cert_file", "absent.crt", "cannot be read"),
        ("server.tls.cert_file", "server.key", "holds no certificate"),
        ("server.tls.key_file", "absent.key", "cannot be read"),
        ("server.tls.key_file", "server.crt", "holds no private key"),
        ("server.tls.key_file", "other.key", "is not the key of the certificate in"),
        ("server.tls.client_ca_file", "jwks.json", "holds no certificate"),
        ("peers.cert_file", "jwks.json", "holds no certificate"),
        ("peers.key_file", "other.key", "is not the key of the certificate in"),
        ("peers.ca_file", "absent.crt", "cannot be read"),
        ("peers.ca_file", "jwks.json", "holds no certificate"),
    ] {
        let variable = format!("MAHILA__{}", key.to_uppercase().replace('.', "__"));
        for verb in [&["serve", "all"][..], &["config", "check", "all"]] {
            let mut command = command(Path::new(NOWHERE));
            command.args(verb).args(["--settings", &settings]);
            let ran = Ran::from(command.env(&variable, place.path(file)).output().unwrap());
            assert_eq!(ran.code, 1, "{verb:?} {key}: {}", ran.err);
            let told = format!("{key} ({variable}) {} {wrong}", place.text(file));
            assert!(ran.err.contains(&told) && ran.err.contains("to mend it: "), "{verb:?} {key}: {}", ran.err);
            assert!(!ran.err.contains("127.0.0.1:1") && ran.out.is_empty(), "{}", ran.err);
            assert!(!ran.err.contains("PRIVATE KEY-----\n"), "what a file holds stays there: {}", ran.err);
        }
    }
    let good = run(&["config", "check", "all", "--settings", &settings]);
    assert_eq!(good.code, 0, "{}", good.err);
}
