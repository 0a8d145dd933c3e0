//! `mahila doctor` on a suite that runs: everything is well; then one thing after another is broken, and its line, and no other,
//! says what to mend. Real PostgreSQL with passwords, real TLS, two processes, real followers.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use common::{Ran, command, mahila};
use platform::auth::Claims;
use platform::auth::issuer::Issuer as TokenIssuer;
use platform::clock::{Clock as _, SystemClock};
use platform::postgres::embedded::{Cluster, Options};
use platform::seal::{Keys, os_random};
use platform::telemetry::receiver::Receiver;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// The slowest step, many times over, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);
const NOWHERE: &str = "/nonexistent/mahila";
/// Begins every password: nobody may read it.
const PLANTED: &str = "hunter2-planted";
const SERVICES: [&str; 5] = ["registry", "intake", "review", "campaigns", "oversight"];
/// What the first process runs; campaigns are a process of their own.
const MAIN: [&str; 4] = ["registry", "intake", "review", "oversight"];

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder with PostgreSQL, keys, certificates and the settings of a suite for real use.
struct Place {
    folder: tempfile::TempDir,
    main: u16,
    campaigns: u16,
    cluster: Option<Cluster>,
    collector: Receiver,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mahila-doctor-").tempdir().unwrap();
        // Root's PostgreSQL is not root and must enter.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut place =
            Self { folder, main: free_port(), campaigns: free_port(), cluster: None, collector: Receiver::start() };
        place.certificates();
        Keys::generate_file(&place.path("seal.keys"), &os_random()).unwrap();
        for (key, jwks) in [("issuer.key", "jwks.json"), ("stranger.key", "stranger.json")] {
            let ran = mahila(Path::new(NOWHERE), &["jwks", "--issuer-key", &place.text(key)]);
            place.write(jwks, &ran.out);
        }
        let options = Options { dir: place.path("postgres"), durable: true, max_connections: 200 };
        let cluster = Cluster::start(options).await.unwrap();
        let mut databases = String::new();
        for service in SERVICES {
            let urls = cluster.ensure_service(service).await.unwrap();
            for role in ["owner", "app"] {
                sql(&cluster, "postgres", &format!("ALTER ROLE {service}_{role} PASSWORD '{PLANTED}-{role}'")).await;
            }
            let with_password = |role: &str| {
                cluster.url_as(&format!("{service}_{role}"), service).replacen('@', &format!(":{PLANTED}-{role}@"), 1)
            };
            write!(
                databases,
                "[database.{service}]\nurl = \"{}\"\nowner_url = \"{}\"\napp_role = \"{}\"\nvault_role = \"{}\"\n",
                with_password("app"),
                with_password("owner"),
                urls.app_role,
                urls.vault_role
            )
            .unwrap();
        }
        // From now on whoever is not the superuser must say a password.
        place.write("postgres/server/data/pg_hba.conf", "local all postgres trust\nlocal all all scram-sha-256\n");
        sql(&cluster, "postgres", "SELECT pg_reload_conf()").await;
        place.cluster = Some(cluster);
        place.settings(&databases);
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

