//! The development issuer's tokens. A real deployment has an identity provider of its own, and trusts nothing from here
//! unless its settings name this key.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use mahila_proto::auth::v1::Role;
use platform::auth::Claims;
use platform::auth::issuer::Issuer;
use platform::clock::{Clock as _, SystemClock};

use crate::Done;
use crate::up::StateFolder;

/// The `iss` of development tokens.
pub const ISSUER: &str = "mahila-development";
/// The `aud` of every token of the suite.
pub const AUDIENCE: &str = "mahila";

/// Whom a token is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// What they are.
    pub roles: Vec<Role>,
    /// What they may see, with all below.
    pub units: Vec<String>,
    /// `posts/…`, `services/…`, `systems/…`; `None`: made from role and unit.
    pub subject: Option<String>,
    /// A woman officer.
    pub woman: bool,
}

impl Holder {
    fn subject(&self) -> String {
        if let Some(subject) = &self.subject {
            return subject.clone();
        }
        let role = self.roles.first().map_or("nobody".to_owned(), |role| role_name(*role).replace('_', "-"));
        match (self.roles.first(), self.units.first()) {
            (Some(Role::ControlRoom), _) => "systems/112".to_owned(),
            (_, Some(unit)) => format!("posts/{unit}-{role}"),
            (_, None) => format!("posts/{role}"),
        }
    }
}

/// `ROLE[:UNIT]`: `desk_officer:ps-162-001`, `headquarters`. Without a unit it sees the whole state. A desk officer and a
/// feedback caller are women, as their posts ask.
impl FromStr for Holder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (role, unit) = text.split_once(':').unwrap_or((text, "up"));
        let role = role_of(role)?;
        let unit = unit.trim_start_matches("units/").trim_start_matches("stations/");
        Ok(Self {
            roles: vec![role],
            units: vec![unit.to_owned()],
            subject: None,
            woman: matches!(role, Role::DeskOfficer | Role::FeedbackCaller),
        })
    }
}

/// The name of a role as tokens and command lines have it: `desk_officer`.
#[must_use]
pub fn role_name(role: Role) -> String {
    role.as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase()
}

/// Every role a token may carry.
pub fn roles() -> impl Iterator<Item = Role> {
    (1..).map_while(|number| Role::try_from(number).ok())
}

/// The roles as the command line takes them, with what they are.
fn role_words() -> impl TypedValueParser<Value = Role> {
    let words = roles().map(|role| {
        let name = role_name(role);
        let label = mahila_proto::label("mahila.auth.v1.Role", role as i32).map(|label| label.en).unwrap_or_default();
        PossibleValue::new(name.clone()).alias(name.replace('_', "-")).help(label)
    });
    PossibleValuesParser::new(words.collect::<Vec<_>>()).try_map(|name| role_of(&name).map_err(std::io::Error::other))
}

fn role_of(name: &str) -> Result<Role, String> {
    let wanted = name.replace('-', "_").to_ascii_lowercase();
    roles().find(|role| role_name(*role) == wanted).ok_or_else(|| {
        let all: Vec<String> = roles().map(role_name).collect();
        format!("there is no role `{name}`: choose one of {}", all.join(", "))
    })
}

/// Signs tokens for a simulation.
#[derive(Debug)]
pub struct Development(Issuer);

impl Development {
    /// The issuer of a key file; the file is made when it is not there.
    ///
    /// # Errors
    /// It cannot be read or made, or is not a key.
    pub fn make(key: &Path) -> anyhow::Result<Self> {
        let issuer =
            Issuer::load_or_make(key).with_context(|| format!("the issuer's key {} cannot be used", key.display()))?;
        Ok(Self(issuer))
    }

    /// The issuer of a key file that is there.
    ///
    /// # Errors
    /// There is none, or it is not a key.
    pub fn open(key: &Path) -> anyhow::Result<Self> {
        if !key.is_file() {
            bail!(
                "there is no development issuer here ({} is not there): run `mahila up`, or name a key with --issuer-key, \
                 which is made when it is not there",
                key.display()
            );
        }
        Self::make(key)
    }

