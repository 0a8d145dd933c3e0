//! How to call what runs, to be copied from the terminal.

use std::fmt::Write as _;
use std::path::PathBuf;

use mahila_proto::auth::v1::Role;

use super::folder::{Folder, StateFolder};
use super::{process, setup};
use crate::token::{role_name, roles};

/// Address, a token a role, and calls in four ways.
pub(super) fn how_to_call(folder: &Folder, address: &str) -> String {
    let mut text =
        format!("\nThe suite answers at {address} (SIMULATED: clock and data are invented)\n\nA token a role:\n");
    for role in roles() {
        let holder = setup::everyday(role);
        let name = role_name(role);
        let _ = writeln!(text, "  {name:22} {:12} $(cat {})", holder.units.join(" "), folder.token(&name).display());
    }
    let token = |role: Role| format!("$(cat {})", folder.token(&role_name(role)).display());
    let _ = writeln!(text, "\nWith {}:", if has("buf") { "buf curl" } else { "grpcurl" });
    for (role, method, body) in [
        (Role::Headquarters, "mahila.registry.v1.RegistryService/SearchStations", r#"{"query":"Chowk"}"#),
        (
            Role::StationHouseOfficer,
            "mahila.intake.v1.IntakeService/CountComplaints",
            r#"{"filter":{"parent":"stations/ps-162-001"}}"#,
        ),
        (
            Role::Headquarters,
            "mahila.oversight.v1.OversightService/ListSilentUnits",
            r#"{"from":{"year":2020,"month":10,"day":23},"to":{"year":2020,"month":10,"day":31}}"#,
        ),
        (
            Role::Auditor,
            "mahila.review.v1.ReviewService/ListCycles",
            r#"{"parent":"stations/ps-162-001","level":"REVIEW_LEVEL_STATION"}"#,
        ),
    ] {
        let token = token(role);
        let _ = if has("buf") {
            writeln!(
                text,
                "  buf curl --protocol grpc --http2-prior-knowledge -H \"authorization: Bearer {token}\" -d '{body}' {address}/{method}"
            )
        } else {
            let plain = address.trim_start_matches("http://");
            writeln!(text, "  grpcurl -plaintext -H \"authorization: Bearer {token}\" -d '{body}' {plain} {method}")
        };
    }
    let mahila = process::program().unwrap_or_else(|_| PathBuf::from("mahila"));
    let mahila = mahila.display();
    let state = if *folder == StateFolder::default().folder() {
        String::new()
    } else {
        format!(" --state {}", folder.path().display())
    };
    let _ = write!(
        text,
        "\nWith our own client (`{mahila} help` lists all verbs):\n  \
         {mahila} registry list-stations{state} --parent units/district-162\n  \
         {mahila} intake register-complaint{state} --as desk_officer:ps-162-001 --station stations/ps-162-001 \
         --channel walk-in --category domestic-violence --safe-contact.mode never --trace\n  \
         {mahila} review list-cycles{state} --parent units/district-162 --level district\n  \
         {mahila} campaign list-events{state} --parent campaigns/- --place units/district-162\n  \
         {mahila} oversight get-statement{state} --from 2020-10-17 --to 2020-10-31 --format text --language hindi\n\
         \nWith Python (pip install grpcio protobuf):\n{}\n\
         \nThen: {mahila} trace{state} ID (what --trace said), {mahila} status{state}, {mahila} logs{state} -f, {mahila} down{state}\n",
        python(folder, address)
    );
    text
}

/// Not indented: Python and the shell both read the beginning of a line.
fn python(folder: &Folder, address: &str) -> String {
    const SCRIPT: &str = "\
python3 - <<'EOF'
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(open('{contract}', 'rb').read()).file:
    pool.Add(file)
Request, Answer = (message_factory.GetMessageClass(pool.FindMessageTypeByName('mahila.registry.v1.' + name))
                   for name in ('SearchStationsRequest', 'SearchStationsResponse'))
search = grpc.insecure_channel('{address}').unary_unary(
    '/mahila.registry.v1.RegistryService/SearchStations',
    request_serializer=lambda request: request.SerializeToString(), response_deserializer=Answer.FromString)
token = open('{token}').read()
print(json_format.MessageToJson(
    search(Request(query='चौक'), metadata=[('authorization', 'Bearer ' + token)]), ensure_ascii=False))
EOF";
    let token = folder.token(&role_name(Role::Headquarters));
    SCRIPT
        .replace("{contract}", &folder.descriptors().display().to_string())
        .replace("{address}", address.trim_start_matches("http://"))
        .replace("{token}", &token.display().to_string())
}

fn has(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_token_and_there_are_calls_in_four_ways() {
        let folder = StateFolder::of(std::path::Path::new("/s")).folder();
        let text = how_to_call(&folder, "http://127.0.0.1:7100");
        for role in roles() {
            assert!(text.contains(&format!("/s/tokens/{}", role_name(role))), "{text}");
        }
        assert!(text.contains("127.0.0.1:7100/mahila.") || text.contains("127.0.0.1:7100 mahila."), "{text}");
        assert!(
            text.contains("register-complaint") && text.contains("import grpc") && text.contains("SIMULATED"),
            "{text}"
        );
    }
}