    /// `server.crt` is for localhost, by the authority `ca.crt`; `soon.crt` is the same for two days more, `later.crt` for ten.
    fn certificates(&self) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "the state");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        for name in ["ca", "stranger"] {
            let key = KeyPair::generate().unwrap();
            self.write(&format!("{name}.crt"), &params.self_signed(&key).unwrap().pem());
            if name == "stranger" {
                continue;
            }
            let authority = Issuer::from_params(&params, key);
            let own = KeyPair::generate().unwrap();
            self.write("server.key", &own.serialize_pem());
            for (file, days) in [("server.crt", 365), ("soon.crt", 2), ("later.crt", 10), ("ended.crt", -2)] {
                let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
                let ends = now() + TimeDelta::days(days);
                let (month, day) = (u8::try_from(ends.month()).unwrap(), u8::try_from(ends.day()).unwrap());
                params.not_before = rcgen::date_time_ymd(2020, 1, 1);
                params.not_after = rcgen::date_time_ymd(ends.year(), month, day);
                self.write(file, &params.signed_by(&own, &authority).unwrap().pem());
            }
        }
    }

    fn settings(&self, databases: &str) {
        let (main, campaigns) = (self.url(self.main), self.url(self.campaigns));
        let at = |name: &str| self.text(name);
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:{}\"\nmax_in_flight = 128\ndrain_delay_ms = 10\n\
             [server.tls]\ncert_file = \"{}\"\nkey_file = \"{}\"\n\
             [telemetry]\nlog_format = \"json\"\n\
             [peers]\nregistry = \"{main}\"\nintake = \"{main}\"\nreview = \"{main}\"\noversight = \"{main}\"\n\
             campaigns = \"{campaigns}\"\nca_file = \"{}\"\ntoken = \"{}\"\n{databases}\
             [auth]\nissuer = \"mahila-development\"\naudience = \"mahila\"\njwks = \"{}\"\n\
             [seal]\nkeys_file = \"{}\"\n",
            self.main,
            at("server.crt"),
            at("server.key"),
            at("ca.crt"),
            self.token("oversight", TimeDelta::days(60)),
            at("jwks.json"),
            at("seal.keys"),
        );
        self.write("settings.toml", &text);
    }

    #[expect(clippy::unused_self, reason = "read as a place's address")]
    fn url(&self, port: u16) -> String {
        format!("https://localhost:{port}")
    }

    /// A follower's token, good for so long from now.
    fn token(&self, service: &str, ttl: TimeDelta) -> String {
        let issuer = TokenIssuer::load_or_make(&self.path("issuer.key")).unwrap();
        issuer.sign(&Claims {
            iss: "mahila-development".into(),
            aud: "mahila".into(),
            sub: format!("services/{service}"),
            exp: u64::try_from((now() + ttl).timestamp()).unwrap(),
            roles: vec!["follower".into()],
            units: Vec::new(),
            woman: false,
        })
    }

    /// What the settings of the process of campaigns have instead.
    fn of_campaigns(&self) -> Vec<(&'static str, String)> {
        vec![
            ("MAHILA__SERVER__LISTEN", format!("127.0.0.1:{}", self.campaigns)),
            ("MAHILA__PEERS__TOKEN", self.token("awareness-campaigns", TimeDelta::days(60))),
        ]
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().unwrap()
    }

    async fn sql(&self, database: &str, statement: &str) {
        sql(self.cluster(), database, statement).await;
    }

    /// Lets the role that serves inherit what the vault's may; and what mends that.
    async fn inherits(&self) -> (&'static str, &'static str) {
        let mut connection = PgConnection::connect(&self.cluster().url("intake")).await.unwrap();
        let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut connection).await.unwrap();
        if version.as_str() >= "16" {
            (
                "GRANT intake_vault TO intake_app WITH INHERIT TRUE",
                "GRANT intake_vault TO intake_app WITH INHERIT FALSE",
            )
        } else {
            ("ALTER ROLE intake_app INHERIT", "ALTER ROLE intake_app NOINHERIT")
        }
    }

    /// The collector is known to these alone: what arrives there is not of the services that run.
    fn run(&self, arguments: &[&str], variables: &[(&str, String)]) -> Ran {
        let mut command = command(Path::new(NOWHERE));
        command.env("MAHILA__TELEMETRY__OTLP_ENDPOINT", self.collector.endpoint());
        command.args(arguments).args(["--settings", &self.text("settings.toml")]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Ran::from(command.output().unwrap())
    }

    /// What no output may hold.
    fn secrets(&self) -> Vec<String> {
        let keys = std::fs::read_to_string(self.path("seal.keys")).unwrap();
        let keys = keys.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(' ').next_back());
        let settings = std::fs::read_to_string(self.path("settings.toml")).unwrap();
        let token =
            settings.lines().find_map(|line| line.strip_prefix("token = ")).unwrap().trim_matches('"').to_owned();
        let token: Vec<String> = token.split('.').map(str::to_owned).collect();
        keys.map(str::to_owned).filter(|key| key.len() > 20).chain(token).chain([PLANTED.to_owned()]).collect()
    }

    fn doctor(&self, services: &[&str], port: u16, variables: &[(&str, String)]) -> Seen {
        let address = self.url(port);
        let own = ["--output", "json", "--address", &address, "--ca", &self.text("ca.crt"), "--timeout", "30"];
        let ran = self.run(&[&["doctor"], services, &own].concat(), variables);
        self.keeps_secrets(&ran, variables);
        assert!(ran.code == 0 || ran.code == 1, "{ran:?}");
        Seen::of(&ran)
    }

    fn keeps_secrets(&self, ran: &Ran, variables: &[(&str, String)]) {
        let tokens = variables.iter().filter(|(name, _)| name.ends_with("TOKEN"));
        let parts = tokens.flat_map(|(_, token)| token.split('.').map(str::to_owned).collect::<Vec<_>>());
        for secret in self.secrets().into_iter().chain(parts) {
            assert!(!ran.out.contains(&secret) && !ran.err.contains(&secret), "{ran:?}");
        }
    }

    /// The doctor of the first process, with one thing of its settings changed.
    fn main(&self, variables: &[(&str, String)]) -> Seen {
        self.doctor(&MAIN, self.main, variables)
    }

    fn start(&self, services: &[&str], log: &str, variables: &[(&str, String)]) -> Services {
        let file = std::fs::File::create(self.path(log)).unwrap();
        let mut command = command(Path::new(NOWHERE));
        command.arg("serve").args(services).args(["--settings", &self.text("settings.toml"), "--stop-with-stdin"]);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(file.try_clone().unwrap()).stderr(file);
        let mut services = Services(command.spawn().unwrap());
        let deadline = Instant::now() + PATIENCE;
        let said = || std::fs::read_to_string(self.path(log)).unwrap_or_default();
        while !said().contains("listening on https://127.0.0.1:") {
            assert!(services.0.try_wait().unwrap().is_none() && Instant::now() < deadline, "{}", said());
            std::thread::sleep(Duration::from_millis(30));
        }
        services
    }
}

