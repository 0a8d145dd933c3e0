//! What a wrong command line, setting, token, file or address comes to: a message that says what to mend, and a code that is
//! not zero.

mod common;

use std::io::Write as _;
use std::path::Path;

use common::{Ran, command, mahila};
use platform::seal::{Keys, os_random};

const NOWHERE: &str = "/nonexistent/mahila";

fn run(arguments: &[&str]) -> Ran {
    mahila(Path::new(NOWHERE), arguments)
}

fn settings(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Settings that are complete, but lead nowhere: nobody can listen on port 1.
fn leading_nowhere(folder: &Path) -> tempfile::NamedTempFile {
    let (jwks, keys) = (folder.join("jwks.json"), folder.join("seal.keys"));
    std::fs::write(&jwks, "{\"keys\":[]}").unwrap();
    Keys::generate_file(&keys, &os_random()).unwrap();
    let (jwks, keys) = (jwks.display(), keys.display());
    let database =
        "url = \"postgres://app:hunter2@127.0.0.1:1/x\"\nowner_url = \"postgres://owner:hunter2@127.0.0.1:1/x\"";
    settings(&format!(
        "simulated = true\n[server]\nlisten = \"127.0.0.1:0\"\n[auth]\nissuer = \"i\"\naudience = \"a\"\njwks = \"{jwks}\"\n\
         [peers]\ntoken = \"t\"\n[seal]\nkeys_file = \"{keys}\"\n\
         [database.registry]\n{database}\n[database.intake]\n{database}\n[database.review]\n{database}\n\
         [database.campaigns]\n{database}\n[database.oversight]\n{database}\n"
    ))
}

#[test]
fn a_wrong_command_line_is_code_2() {
    for arguments in [
        &["serve"][..],
        &["serve", "reviews"],
        &["migrate"],
        &["token"],
        &["token", "--role", "emperor"],
        &["import", "stations"],
        &["nonsense"],
        &["intake", "register-complaint", "--category", "noise"],
        &["registry", "list-units", "--page-size", "many"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("error:") || ran.err.contains("Usage:"), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_wrong_setting_is_told_with_its_key_and_what_to_do() {
    let file = settings("[server]\nlissten = \"127.0.0.1:1\"\n");
    for verb in [&["config", "check"][..], &["serve", "all"], &["migrate", "all"]] {
        let ran = run(&[verb, &["--settings", file.path().to_str().unwrap()]].concat());
        assert_eq!(ran.code, 1, "{verb:?}");
        assert!(ran.err.contains("server.lissten") && ran.err.contains("to mend it"), "{}", ran.err);
    }
    let ran = run(&["serve", "all", "--settings", "/nonexistent.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("/nonexistent.toml cannot be read"), "{}", ran.err);
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let ran = run(&["config", "check", "all"]);
    assert_eq!(ran.code, 1);
    for key in ["database.registry.url", "database.intake.url", "database.oversight.url", "auth", "seal.keys_file"] {
        assert!(ran.err.contains(key), "{key}: {}", ran.err);
    }
    assert_eq!(run(&["config", "check"]).code, 0);
}

#[test]
fn a_variable_of_the_environment_is_a_setting() {
    let output =
        command(Path::new(NOWHERE)).args(["config", "check"]).env("MAHILA__WRITE__BATCH", "9999").output().unwrap();
    let ran = Ran::from(output);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("MAHILA__WRITE__BATCH") && ran.err.contains("from 1 to 256"), "{}", ran.err);
}

#[test]
fn the_schema_is_json() {
    let schema: serde_json::Value = serde_json::from_str(&run(&["config", "schema"]).out).unwrap();
    assert!(schema["properties"]["server"]["properties"]["listen"].is_object());
}

#[test]
fn an_unreachable_database_ends_it_without_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = leading_nowhere(folder.path());
    let path = file.path().to_str().unwrap();
    for verb in
        [&["serve", "all"][..], &["serve", "registry"], &["migrate", "registry"], &["journal", "verify", "registry"]]
    {
        let ran = run(&[verb, &["--settings", path]].concat());
        assert_eq!(ran.code, 1, "{verb:?}: {}", ran.err);
        assert!(
            ran.err.contains("127.0.0.1:1/x") && ran.err.contains("start PostgreSQL there"),
            "{verb:?}: {}",
            ran.err
        );
        assert!(!ran.err.contains("hunter2") && ran.out.is_empty(), "{verb:?}: {}", ran.err);
    }
}

#[test]
fn a_database_without_an_owner_is_not_migrated() {
    let file = settings("[database.registry]\nurl = \"postgres://app@127.0.0.1:1/x\"\n");
    let ran = run(&["migrate", "registry", "--settings", file.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("MAHILA__DATABASE__REGISTRY__OWNER_URL"), "{}", ran.err);
}

#[test]
fn a_token_needs_an_issuer_and_is_made_with_one() {
    let ran = run(&["token", "--role", "auditor"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("mahila up") && ran.err.contains("--issuer-key"), "{}", ran.err);

    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("issuer.key");
    let key = key.to_str().unwrap();
    let ran = run(&[
        "token",
        "--role",
        "desk-officer",
        "--unit",
        "ps-162-001",
        "--woman",
        "--ttl",
        "1h",
        "--issuer-key",
        key,
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.trim().split('.').count(), 3, "{}", ran.out);
    let jwks: serde_json::Value = serde_json::from_str(&run(&["jwks", "--issuer-key", key]).out).unwrap();
    assert_eq!(jwks["keys"][0]["kty"], "OKP");
    assert!(!run(&["jwks", "--issuer-key", key]).out.contains("\"d\""), "the private part stays where it is");

    std::fs::write(key, "not a key").unwrap();
    let ran = run(&["token", "--role", "auditor", "--issuer-key", key]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("does not hold a key"), "{}", ran.err);
}

#[test]
fn a_development_issuer_never_serves_a_real_deployment() {
    let folder = tempfile::tempdir().unwrap();
    let file = leading_nowhere(folder.path());
    let text = std::fs::read_to_string(file.path()).unwrap().replace("simulated = true", "simulated = false");
    let real = settings(&text);
    let ran = run(&["serve", "all", "--settings", real.path().to_str().unwrap(), "--issuer-key", "/nonexistent"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("--issuer-key is for simulations"), "{}", ran.err);
}

#[test]
fn nobody_there_is_told_with_what_to_do() {
    let ran = run(&["vocabulary", "get-vocabulary"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("mahila up") && ran.err.contains("--address"), "{}", ran.err);

    let ran = run(&["vocabulary", "get-vocabulary", "--address", "127.0.0.1:1"]);
    assert_eq!(ran.code, 10 + 14);
    assert!(ran.err.contains("no answer from http://127.0.0.1:1"), "{}", ran.err);

    let ran = run(&["registry", "list-units", "--address", "127.0.0.1:1"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("--token"), "{}", ran.err);
}

#[test]
fn a_request_that_cannot_be_made_is_not_sent() {
    let call =
        |json: &str| run(&["intake", "register-complaint", "--address", "127.0.0.1:1", "--token", "t", "--json", json]);
    let ran = call(r#"{"category":"noise","narrative":5}"#);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("category: choose one of") && ran.err.contains("narrative: must be a text"),
        "{}",
        ran.err
    );
    let ran = call(r#"{"narrative":"Asha said"#);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("not JSON") && !ran.err.contains("Asha"), "{}", ran.err);
}

#[test]
fn files_of_an_import_must_be_there() {
    let ran = run(&["import", "stations", "--stations", "/nonexistent.csv"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("/nonexistent.csv cannot be read"), "{}", ran.err);
    let empty = settings("");
    let ran = run(&["import", "stations", "--units", empty.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is empty"), "{}", ran.err);
}

#[test]
fn nothing_runs_where_nothing_was_started() {
    let folder = tempfile::tempdir().unwrap();
    for (verb, code, said) in [
        ("status", 1, "nothing runs"),
        ("down", 0, "nothing was running"),
        ("logs", 1, "no log yet"),
        ("demo", 1, "run `mahila up`"),
    ] {
        let ran = mahila(&folder.path().join("state"), &[verb]);
        assert_eq!(ran.code, code, "{verb}: {}", ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains(said), "{verb}: {}{}", ran.out, ran.err);
    }
    let ran = run(&["trace", "0123456789abcdef0123456789abcdef"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nothing keeps traces here"), "{}", ran.err);
    assert!(run(&["trace", "xyz"]).err.contains("32 hexadecimal digits"));
}

#[test]
fn up_says_why_it_cannot() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let ran = mahila(&file.path().join("inside"), &["up", "--no-demo"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("cannot be written") && ran.err.contains("--state"), "{}", ran.err);
}

#[test]
fn the_contract_is_published() {
    let output = command(Path::new(NOWHERE)).args(["contract", "descriptors"]).output().unwrap();
    assert_eq!(output.stdout, mahila_proto::DESCRIPTORS);
    let reasons = run(&["contract", "reasons", "--output", "json"]);
    let reasons: serde_json::Value = serde_json::from_str(&reasons.out).unwrap();
    assert_eq!(reasons["reasons"][10]["reason"], "BUSY");
    assert_eq!(reasons["reasons"][10]["retry"], "RETRY_SAME");
}

#[test]
fn help_lists_every_service_and_verb() {
    let help = run(&["--help"]).out;
    for word in [
        "serve",
        "up",
        "down",
        "migrate",
        "import",
        "demo",
        "token",
        "config",
        "trace",
        "registry",
        "intake",
        "oversight",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(word)), "{word}: {help}");
    }
    assert!(!help.contains("supervise"), "{help}");
    let help = run(&["intake", "--help"]).out;
    assert!(help.contains("register-complaint") && help.contains("Never refused for place"), "{help}");
}
