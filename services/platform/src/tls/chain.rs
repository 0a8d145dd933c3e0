//! What certificates say, and whether an authority stands behind them. TLS itself never asks here: rustls decides about a peer.
//! This is for whoever looks at files: the metric of what is left, and `mahila doctor`.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::settings::certificates;

/// Which side of a connection shows a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The server, to everybody who connects.
    Server,
    /// The client, to the servers it connects to.
    Client,
}

impl Side {
    /// `server` or `client`, as metrics call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is about, e.g. `CN=station-registry`; empty where names alone say it.
    pub subject: String,
    /// Who says so.
    pub issuer: String,
    /// DNS names and addresses it is for (subject alternative names), in its order.
    pub names: Vec<String>,
    /// The first instant it is good at.
    pub not_before: DateTime<Utc>,
    /// The last one.
    pub not_after: DateTime<Utc>,
}

impl Certificate {
    fn read(der: &CertificateDer<'_>) -> Result<Self, String> {
        let unreadable = |error: x509_cert::der::Error| format!("holds a certificate that cannot be read: {error}");
        let certificate = x509_cert::Certificate::from_der(der).map_err(unreadable)?;
        let said = certificate.tbs_certificate();
        let names = match said.get_extension::<SubjectAltName>().map_err(unreadable)? {
            Some((_, names)) => names.0.iter().filter_map(name).collect(),
            None => Vec::new(),
        };
        let instant = |time: x509_cert::time::Time| DateTime::<Utc>::from(time.to_system_time());
        Ok(Self {
            subject: said.subject().to_string(),
            issuer: said.issuer().to_string(),
            names,
            not_before: instant(said.validity().not_before),
            not_after: instant(said.validity().not_after),
        })
    }

    /// Whether it is one that signed itself, as a root does.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.subject == self.issuer
    }
}

/// A name that a connection can be made to; others (mail, URI) say nothing here.
fn name(of: &GeneralName) -> Option<String> {
    match of {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()?;
            Some(address.to_string())
        }
        _ => None,
    }
}

/// The certificates of one file, in its order: of a server or client its own first, then those between it and a root. Or a
/// bundle of authorities, in any order.
#[derive(Debug, Clone)]
pub struct Chain {
    der: Vec<CertificateDer<'static>>,
    read: Vec<Certificate>,
}

impl Chain {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// It cannot be read, holds no certificate, or one that is none; said so that it can follow the file's name.
    pub fn open(path: &Path) -> Result<Self, String> {
        let text = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::new(certificates(&text)?)
    }

    /// Of what was read already.
    ///
    /// # Errors
    /// There is none, or one of them is none.
    pub(crate) fn new(der: Vec<CertificateDer<'static>>) -> Result<Self, String> {
        if der.is_empty() {
            return Err("holds no certificate".to_owned());
        }
        let read = der.iter().map(Certificate::read).collect::<Result<_, _>>()?;
        Ok(Self { der, read })
    }