/// As the superuser.
async fn sql(cluster: &Cluster, database: &str, statement: &str) {
    let mut connection = PgConnection::connect(&cluster.url(database)).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Services that run; ended with the test.
struct Services(Child);

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a doctor said.
#[derive(Debug)]
struct Seen {
    code: i32,
    /// State, what was found and how to mend it, by check and of what.
    lines: BTreeMap<String, (String, String)>,
}

impl Seen {
    fn of(ran: &Ran) -> Self {
        let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lines = told["checks"].as_array().unwrap().iter().map(|one| {
            let (check, of) = (word(&one["check"]), word(&one["of"]));
            let said = format!("{}; {}", word(&one["found"]["en"]), word(&one["mend"]["en"]));
            assert!(one["state"] == "ok" || !word(&one["mend"]["hi"]).is_empty(), "{one}");
            (if of.is_empty() { check } else { format!("{check} {of}") }, (word(&one["state"]), said))
        });
        let lines: BTreeMap<_, _> = lines.collect();
        assert_eq!(lines.len(), told["checks"].as_array().unwrap().len(), "no line stands twice: {told}");
        Self { code: ran.code, lines }
    }

    fn which(&self, state: &str) -> Vec<&str> {
        self.lines.iter().filter(|(_, (is, _))| is == state).map(|(line, _)| line.as_str()).collect()
    }

    /// These lines and no others are to be mended; what the first of them says holds these words.
    fn mends(&self, lines: &[&str], words: &[&str]) {
        let mut expected = lines.to_vec();
        expected.sort_unstable();
        assert_eq!((self.which("mend"), self.code), (expected, 1), "{self:#?}");
        let said = &self.lines[lines[0]].1;
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    fn is_well(&self) -> bool {
        self.code == 0 && self.lines.values().all(|(state, _)| state == "ok")
    }
}

fn import(place: &Place) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../station-registry/data");
    let (units, stations) = (data.join("units.csv"), data.join("stations.csv"));
    let token = mahila(
        Path::new(NOWHERE),
        &["token", "--issuer-key", &place.text("issuer.key"), "--role", "registrar", "--unit", "up"],
    );
    let ran = mahila(
        Path::new(NOWHERE),
        &[
            "import",
            "stations",
            "--units",
            units.to_str().unwrap(),
            "--stations",
            stations.to_str().unwrap(),
            "--token",
            token.out.trim(),
            "--address",
            &place.url(place.main),
            "--ca",
            &place.text("ca.crt"),
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[expect(clippy::too_many_lines, reason = "one list: what is broken, and the line that tells it")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_thing_that_breaks_is_told_by_its_line_and_no_other() {
    let place = Place::new().await;
    let of = |name: &'static str, value: String| [(name, value)];

    // Before anything was migrated: said once, and not by each who misses a table.
    let seen = place.main(&[]);
    let migrations = MAIN.map(|service| format!("schema.migrations {service}"));
    for line in &migrations {
        assert_eq!(seen.lines[line].0, "mend", "{seen:#?}");
    }
    assert_eq!(seen.lines["journal.chain registry"].0, "skip", "{seen:#?}");
    assert_eq!(seen.lines["server.health"].0, "mend", "{seen:#?}");
    let migrated = place.run(&["migrate", "all"], &[]);
    assert_eq!(migrated.code, 0, "{}", migrated.err);

    // Campaigns do not run yet: a peer that is away, and a follower that stands still.
    let main = place.start(&MAIN, "main.log", &[]);
    import(&place);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = place.main(&[]);
        if seen.which("mend") == ["peers.connect campaigns"] {
            seen.mends(&["peers.connect campaigns"], &["0 of ", "start campaigns"]);
            break;
        }
        assert!(Instant::now() < deadline, "{seen:#?}");
    }
    let campaigns = place.of_campaigns();
    let seen = place.doctor(&["campaigns"], place.main, &campaigns);
    seen.mends(&["feed.lag campaigns:registry"], &["it stands still at entry 0 of ", "start the follower"]);
    assert_eq!(seen.lines["server.ready campaigns"].0, "look");

    // They run: everything is well, in both processes.
    let second = place.start(&["campaigns"], "campaigns.log", &campaigns);
    place
        .sql("intake", "INSERT INTO vault.data_keys VALUES (gen_random_uuid(), decode('6d6b0100000001', 'hex'))")
        .await;
    for (services, port, variables) in
        [(&MAIN[..], place.main, &[][..]), (&["campaigns"], place.campaigns, &campaigns[..])]
    {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = place.doctor(services, port, variables);
            if seen.is_well() {
                break;
            }
            assert!(Instant::now() < deadline, "{seen:#?}");
        }
    }
    assert!(place.collector.spans().is_empty(), "it sends nothing to the collector");

    // Databases.
    let wrong = place.cluster().url_as("registry_app", "registry").replacen('@', ":hunter2-planted-wrong@", 1);
    place.main(&of("MAHILA__DATABASE__REGISTRY__URL", wrong)).mends(
        &["database.reach registry"],
        &["registry_app@", "password authentication failed", "check the password"],
    );
    place.sql("review", "CREATE TABLE kept AS SELECT * FROM review._migrations; DELETE FROM review._migrations").await;
    place.main(&[]).mends(
        &["schema.migrations review"],
        &["pending, the first being `review 1 ", "run `mahila migrate review` with the owner's address"],
    );
    place.sql("review", "INSERT INTO review._migrations SELECT * FROM kept; DROP TABLE kept").await;
    place.sql("review", "INSERT INTO review._migrations (version, description, success, checksum, execution_time) VALUES (99, 'next', true, '', 0)").await;
    let seen = place.main(&[]);
    assert_eq!((seen.which("look"), seen.code), (vec!["schema.newer review"], 0), "{seen:#?}");
    place.sql("review", "DELETE FROM review._migrations WHERE version = 99").await;
    place.main(&of("MAHILA__SIMULATED", "true".into())).mends(
        &MAIN.map(|service| format!("schema.deployment {service}")).iter().map(String::as_str).collect::<Vec<_>>(),
        &["the database is real and the settings are for a simulation", "set `simulated` to false"],
    );

    // Roles.
    let inherits = place.inherits().await;
    for (database, breaks, line, words, heals) in [
        (
            "review",
            "ALTER ROLE review_app SUPERUSER",
            "roles.app review",
            ["`review_app` is a superuser", "NOSUPERUSER"],
            "ALTER ROLE review_app NOSUPERUSER",
        ),
        (
            "review",
            "ALTER ROLE review_app CREATEDB BYPASSRLS",
            "roles.app review",
            ["more than it needs: BYPASSRLS, CREATEDB", "take it away"],
            "ALTER ROLE review_app NOCREATEDB NOBYPASSRLS",
        ),
        (
            "review",
            "GRANT review_owner TO review_app",
            "roles.app review",
            ["`review_app` owns tables", "give database.review.url another role"],
            "REVOKE review_owner FROM review_app",
        ),
        (
            "review",
            "GRANT UPDATE ON platform.journal TO review_app",
            "roles.journal review",
            ["`review_app` may UPDATE platform.journal", "run `mahila migrate` with `app_role`"],
            "REVOKE UPDATE ON platform.journal FROM review_app",
        ),
        (
            "review",
            "GRANT CREATE ON SCHEMA platform TO review_app",
            "roles.create review",
            ["may make things in: platform", "REVOKE CREATE"],
            "REVOKE CREATE ON SCHEMA platform FROM review_app",
        ),
        (
            "postgres",
            "GRANT CONNECT ON DATABASE intake TO review_app",
            "roles.others review",
            ["may connect to: intake", "REVOKE CONNECT"],
            "REVOKE CONNECT ON DATABASE intake FROM review_app",
        ),
        (
            "intake",
            "ALTER ROLE intake_vault LOGIN CREATEROLE",
            "roles.vault intake",
            ["`intake_vault` has more than it needs: LOGIN, CREATEROLE", "never logs in"],
            "ALTER ROLE intake_vault NOLOGIN NOCREATEROLE",
        ),
        (
            "intake",
            inherits.0,
            "roles.vault intake",
            ["`intake_app` has the rights of `intake_vault` without taking it on", inherits.1],
            inherits.1,
        ),
        (
            "intake",
            "REVOKE UPDATE ON vault.persons FROM intake_vault",
            "roles.vault intake",
            ["`intake_vault` may not UPDATE vault.persons, which", "run `mahila migrate intake`"],
            "GRANT UPDATE ON vault.persons TO intake_vault",
        ),
        (
            "intake",
            "GRANT SELECT (station) ON intake.complaints TO intake_vault; GRANT INSERT ON vault.notes TO intake_vault",
            "roles.vault intake",
            ["`intake_vault` may INSERT vault.notes, SELECT intake.complaints, which", "run `mahila migrate intake`"],
            "REVOKE SELECT (station) ON intake.complaints FROM intake_vault; REVOKE INSERT ON vault.notes FROM intake_vault",
        ),
        (
            "intake",
            "GRANT SELECT ON vault.persons TO intake_app",
            "roles.vault intake",
            ["`intake_app` itself may SELECT vault.persons, without", "run `mahila migrate intake`"],
            "REVOKE SELECT ON vault.persons FROM intake_app",
        ),
    ] {
        place.sql(database, breaks).await;
        place.main(&[]).mends(&[line], &words);
        place.sql(database, heals).await;
    }
    place.sql("intake", "REVOKE intake_vault FROM intake_app").await;
    place.main(&[]).mends(
        &["roles.vault intake", "keys.used intake"],
        &["`intake_app` cannot take on `intake_vault`", "GRANT intake_vault TO intake_app"],
    );
    place.sql("intake", "GRANT intake_vault TO intake_app").await;
    place.main(&of("MAHILA__DATABASE__INTAKE__VAULT_ROLE", "nobody".into())).mends(
        &["roles.vault intake"],
        &["there is no role `nobody`", "CREATE ROLE nobody NOLOGIN, or correct database.intake.vault_role"],
    );
    let same = place.cluster().url_as("review_app", "review").replacen('@', &format!(":{PLANTED}-app@"), 1);
    place.main(&of("MAHILA__DATABASE__REVIEW__OWNER_URL", same)).mends(
        &["roles.owner review"],
        &["the role of owner_url does not own the tables", "let one role own the tables"],
    );

    // The journal and the vault.
    place
        .sql(
            "registry",
            "CREATE TABLE kept AS SELECT * FROM platform.journal WHERE seq = (SELECT seq - 3 FROM platform.journal_head);
             UPDATE platform.journal SET actor = 'posts/nobody' WHERE seq = (SELECT seq FROM kept)",
        )
        .await;
    place.main(&[]).mends(
        &["journal.chain registry"],
        &["does not follow from the one before it", "`mahila journal verify registry`"],
    );
    place
        .sql(
            "registry",
            "UPDATE platform.journal j SET actor = kept.actor FROM kept WHERE j.seq = kept.seq; DROP TABLE kept",
        )
        .await;
    place
        .sql("intake", "INSERT INTO vault.data_keys VALUES (gen_random_uuid(), decode('6d6b0100000007', 'hex'))")
        .await;
    place.main(&[]).mends(
        &["keys.used intake"],
        &["key 7 cannot be read: it is not in the file (in all 2 rows)", "put the line `wrapping 7 …` back"],
    );
    place.sql("intake", "DELETE FROM vault.data_keys WHERE wrapped = decode('6d6b0100000007', 'hex')").await;
    std::fs::set_permissions(place.path("seal.keys"), std::fs::Permissions::from_mode(0o644)).unwrap();
    place.main(&[]).mends(&["keys.file intake"], &["(mode 644)", "chmod o-r"]);
    std::fs::set_permissions(place.path("seal.keys"), std::fs::Permissions::from_mode(0o600)).unwrap();

    // Who we are, and who the others are.
    let feeds = [
        "feed.open intake:registry",
        "feed.open intake:review",
        "feed.open oversight:campaigns",
        "feed.open oversight:intake",
        "feed.open oversight:registry",
        "feed.open oversight:review",
        "feed.open review:intake",
        "feed.open review:registry",
    ];
    let expired = place.token("oversight", -TimeDelta::hours(5));
    place
        .main(&of("MAHILA__PEERS__TOKEN", expired))
        .mends(&[&["token.peers"][..], &feeds].concat(), &["it expired 5 hours ago", "peers.token_file"]);
    place
        .main(&of("MAHILA__AUTH__JWKS", place.text("stranger.json")))
        .mends(&["token.signature"], &["no key of auth.jwks has signed it", "come from the same issuer"]);
    place
        .main(&of("MAHILA__AUTH__JWKS", place.text("absent.json")))
        .mends(&["issuer.keys"], &["absent.json", "correct auth.jwks"]);
    place
        .main(&of("MAHILA__PEERS__CAMPAIGNS", "https://localhost:1".into()))
        .mends(&["peers.connect campaigns"], &["addresses take connections (localhost:1)", "start campaigns"]);
    place
        .main(&of("MAHILA__PEERS__CAMPAIGNS", "http://nobody.invalid:7100".into()))
        .mends(&["peers.name campaigns"], &["`nobody.invalid` leads to no address", "correct peers.campaigns"]);
    place.main(&of("MAHILA__PEERS__CAMPAIGNS", place.url(place.main))).mends(
        &["feed.open oversight:campaigns"],
        &["another service answers there, which has no journal of campaigns", "correct peers.campaigns"],
    );
    place.main(&of("MAHILA__PEERS__CA_FILE", place.text("stranger.crt"))).mends(
        &[
            "peers.tls registry",
            "peers.tls intake",
            "peers.tls review",
            "peers.tls campaigns",
            "certificates.chain server",
        ],
        &["its certificate is not trusted", "give peers.ca_file the authority that issued the certificate of registry"],
    );
    place
        .main(&of("MAHILA__SERVER__TLS__CERT_FILE", place.text("soon.crt")))
        .mends(&["certificates.expiry server"], &["good for another ", "renew it"]);
    let ended = place.main(&of("MAHILA__SERVER__TLS__CERT_FILE", place.text("ended.crt")));
    ended.mends(&["certificates.expiry server"], &["it ended 2 days ago", "renew it"]);
    let later = place.main(&of("MAHILA__SERVER__TLS__CERT_FILE", place.text("later.crt")));
    assert_eq!((later.which("look"), later.code), (vec!["certificates.expiry server"], 0), "{later:#?}");

    // A follower that is behind, and a server that is away.
    drop(second);
    place
        .sql("campaigns", "UPDATE platform.positions SET position = position - 7 WHERE source = 'station-registry'")
        .await;
    let seen = place.doctor(&["campaigns"], place.campaigns, &campaigns);
    seen.mends(
        &["feed.lag campaigns:registry", "server.health"],
        &["it stands still at entry ", ", 7 behind", "nothing is skipped"],
    );

    // As people read it, in both languages.
    let with = |more: &[&str]| {
        let ran = place.run(&[&["doctor", "campaigns"], more].concat(), &campaigns);
        place.keeps_secrets(&ran, &campaigns);
        assert_eq!(ran.code, 1, "{ran:?}");
        ran.out
    };
    let english = with(&[]);
    assert!(english.lines().all(|line| line.is_ascii() || line.contains('…')), "{english}");
    let line = english.lines().find(|line| line.starts_with("mend  feed.lag ")).unwrap();
    assert!(line.contains("7 behind; to mend it: start the follower"), "{line}");
    let health = english.lines().find(|line| line.contains("server.health")).unwrap();
    assert!(health.starts_with("skip ") && health.contains("--address"), "{health}");
    assert!(english.lines().last().unwrap().contains("1 to mend"), "{english}");
    let hindi = with(&["--language", "hi"]);
    assert!(hindi.contains("7 पीछे; ठीक करने के लिए: अनुसरण करने वाली सेवा चालू करें"), "{hindi}");
    assert_eq!(english.lines().count(), hindi.lines().count());

    drop(main);
    let cluster = place.cluster.unwrap();
    cluster.stop().await.unwrap();
}

#[test]
fn settings_that_cannot_be_used_are_findings_and_a_doctor_who_cannot_look_is_code_2() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "[database.intake]\nurl = \"mysql://u:hunter2@h/d\"\n[telemetry]\nsample_ratio = 2.0\n\
         [server]\ndrain_timeout_ms = 20000\ndrain_delay_ms = 20000\n",
    )
    .unwrap();
    let path = file.path().to_str().unwrap();
    let ran = mahila(Path::new(NOWHERE), &["doctor", "--settings", path, "--output", "json"]);
    let seen = Seen::of(&ran);
    let mends = seen.which("mend");
    for line in [
        "settings database.intake.url",
        "settings telemetry.sample_ratio",
        "settings auth",
        "settings seal.keys_file",
        "database.reach intake",
        "limits.drain",
        "peers.name intake:registry",
    ] {
        assert!(mends.contains(&line), "{line}: {seen:#?}");
    }
    assert!(seen.code == 1 && !ran.out.contains("hunter2"), "{ran:?}");

    std::fs::write(file.path(), "[server]\nlissten = \"x\"\n").unwrap();
    let ran = mahila(Path::new(NOWHERE), &["doctor", "--settings", path]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.starts_with("mend  settings") && ran.out.contains("did you mean `server.listen`"), "{}", ran.out);
    assert!(ran.out.contains("skip  everything else"), "{}", ran.out);

    for wrong in [&["--issuer-key", "/nonexistent/key"][..], &["desk"], &["--timeout", "0"], &["--cert", "x"]] {
        let ran = mahila(Path::new(NOWHERE), &[&["doctor", "--settings", path], wrong].concat());
        assert!(ran.code == 2 && ran.out.is_empty() && !ran.err.is_empty(), "{wrong:?}: {ran:?}");
    }
}
