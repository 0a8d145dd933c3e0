use std::time::Duration;

use super::*;

fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), toml).unwrap();
    let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Settings::read(Some(file.path()), Some(variables))
}

fn refused(toml: &str, variables: &[(&str, &str)]) -> String {
    load(toml, variables).unwrap_err().to_string()
}

#[test]
fn nothing_given_is_the_defaults() {
    let settings = load("", &[]).unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:7100");
    assert_eq!(settings.server.drain_timeout, Duration::from_secs(10));
    assert_eq!(settings.server.max_message_bytes, 4 * 1024 * 1024);
    assert_eq!(settings.write.batch, 256);
    assert!(!settings.simulated);
}

#[test]
fn the_environment_wins_over_the_file() {
    let settings = load(
        "[server]\nlisten = \"127.0.0.1:1\"\ndrain_delay_ms = 5\n[telemetry]\nlog_format = \"json\"",
        &[
            ("MAHILA__SERVER__LISTEN", "0.0.0.0:2"),
            ("MAHILA__DATABASE__INTAKE__MAX_CONNECTIONS", "17"),
            ("MAHILA__DATABASE__INTAKE__URL", "postgres://x:12345@h/d"),
            ("MAHILA__TELEMETRY__SAMPLE_RATIO", "0.5"),
            ("MAHILA__SERVER__REFLECTION", "true"),
            ("MAHILA__SERVER__TLS", ""),
            ("MAHILA_HOME", "/somewhere"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(settings.server.listen.to_string(), "0.0.0.0:2");
    assert_eq!(settings.server.drain_delay, Duration::from_millis(5));
    assert!(settings.server.reflection);
    assert_eq!(settings.telemetry.log_format, LogFormat::Json);
    assert!((settings.telemetry.sample_ratio - 0.5).abs() < f64::EPSILON);
    let intake = settings.database.get(Service::Intake).unwrap();
    assert_eq!(intake.max_connections, 17);
    assert_eq!(intake.url.as_ref().unwrap().expose(), "postgres://x:12345@h/d");
}

#[test]
fn a_token_of_digits_stays_as_it_is() {
    let settings = load("", &[("MAHILA__PEERS__TOKEN", "00123e5")]).unwrap();
    assert_eq!(settings.peers.token.unwrap().expose(), "00123e5");
}

#[test]
fn a_list_may_come_from_either_side() {
    let replay = "simulated = true\n[clock]\nmode = \"replay\"\n";
    let file = load(&format!("{replay}peers = [\"http://a:1\", \"http://b:2\"]"), &[]).unwrap();
    let environment = load(replay, &[("MAHILA__CLOCK__PEERS", "http://a:1, http://b:2")]).unwrap();
    assert_eq!(file.clock.peers, environment.clock.peers);
    assert_eq!(file.clock.peers.len(), 2);
}

#[test]
fn an_unknown_key_is_named_and_a_near_one_offered() {
    let text = refused("[server]\nlisen = \"x\"", &[]);
    assert!(text.contains("server.lisen (MAHILA__SERVER__LISEN) is not a setting"), "{text}");
    assert!(text.contains("did you mean `server.listen`?"), "{text}");

    let text = refused("", &[("MAHILA__DATABASE__REGISTRI__URL", "postgres://a/b")]);
    assert!(text.contains("did you mean `database.registry`?"), "{text}");

    let text = refused("", &[("MAHILA__SERVER__TLS__CERT", "x")]);
    assert!(text.contains("server.tls.cert "), "{text}");
    assert!(text.contains("cert_file, client_ca_file, client_certificates, client_names, key_file"), "{text}");

    let text = refused("", &[("MAHILA__STATION_REGISTRY_SERVICE_HOST", "10.0.0.1")]);
    assert!(text.contains("is not a setting"), "{text}");
}

#[test]
fn a_wrong_value_is_told_with_what_the_key_is_for() {
    let text = refused("[server]\nmax_in_flight = \"many\"", &[]);
    assert!(
        text.contains("server.max_in_flight (MAHILA__SERVER__MAX_IN_FLIGHT) is wrong: found string \"many\""),
        "{text}"
    );
    assert!(text.contains("Calls that may run at once"), "{text}");

    let text = refused("", &[("MAHILA__SERVER__LISTEN", "localhost")]);
    assert!(text.contains("server.listen (MAHILA__SERVER__LISTEN) is wrong: invalid socket address"), "{text}");

    let text = refused("[clock]\nmode = \"sundial\"", &[]);
    assert!(text.contains("there is no choice `sundial`"), "{text}");
    assert!(text.contains("choose one of system, replay"), "{text}");

    let text = refused("[auth]\nissuer = \"a\"\njwks = \"b\"", &[]);
    assert!(text.contains("auth.audience (MAHILA__AUTH__AUDIENCE) is missing"), "{text}");
}

#[test]
fn all_problems_are_told_at_once() {
    let error = load(
        "[clock]\nmode = \"replay\"\n[write]\nbatch = 300\n[telemetry]\nsample_ratio = 2.0\nlog_filter = \"a=b=c\"\n\
         [peers]\nregistry = \"registry:7100\"\nkey_file = \"own.key\"\n[database.review]\nurl = \"mysql://u:hunter2@h/d\"\napp_role = \"a b\"\n\
         [database.intake]\nvault_role = \"a b\"",
        &[],
    )
    .unwrap_err();
    let keys: Vec<_> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "database.intake.vault_role",
            "database.intake.app_role",
            "database.review.url",
            "database.review.app_role",
            "telemetry.sample_ratio",
            "telemetry.log_filter",
            "clock.mode",
            "peers.registry",
            "peers.cert_file",
            "write.batch"
        ]
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn a_secret_comes_from_its_file_or_from_its_key_but_not_from_both() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "postgres://a:hunter2@h/d\n").unwrap();
    let path = file.path().to_str().unwrap();
    let settings = load("", &[("MAHILA__DATABASE__REVIEW__URL_FILE", path)]).unwrap();
    let url = settings.database.review.as_ref().unwrap().url.as_ref().unwrap();
    assert_eq!(url.expose(), "postgres://a:hunter2@h/d");
    assert!(!format!("{settings:?}").contains("hunter2"));

    let both = [("MAHILA__DATABASE__REVIEW__URL_FILE", path), ("MAHILA__DATABASE__REVIEW__URL", "postgres://a/b")];
    assert!(refused("", &both).contains("keep one of the two"));
    let absent = refused("", &[("MAHILA__PEERS__TOKEN_FILE", "/no/such/file")]);
    assert!(absent.contains("peers.token_file (MAHILA__PEERS__TOKEN_FILE) /no/such/file cannot be read"), "{absent}");
}

#[test]
fn a_missing_file_is_an_error() {
    let error = Settings::read(Some(Path::new("/no/such.toml")), Some(HashMap::new())).unwrap_err();
    assert!(error.to_string().contains("/no/such.toml cannot be read"), "{error}");
}

#[test]
fn serving_needs_a_database_callers_and_for_the_intake_keys() {
    let error = load("", &[]).unwrap().serving(&[Service::Registry, Service::Intake], false).unwrap_err();
    let keys: Vec<_> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["database.registry.url", "database.intake.url", "auth", "seal.keys_file"]);

    let enough = load(
        "[auth]\nissuer = \"i\"\naudience = \"a\"\njwks = \"keys.json\"\n[database.registry]\nurl = \"postgres://h/d\"",
        &[],
    );
    let mut enough = enough.unwrap();
    enough.serving(&[Service::Registry], false).unwrap();
    // Peers want a token, given or signed here.
    enough.peers.intake = Some("http://intake:7100".into());
    assert_eq!(enough.serving(&[Service::Registry], false).unwrap_err().problems()[0].key, "peers.token");
    enough.serving(&[Service::Registry], true).unwrap();
}

