//! What the services need to start: keys, tokens, settings, the contract for other languages.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use mahila_proto::auth::v1::Role;
use platform::postgres::embedded::ServiceUrls;
use platform::seal::{Keys, os_random};
use platform::settings::Service;

use super::folder::{Folder, write};
use crate::demo;
use crate::token::{AUDIENCE, Development, Holder, ISSUER, role_name, roles};

/// Of the tokens that lie about for people to call with.
const TOKENS: Duration = Duration::from_hours(30 * 24);

/// Makes the keys that are not there yet, and what follows from them.
///
/// # Errors
/// A file cannot be written or does not hold a key.
pub(super) fn keys(folder: &Folder) -> anyhow::Result<()> {
    let issuer = Development::make(&folder.issuer_key())?;
    write(&folder.jwks(), issuer.jwks()?.as_bytes())?;
    if !folder.seal_keys().exists() {
        Keys::generate_file(&folder.seal_keys(), &os_random()).context("the vault's keys cannot be made")?;
    }
    for role in roles() {
        let mut holder = everyday(role);
        if role == Role::Partner
            && let Some(partner) = demo::partner(&folder.demo_book())
        {
            holder.subject = Some(partner);
        }
        write(&folder.token(&role_name(role)), issuer.token(&holder, TOKENS).as_bytes())?;
    }
    write(&folder.descriptors(), mahila_proto::DESCRIPTORS)
}

/// Who has a role, to try things out: at one station those who work at a station, otherwise with the whole state. A partner is
/// one that the replay registered, once it has.
pub(super) fn everyday(role: Role) -> Holder {
    let unit = match role {
        Role::DeskOfficer | Role::StationHouseOfficer => "ps-162-001",
        Role::CircleOfficer | Role::DistrictHead => "district-162",
        _ => "up",
    };
    let mut holder: Holder = format!("{}:{unit}", role_name(role)).parse().unwrap_or_default();
    match role {
        Role::Follower => {
            holder.units.clear();
            holder.subject = Some("services/oversight".to_owned());
        }
        Role::Complainant => {
            holder.units.clear();
            holder.subject = Some("complainants/demo".to_owned());
        }
        Role::Partner => {
            holder.units.clear();
            holder.subject = Some(format!("partners/{}", uuid::Uuid::nil()));
        }
        _ => {}
    }
    holder
}

/// The address the services have: that of the command line, of earlier starts, or 127.0.0.1:7100. Port 0 is a free one,
/// from then on always the same.
///
/// # Errors
/// There is no free port, or the choice cannot be kept.
pub(super) fn listen(folder: &Folder, wished: Option<SocketAddr>) -> anyhow::Result<SocketAddr> {
    let before = std::fs::read_to_string(folder.listen()).ok().and_then(|text| text.trim().parse::<SocketAddr>().ok());
    let mut listen = wished.or(before).unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 7100)));
    if listen.port() == 0 {
        let earlier = before.filter(|before| before.ip() == listen.ip());
        listen = match earlier {
            Some(earlier) => earlier,
            None => std::net::TcpListener::bind(listen)?.local_addr()?,
        };
    }
    write(&folder.listen(), format!("{listen}\n").as_bytes())?;
    Ok(listen)
}

/// Writes the services' settings.
///
/// # Errors
/// The file cannot be written.
pub(super) fn settings(
    folder: &Folder,
    listen: SocketAddr,
    traces: &str,
    databases: &[(Service, ServiceUrls)],
) -> anyhow::Result<()> {
    let path = |path: std::path::PathBuf| quoted(&path.to_string_lossy());
    let mut text = format!(
        "# Written by `mahila up` at every start; changes made here are lost.\n\
         simulated = true\n\n\
         [server]\nlisten = {}\nreflection = true\n\n\
         [auth]\nissuer = {}\naudience = {}\njwks = {}\n\n\
         [clock]\nmode = \"replay\"\n\n\
         [seal]\nkeys_file = {}\n\n\
         [telemetry]\notlp_endpoint = {}\nsample_ratio = 0.01\n",
        quoted(&listen.to_string()),
        quoted(ISSUER),
        quoted(AUDIENCE),
        path(folder.jwks()),
        path(folder.seal_keys()),
        quoted(traces),
    );
    for (service, urls) in databases {
        write!(
            text,
            "\n[database.{service}]\nurl = {}\nowner_url = {}\napp_role = {}\nvault_role = {}\n",
            quoted(urls.app_url.expose()),
            quoted(urls.owner_url.expose()),
            quoted(&urls.app_role),
            quoted(&urls.vault_role),
        )?;
    }
    write(&folder.settings(), text.as_bytes())
}

/// A text of TOML, which escapes as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use platform::settings::{Secret, Settings};

    use super::super::folder::StateFolder;
    use super::*;

    #[test]
    fn the_settings_can_be_used() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        folder.make().unwrap();
        keys(&folder).unwrap();
        keys(&folder).unwrap();
        let urls = ServiceUrls {
            owner_url: Secret::new("postgres://registry_owner@localhost:5432/registry?host=/a%20b"),
            app_url: Secret::new("postgres://registry_app@localhost:5432/registry?host=/a%20b"),
            app_role: "registry_app".into(),
            vault_role: "registry_vault".into(),
        };
        let listen = listen(&folder, None).unwrap();
        settings(&folder, listen, "http://127.0.0.1:4317", &[(Service::Registry, urls)]).unwrap();
        let settings = Settings::load(Some(&folder.settings())).unwrap();
        settings.serving(&[Service::Registry], false).unwrap();
        assert!(settings.simulated);
        assert_eq!(settings.server.listen.port(), 7100);
    }

    #[test]
    fn a_free_port_is_chosen_once() {
        let path = tempfile::tempdir().unwrap();
        let folder = StateFolder::of(path.path()).folder();
        let any = Some("127.0.0.1:0".parse().unwrap());
        let first = listen(&folder, any).unwrap();
        assert_ne!(first.port(), 0);
        assert_eq!(listen(&folder, any).unwrap(), first);
        assert_eq!(listen(&folder, None).unwrap(), first);
    }
}
