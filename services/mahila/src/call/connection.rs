//! Whom to call, and as whom.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use mahila_proto::Rule;
use mahila_proto::auth::v1::Role;
use platform::client::{Peer, Target};

use crate::token::{Development, Holder, role_name};
use crate::up::{State, StateFolder};

/// Of a token that is signed for one call.
const ONE_CALL: Duration = Duration::from_mins(10);

/// Options of everything that calls the suite.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Calling")]
pub struct Connection {
    /// The server, as http://host:port or https://host:port. Default: what `mahila up` runs.
    #[arg(long, env = "MAHILA_ADDRESS", value_name = "URL")]
    pub address: Option<String>,
    /// The caller's token. Default: one that the development issuer of `mahila up` signs, see --as.
    #[arg(long, env = "MAHILA_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Call as this role, of this unit: `desk_officer:ps-162-001`, `headquarters`. Default: the highest role that may. For
    /// what `mahila up` runs only.
    #[arg(long = "as", value_name = "ROLE[:UNIT]", conflicts_with = "token")]
    pub holder: Option<Holder>,
    /// File with the authority (PEM) to trust for https. Default: the public ones.
    #[arg(long, env = "MAHILA_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// File with a certificate (PEM) to show, where the server asks for one.
    #[arg(long, env = "MAHILA_CERT", value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// File with the private key of that certificate.
    #[arg(long, env = "MAHILA_KEY", value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Folder of `mahila up`.
    #[command(flatten)]
    pub state: StateFolder,
}

impl Connection {
    /// Sets the connection up for a method with this rule; nothing is sent yet.
    ///
    /// # Errors
    /// There is no address or no token, or one that cannot be used.
    pub fn open(&self, rule: Option<&Rule>) -> anyhow::Result<(Peer, String)> {
        let url = self.url()?;
        let authority = self.ca.as_deref().map(|path| read("--ca", path)).transpose()?;
        let identity = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => Some((read("--cert", certificate)?, read("--key", key)?)),
            _ => None,
        };
        let token = if rule.is_some_and(|rule| rule.open) { String::new() } else { self.token(rule)? };
        let target = Target { url: url.clone(), token, authority, identity };
        Ok((Peer::new(&target)?, url))
    }

    fn url(&self) -> anyhow::Result<String> {
        if let Some(address) = &self.address {
            return Ok(if address.contains("://") { address.clone() } else { format!("http://{address}") });
        }
        match State::read(&self.state.folder()) {
            Some(State { address: Some(address), .. }) => Ok(address),
            _ => bail!("there is nothing to call: run `mahila up`, or name a server with --address or MAHILA_ADDRESS"),
        }
    }

    fn token(&self, rule: Option<&Rule>) -> anyhow::Result<String> {
        if let Some(token) = &self.token {
            return Ok(token.trim().to_owned());
        }
        let key = self.state.folder().issuer_key();
        if !key.is_file() {
            bail!("there is no token: give one with --token or MAHILA_TOKEN");
        }
        let holder = match (&self.holder, rule) {
            (Some(holder), _) => holder.clone(),
            (None, Some(rule)) => highest(rule)?,
            (None, None) => bail!("say as whom to call: --as ROLE[:UNIT]"),
        };
        Ok(Development::open(&key)?.token(&holder, ONE_CALL))
    }
}

fn read(option: &str, path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("{option}: {} cannot be read", path.display()))
}

/// The holder who sees most among those whom a rule lets in.
fn highest(rule: &Rule) -> anyhow::Result<Holder> {
    const HIGHEST: [Role; 6] = [
        Role::Headquarters,
        Role::RangeHead,
        Role::DistrictHead,
        Role::CircleOfficer,
        Role::StationHouseOfficer,
        Role::DeskOfficer,
    ];
    let allowed = |role: &Role| rule.roles.contains(&(*role as i32));
    let role = HIGHEST.into_iter().find(allowed).or_else(|| Role::try_from(*rule.roles.first()?).ok());
    let role = role.context("nobody may call this")?;
    if role == Role::Follower {
        let subject = Some("services/oversight".to_owned());
        return Ok(Holder { roles: vec![role], subject, ..Holder::default() });
    }
    role_name(role).parse().map_err(anyhow::Error::msg)
}

#[cfg(test)]
mod tests {
    use mahila_proto::METHODS;

    use super::*;

    #[test]
    fn there_is_somebody_for_every_method() {
        for method in METHODS.iter().filter(|method| !method.rule.unwrap().open) {
            let rule = method.rule.unwrap();
            let holder = highest(&rule).unwrap();
            assert!(rule.roles.contains(&(holder.roles[0] as i32)), "{}", method.path);
        }
    }

    #[test]
    fn a_scheme_may_be_left_out() {
        let connection = Connection { address: Some("127.0.0.1:7100".into()), ..Connection::default() };
        assert_eq!(connection.url().unwrap(), "http://127.0.0.1:7100");
    }

    #[test]
    fn without_an_address_or_token_it_says_what_to_give() {
        let empty = tempfile::tempdir().unwrap();
        let mut connection = Connection { state: StateFolder::of(empty.path()), ..Connection::default() };
        assert!(connection.url().unwrap_err().to_string().contains("--address"));
        connection.address = Some("http://127.0.0.1:1".into());
        assert!(connection.token(None).unwrap_err().to_string().contains("--token"));
    }
}