#[test]
fn what_is_said_of_clients_needs_their_authority_and_names_that_are_some() {
    let tls = "[server.tls]\ncert_file = \"a\"\nkey_file = \"b\"\n";
    let clients = "client_certificates = \"services\"\nclient_names = \"oversight.mahila, review.mahila\"";
    let text = refused(&format!("{tls}{clients}"), &[]);
    assert!(text.contains("server.tls.client_certificates") && text.contains("no authority of clients"), "{text}");
    assert!(text.contains("server.tls.client_names (MAHILA__SERVER__TLS__CLIENT_NAMES) is given"), "{text}");
    let settings = load(&format!("{tls}client_ca_file = \"c\"\n{clients}"), &[]).unwrap();
    let tls = settings.server.tls.unwrap();
    assert_eq!(tls.client_certificates, Some(ClientCertificates::Services));
    assert_eq!(tls.client_names, ["oversight.mahila", "review.mahila"]);
    let names = [("MAHILA__SERVER__TLS__CLIENT_NAMES", "a b")];
    let text = refused("[server.tls]\ncert_file = \"a\"\nkey_file = \"b\"\nclient_ca_file = \"c\"", &names);
    assert!(text.contains("holds `a b`, which is not a DNS name"), "{text}");
}

#[test]
fn the_schema_is_closed_and_documents_every_key() {
    fn walk(path: &str, schema: &serde_json::Value) {
        if let Some(properties) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{path} is open");
            for (name, inner) in properties {
                let path = format!("{path}.{name}");
                assert!(inner["description"].is_string(), "{path} has no description");
                walk(&path, inner);
            }
        }
        for one in schema["anyOf"].as_array().into_iter().flatten() {
            walk(path, one);
        }
    }
    let schema = Settings::schema();
    walk("", &schema);
    assert_eq!(schema["properties"]["server"]["properties"]["drain_timeout_ms"]["type"], "integer");
    assert_eq!(schema["properties"]["telemetry"]["properties"]["log_format"]["oneOf"][0]["const"], "json");
}