    /// A token that holds for so long from now.
    #[must_use]
    pub fn token(&self, holder: &Holder, ttl: Duration) -> String {
        // Tokens use real time, also in a replay.
        let now = u64::try_from(SystemClock.now().timestamp()).unwrap_or_default();
        self.0.sign(&Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: holder.subject(),
            exp: now.saturating_add(ttl.as_secs()),
            roles: holder.roles.iter().map(|role| role_name(*role)).collect(),
            units: holder.units.clone(),
            woman: holder.woman,
        })
    }

    /// The public key, as `auth.jwks` takes it.
    ///
    /// # Errors
    /// Never, as the key is plain data.
    pub fn jwks(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(&self.0.jwks())?)
    }
}

/// Which key signs.
#[derive(Debug, Args)]
pub(crate) struct IssuerKey {
    /// File with the development issuer's key; made when it is not there. Default: the key of `mahila up`.
    #[arg(long, value_name = "FILE")]
    issuer_key: Option<PathBuf>,
    #[command(flatten)]
    state: StateFolder,
}

impl IssuerKey {
    fn issuer(&self) -> anyhow::Result<Development> {
        match &self.issuer_key {
            Some(key) => Development::make(key),
            None => Development::open(&self.state.folder().issuer_key()),
        }
    }
}

/// `mahila token`
#[derive(Debug, Args)]
pub(crate) struct Token {
    /// What the holder is. May be given more than once.
    #[arg(long = "role", required = true, value_name = "ROLE", value_parser = role_words())]
    roles: Vec<Role>,
    /// What the holder may see, with all below: `up`, `district-162`, `ps-162-001`.
    #[arg(long = "unit", value_name = "UNIT")]
    units: Vec<String>,
    /// Whom the token is about: `posts/…`, `services/…`, `systems/…`. Default: made from role and unit.
    #[arg(long)]
    subject: Option<String>,
    /// The holder is a woman officer.
    #[arg(long)]
    woman: bool,
    /// How long it holds: `30m`, `8h`, `30d`.
    #[arg(long, default_value = "8h", value_name = "TIME", value_parser = span)]
    ttl: Duration,
    #[command(flatten)]
    key: IssuerKey,
}

impl Token {
    pub(crate) fn run(self) -> Done {
        let issuer = self.key.issuer()?;
        let holder = Holder { roles: self.roles, units: self.units, subject: self.subject, woman: self.woman };
        println!("{}", issuer.token(&holder, self.ttl));
        Ok(ExitCode::SUCCESS)
    }
}

/// `mahila jwks`
pub(crate) fn print_jwks(key: &IssuerKey) -> Done {
    println!("{}", key.issuer()?.jwks()?);
    Ok(ExitCode::SUCCESS)
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 30m, 8h or 30d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use platform::auth::{Jwks, Verifier};

    use super::*;

    #[test]
    fn a_holder_is_written_as_role_and_unit() {
        let holder: Holder = "desk-officer:ps-162-001".parse().unwrap();
        assert_eq!(holder.roles, [Role::DeskOfficer]);
        assert_eq!(holder.subject(), "posts/ps-162-001-desk-officer");
        assert!(holder.woman);
        let holder: Holder = "headquarters".parse().unwrap();
        assert_eq!(holder.units, ["up"]);
        assert!(!holder.woman);
        assert!("emperor".parse::<Holder>().unwrap_err().contains("desk_officer"));
        assert_eq!(roles().count(), 15);
    }

    #[test]
    fn times_are_written_with_a_unit() {
        assert_eq!(span("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(span("2d"), Ok(Duration::from_hours(48)));
        for wrong in ["", "8", "h", "8w", "-1h", "é"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn the_suite_takes_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("issuer.key");
        assert!(Development::open(&key).unwrap_err().to_string().contains("mahila up"));
        let issuer = Development::make(&key).unwrap();
        let token = issuer.token(&"auditor:zone-agra".parse().unwrap(), Duration::from_mins(1));
        let jwks = folder.path().join("jwks.json");
        std::fs::write(&jwks, issuer.jwks().unwrap()).unwrap();
        let jwks = Jwks::load(jwks.to_str().unwrap(), Duration::from_mins(1)).await.unwrap();
        let caller = Verifier::new(jwks, ISSUER, AUDIENCE, 0).verify(&format!("Bearer {token}")).await.unwrap();
        assert_eq!(caller.roles, [Role::Auditor]);
        assert_eq!(caller.units, ["zone-agra"]);
        assert_eq!(caller.principal, "posts/zone-agra-auditor");
    }
}
