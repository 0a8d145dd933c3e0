//! Whom the doctor looks at: the settings of a process, the services it runs, and what the command line adds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use platform::SharedClock;
use platform::client::Target;
use platform::settings::{Service, Settings};

use crate::serve;
use crate::token::Development;

/// A process and its surroundings.
#[derive(Debug)]
pub(super) struct Patient {
    pub(super) settings: Settings,
    pub(super) services: Vec<Service>,
    pub(super) clock: SharedClock,
    /// What one check may take.
    pub(super) patience: Duration,
    /// How many processes like this one there are.
    pub(super) replicas: u32,
    /// What the process gets to end in.
    pub(super) grace: Duration,
    /// How many entries of a journal are walked.
    pub(super) entries: i64,
    /// Where the running server is, when it was told.
    pub(super) address: Option<String>,
    /// Files to call it with, when they were told.
    pub(super) files: Files,
    /// Signs the tokens of a simulation, as `serve --issuer-key` does.
    pub(super) issuer: Option<Development>,
    /// Whether this is a container.
    pub(super) contained: bool,
}

/// What a call over TLS is made with, PEM.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) ca: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

/// Whose journals a service follows, and whether it starts without being told where they are.
pub(super) const fn follows(service: Service) -> &'static [(Service, bool)] {
    match service {
        Service::Registry => &[],
        Service::Intake => &[(Service::Registry, true), (Service::Review, false)],
        Service::Review => &[(Service::Registry, true), (Service::Intake, true)],
        Service::Campaigns => &[(Service::Registry, true)],
        Service::Oversight => {
            &[(Service::Registry, true), (Service::Intake, true), (Service::Review, false), (Service::Campaigns, false)]
        }
    }
}

/// The full name of a service in the contract.
pub(super) const fn grpc(service: Service) -> &'static str {
    match service {
        Service::Registry => "mahila.registry.v1.RegistryService",
        Service::Intake => "mahila.intake.v1.IntakeService",
        Service::Review => "mahila.review.v1.ReviewService",
        Service::Campaigns => "mahila.campaign.v1.CampaignService",
        Service::Oversight => "mahila.oversight.v1.OversightService",
    }
}

impl Patient {
    /// Where a peer is: as the settings say, or, as in `serve`, in this process itself.
    pub(super) fn peer(&self, service: Service) -> Option<String> {
        let told = self.settings.peers.get(service).map(str::to_owned);
        told.or_else(|| self.own().filter(|_| self.services.contains(&service)))
    }

    /// Where this process listens, when it can be called there by address alone: without certificates.
    pub(super) fn own(&self) -> Option<String> {
        let server = &self.settings.server;
        if server.tls.is_some() { None } else { here(server.listen) }
    }

    /// Where it says how it is, in plain text, when it has a port for that.
    pub(super) fn health(&self) -> Option<String> {
        here(self.settings.server.health_listen?)
    }

    /// The token by which a service makes itself known; empty: none.
    pub(super) fn token(&self, service: Service) -> String {
        let own = serve::known_as(&self.settings, service, self.issuer.as_ref());
        own.peers.token.map(|token| token.expose().to_owned()).unwrap_or_default()
    }

    /// A peer, as this process calls it. The error names the file that cannot be read.
    pub(super) fn target(&self, url: &str, token: String) -> Result<Target, String> {
        let peers = &self.settings.peers;
        let shown = peers.cert_file.as_deref().zip(peers.key_file.as_deref());
        target(url, token, peers.ca_file.as_deref(), shown)
    }

    /// The running server, as the command line or the settings say that it is called.
    pub(super) fn server(&self, url: &str) -> Result<Target, String> {
        let ca = self.files.ca.as_deref().or(self.settings.peers.ca_file.as_deref());
        let shown = self.files.cert.as_deref().zip(self.files.key.as_deref());
        target(url, String::new(), ca, shown)
    }
}

/// An address of this machine as it is called from here; `None`: nobody knows which port it will be.
fn here(mut listen: SocketAddr) -> Option<String> {
    match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    (listen.port() != 0).then(|| format!("http://{listen}"))
}

fn target(url: &str, token: String, ca: Option<&Path>, shown: Option<(&Path, &Path)>) -> Result<Target, String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let identity = match shown {
        Some((certificate, key)) => Some((read(certificate)?, read(key)?)),
        None => None,
    };
    Ok(Target { url: url.to_owned(), token, authority: ca.map(read).transpose()?, identity })
}

/// Where an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) secure: bool,
}

impl Place {
    /// Of `http://host:port` or `https://host:port`; `None`: it is neither.
    pub(super) fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }), secure })
    }

    /// Whether nobody between here and there can listen.
    pub(super) fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let place = Place::of("https://station-registry:7100").unwrap();
        assert_eq!(place, Place { host: "station-registry".into(), port: 7100, secure: true });
        let here = Place::of("http://u:p@[::1]").unwrap();
        assert!(here.is_here() && here.to_string() == "[::1]:80");
        assert!(Place::of("registry:7100").is_none() && Place::of("ftp://a").is_none());
    }

    #[test]
    fn the_contract_knows_every_name() {
        for service in Service::ALL {
            assert!(mahila_proto::METHODS.iter().any(|method| method.service == grpc(service)), "{service}");
        }
    }
}