    /// All of them.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.read
    }

    /// The one that is shown: the first.
    #[must_use]
    pub fn own(&self) -> &Certificate {
        &self.read[0]
    }

    /// The last instant at which all of them are good. A root that stands behind them is not asked: nobody checks its end.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        let between = self.read.iter().skip(1).filter(|certificate| !certificate.is_root());
        between.map(|certificate| certificate.not_after).fold(self.own().not_after, Ord::min)
    }

    /// Whether a connection to this DNS name or address may be answered with it.
    #[must_use]
    pub fn carries(&self, name: &str) -> bool {
        let (Ok(own), Ok(name)) = (ParsedCertificate::try_from(&self.der[0]), ServerName::try_from(name)) else {
            return false;
        };
        verify_server_name(&own, &name).is_ok()
    }

    /// Whether one of `authorities` stands behind it at that instant, for this side of a connection.
    ///
    /// # Errors
    /// Why not, as a peer would see it.
    pub fn stands(&self, authorities: &Self, at: DateTime<Utc>, side: Side) -> Result<(), String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        for authority in &authorities.der {
            roots.add(authority.clone()).map_err(|error| format!("its authority is none: {error}"))?;
        }
        let seconds = u64::try_from(at.timestamp()).map_err(|_| "there were no certificates before 1970".to_owned())?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (own, between) = (&self.der[0], &self.der[1..]);
        match side {
            Side::Server => ParsedCertificate::try_from(own).and_then(|parsed| {
                let algorithms = provider.signature_verification_algorithms.all;
                verify_server_cert_signed_by_trust_anchor(&parsed, &roots, between, at, algorithms)
            }),
            Side::Client => WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| error.to_string())?
                .verify_client_cert(own, between, at)
                .map(|_| ()),
        }
        .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

    use super::*;

    struct Authority(Issuer<'static, KeyPair>, CertificateDer<'static>);

    fn params(name: &str, names: &[&str], first_year: i32) -> CertificateParams {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(first_year, 1, 1);
        params.not_after = rcgen::date_time_ymd(first_year + 10, 1, 1);
        params
    }

    fn authority(name: &str) -> Authority {
        let mut params = params(name, &[], 2020);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Authority(Issuer::new(params, key), certificate.der().clone())
    }

    fn year(year: i32) -> DateTime<Utc> {
        format!("{year}-06-01T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn what_a_certificate_says_is_read() {
        let state = authority("the state");
        let own = params("the registry", &["station-registry.mahila", "10.1.2.3", "fd00::1"], 2024);
        let own = own.signed_by(&KeyPair::generate().unwrap(), &state.0).unwrap();
        let chain = Chain::new(vec![own.der().clone(), state.1.clone()]).unwrap();
        let said = chain.own();
        assert_eq!((said.subject.as_str(), said.issuer.as_str()), ("CN=the registry", "CN=the state"));
        assert_eq!(said.names, ["station-registry.mahila", "10.1.2.3", "fd00::1"]);
        assert_eq!(said.not_before.to_rfc3339(), "2024-01-01T00:00:00+00:00");
        assert_eq!(said.not_after.to_rfc3339(), "2034-01-01T00:00:00+00:00");
        assert!(chain.carries("station-registry.mahila") && chain.carries("10.1.2.3") && !chain.carries("oversight"));
        // The root of 2020 ends earlier, and nobody checks it.
        assert_eq!(chain.not_after(), said.not_after);
    }

    #[test]
    fn a_chain_is_good_until_the_first_of_it_ends() {
        let (state, mut between) = (authority("the state"), params("between", &[], 2019));
        between.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        let between_der = between.signed_by(&key, &state.0).unwrap().der().clone();
        let issuer = Issuer::new(between, key);
        let own = params("own", &["own"], 2024).signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let chain = Chain::new(vec![own.der().clone(), between_der]).unwrap();
        assert_eq!(chain.not_after().to_rfc3339(), "2029-01-01T00:00:00+00:00");
        let state = Chain::new(vec![state.1]).unwrap();
        chain.stands(&state, year(2026), Side::Server).unwrap();
        assert!(chain.stands(&state, year(2029), Side::Server).unwrap_err().contains("xpired"));
    }

    #[test]
    fn an_authority_stands_behind_its_own_in_their_time_and_for_their_side() {
        let (state, stranger) = (authority("the state"), authority("a stranger"));
        let mut own = params("own", &["own"], 2022);
        own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let own = own.signed_by(&KeyPair::generate().unwrap(), &state.0).unwrap();
        let own = Chain::new(vec![own.der().clone()]).unwrap();
        let [state, stranger] = [state, stranger].map(|one| Chain::new(vec![one.1]).unwrap());
        own.stands(&state, year(2026), Side::Server).unwrap();
        assert!(own.stands(&stranger, year(2026), Side::Server).unwrap_err().contains("UnknownIssuer"));
        assert!(own.stands(&state, year(2032), Side::Server).unwrap_err().contains("xpired"));
        assert!(own.stands(&state, year(2021), Side::Server).unwrap_err().contains("not valid yet"));
        assert!(own.stands(&state, year(2026), Side::Client).is_err(), "it is for servers alone");
    }

    #[test]
    fn what_is_no_certificate_is_told() {
        let broken = CertificateDer::from(b"not one".to_vec());
        assert!(Chain::new(vec![broken]).unwrap_err().contains("cannot be read"));
        assert!(Chain::new(Vec::new()).unwrap_err().contains("no certificate"));
        assert!(Chain::open(Path::new("/no/such/file.pem")).unwrap_err().contains("cannot be read"));
    }
}
