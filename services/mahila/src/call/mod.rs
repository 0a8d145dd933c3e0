//! A client verb for each RPC: `mahila SERVICE VERB --field value …`, made from the contract's descriptors. A method that is
//! new in the contract has its verb without a line here.

mod connection;
mod contract;
mod flags;
mod input;
mod print;
mod refusal;
mod request;
mod table;
mod wire;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{ArgMatches, Args, Command, FromArgMatches as _, ValueEnum};
use platform::Refusal;
use prost_reflect::MethodDescriptor;
use serde_json::{Map, Value};
use tonic::{Request, Status};

use crate::Done;
use crate::failure::Said;

use input::{Messages, Wrong};
use print::{Failed, show, show_all};

pub use connection::Connection;
pub use table::rows;
pub use words::Language;

/// A message of the contract, by its full name, from the JSON that `--output json` prints.
///
/// # Errors
/// The text is no such JSON.
pub(crate) fn message<M: prost::Message + Default>(name: &str, text: &str) -> anyhow::Result<M> {
    let descriptor = contract::pool().get_message_by_name(name).with_context(|| format!("{name} is not known"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let message = prost_reflect::DynamicMessage::deserialize(descriptor, &mut json)
        .with_context(|| format!("this is no {name} in JSON"))?;
    json.end().context("there is more than one message")?;
    Ok(message.transcode_to()?)
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people. Streams are lines of JSON all the same.
    Table,
    /// For programs: the JSON of protobuf.
    Json,
}

/// Options of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Calling")]
struct Options {
    #[command(flatten)]
    connection: Connection,
    /// How the answer is printed.
    #[arg(long, short, value_enum, default_value = "table")]
    output: Output,
    /// The language of labels and errors.
    #[arg(long, env = "MAHILA_LANG", value_enum, default_value = "en")]
    lang: Language,
    /// The request as JSON, or @FILE; flags go over it.
    #[arg(long, value_name = "JSON")]
    json: Option<String>,
    /// Seconds to wait for the answer; 0: for ever. Default: 30, for streams for ever.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Have this call traced, and say its trace's id.
    #[arg(long)]
    trace: bool,
}

/// The commands of the contract, a service each.
#[must_use]
pub fn commands() -> Vec<Command> {
    contract::services()
        .map(|service| {
            let about = contract::comment(&service.parent_file(), service.path()).unwrap_or_default();
            Command::new(contract::service_verb(service.name()))
                .about(about)
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommands(service.methods().map(|method| command(&method)))
        })
        .collect()
}

fn command(method: &MethodDescriptor) -> Command {
    let about = contract::comment(&method.parent_file(), method.path()).unwrap_or_default();
    let mut options = Options::augment_args(Command::new("options"));
    if method.is_client_streaming() {
        options = Input::augment_args(options);
    }
    // Fields first: they are what the verb is about.
    let command = flags::add(Command::new(contract::kebab(method.name())), &method.input(), &options);
    command.args(options.get_arguments()).about(about)
}

/// Where the messages of a method that takes many come from.
#[derive(Debug, Args)]
struct Input {
    /// File with a message a line, in JSON. Default: standard input, when no field is given.
    #[arg(long, value_name = "FILE", help_heading = "Calling")]
    input: Option<PathBuf>,
}

/// Runs a verb; `None`: the command is none of the contract's.
pub(crate) async fn run(matches: &ArgMatches) -> Option<Done> {
    let (service, matches) = matches.subcommand()?;
    let service = contract::service(service)?;
    let (verb, matches) = matches.subcommand()?;
    let method = contract::method(&service, verb)?;
    Some(call(&method, matches).await)
}

async fn call(method: &MethodDescriptor, matches: &ArgMatches) -> Done {
    let options = Options::from_arg_matches(matches)?;
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let rule = mahila_proto::METHODS.iter().find(|known| known.path == path).and_then(|known| known.rule);
    let wrong = Wrong::default();
    let (requests, repeat) = requests(method, matches, &options, &wrong)?;
    let (peer, url) = options.connection.open(rule.as_ref())?;

    let mut request = Request::new(requests);
    let streams = method.is_client_streaming() || method.is_server_streaming();
    let patience = match options.timeout {
        Some(0) => None,
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None if streams => None,
        None => Some(Duration::from_secs(30)),
    };
    if let Some(patience) = patience {
        request.set_timeout(patience);
    }
    if options.trace {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let span = &uuid::Uuid::new_v4().simple().to_string()[..16];
        request.metadata_mut().insert("traceparent", format!("00-{id}-{span}-01").parse()?);
        eprintln!("trace: {id}");
    }

    let answered = async {
        match wire::call(&peer, method, request).await {
            Ok(wire::Answer::One(answer)) => show(&answer, options.output, options.lang).map_err(Failed::Print),
            Ok(wire::Answer::Many(answers)) => show_all(answers).await,
            Err(status) => Err(Failed::Call(Box::new(status))),
        }
    };
    let answered = match patience {
        // The server has the deadline too, and its answer says more: so it comes first.
        Some(patience) => tokio::time::timeout(patience + Duration::from_millis(500), answered)
            .await
            .unwrap_or_else(|_| Err(Failed::Call(Box::new(Refusal::deadline().into())))),
        None => answered.await,
    };
    match answered {
        Ok(()) => match wrong.get() {
            Some(wrong) => bail!("{wrong}"),
            None => Ok(ExitCode::SUCCESS),
        },
        // `mahila … | head` has seen enough.
        Err(Failed::Print(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(Failed::Print(error)) => Err(error).context("the answer cannot be printed"),
        Err(Failed::Call(status)) => {
            if options.output == Output::Json {
                eprintln!("{}", refusal::json(&status));
                return Err(Said(refusal::exit_code(&status)).into());
            }
            Err(refused(&status, &url, repeat.as_deref(), options.lang).into())
        }
    }
}

/// Tells people that a call was refused; what is left is its exit code.
pub(crate) fn refused(status: &Status, address: &str, repeat: Option<&str>, language: Language) -> Said {
    eprint!("{}", refusal::sentence(status, address, repeat, language));
    Said(refusal::exit_code(status))
}

/// What is sent, and the id of the request if it has one.
fn requests(
    method: &MethodDescriptor,
    matches: &ArgMatches,
    options: &Options,
    wrong: &Wrong,
) -> anyhow::Result<(Messages, Option<String>)> {
    let given = flags::read(matches, &method.input());
    if method.is_client_streaming() {
        let input = Input::from_arg_matches(matches)?.input;
        if given.is_empty() && options.json.is_none() {
            return Ok((input::lines(method, input, wrong.clone())?, None));
        }
        if input.is_some() {
            bail!("--input and fields of a message exclude each other");
        }
    }
    let mut json = match options.json.as_deref().map(flags::json).transpose().context("--json")? {
        None => Map::new(),
        Some(Value::Object(object)) => object,
        Some(_) => bail!("--json: must be an object {{…}}"),
    };
    merge(&mut json, given);
    let repeat = request::request_id(&method.input(), &mut json);
    let message = request::message(&method.input(), Value::Object(json))?;
    Ok((Box::pin(tokio_stream::once(message)), repeat))
}

fn merge(json: &mut Map<String, Value>, given: Map<String, Value>) {
    for (name, value) in given {
        match (json.get_mut(&name), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                json.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[test]
    fn every_method_of_the_contract_has_a_verb_with_help() {
        let mut verbs = 0;
        for service in commands() {
            for verb in service.get_subcommands() {
                let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(!about.is_empty() && !about.contains("Options of"), "{}: {about}", verb.get_name());
                for arg in verb.get_arguments() {
                    let told = arg.get_help().is_some_and(|help| !help.to_string().is_empty());
                    assert!(told, "{} {} {}", service.get_name(), verb.get_name(), arg.get_id());
                }
                verbs += 1;
            }
            service.clone().debug_assert();
        }
        assert_eq!(verbs, mahila_proto::METHODS.len());
    }

    #[test]
    fn flags_become_a_request() {
        let service = contract::service("intake").unwrap();
        let method = contract::method(&service, "register-complaint").unwrap();
        let matches = command(&method)
            .try_get_matches_from([
                "register-complaint",
                "--station=stations/ps-162-001",
                "--category=domestic-violence",
                "--safe-contact.mode=never",
                "--conflict-with-station",
                "--persons",
                r#"{"role":"victim"}"#,
                "--json",
                r#"{"safe_contact":{"words":"the bank"},"station":"stations/other"}"#,
            ])
            .unwrap();
        let options = Options::from_arg_matches(&matches).unwrap();
        let (mut messages, repeat) = requests(&method, &matches, &options, &Wrong::default()).unwrap();
        let message = futures_util::FutureExt::now_or_never(messages.next()).unwrap().unwrap();
        let json = serde_json::to_value(message).unwrap();
        assert_eq!(json["requestId"].as_str(), repeat.as_deref());
        assert_eq!(json["station"], "stations/ps-162-001");
        assert_eq!(json["safeContact"]["mode"], "CONTACT_MODE_NEVER");
        assert_eq!(json["safeContact"]["words"], "the bank");
        assert_eq!(json["conflictWithStation"], true);
        assert_eq!(json["persons"][0]["role"], "PERSON_ROLE_VICTIM");
    }

    #[test]
    fn a_wrong_word_is_told_with_the_right_ones() {
        let service = contract::service("intake").unwrap();
        let method = contract::method(&service, "register-complaint").unwrap();
        let error = command(&method).try_get_matches_from(["register-complaint", "--category=noise"]).unwrap_err();
        assert!(error.to_string().contains("domestic-violence"), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}
