//! Certificates and their authority are exchanged under load, in the three steps in which it can be done: first everybody trusts
//! both authorities, then everybody shows a certificate of the new one, then nobody trusts the old one. Nothing is restarted and
//! no call fails.

use std::io::{Read as _, Result};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use mahila_tests::house::SERVICES;
use platform::settings::Service;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::load::{Load, Manner};
use crate::town::certificates::{Authority, Leaf};
use crate::town::{Town, until};

/// An answer of a handshake comes within this, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn certificates_are_exchanged_and_no_call_fails(town: &mut Town<'_>) {
    let (new, stranger) = (Authority::new("the second"), Authority::new("a stranger"));
    let old_only = town.trusted.clone();
    let both = format!("{old_only}{}", new.pem);
    // Who calls the services, and that is they themselves too, trusts both before any of them shows the new one.
    let before = SERVICES.map(|service| (service, times_peers_were_read(town, service)));
    town.trust(&both);
    for (service, before) in before.into_iter().filter(|(service, _)| *service != Service::Registry) {
        until("callers trust both", async || times_peers_were_read(town, service) > before).await;
    }
    let load = Load::begin(town, Manner::Once);
    load.goes_on().await;
    let (of_new, of_stranger) = (new.sign("oversight"), stranger.sign("oversight"));
    for service in SERVICES {
        until("both authorities are trusted", async || accepts(town, service, &of_new).await).await;
        assert!(!accepts(town, service, &of_stranger).await, "{service} does not take everybody");
    }

    let of_old = town.shown.remove(&Service::Oversight).expect("it shows one");
    town.show(&new, &both);
    for service in SERVICES {
        until("the new certificate is shown", async || {
            handshake(town, service, None).await.is_ok_and(|(shown, _)| shown == town.shown[&service].der)
        })
        .await;
    }
    load.goes_on().await;
    assert!(load.failures().is_empty(), "{:#?}", load.failures());

    town.trust(&new.pem);
    for service in SERVICES {
        assert!(accepts(town, service, &of_new).await, "{service} takes who is of the new authority");
        until("the old authority is trusted no longer", async || !accepts(town, service, &of_old).await).await;
    }
    load.goes_on().await;
    // Connections that stood are kept; these are new, and everything about them is of the new authority.
    for service in [Service::Oversight, Service::Intake] {
        town.replace(service).await;
        load.goes_on().await;
    }
    load.end(town).await;
}

/// How often a service said that it took over what it trusts and shows as a caller. The registry calls nobody.
fn times_peers_were_read(town: &Town<'_>, service: Service) -> usize {
    let said = town.said(service);
    said.lines()
        .filter(|line| line.contains("files were replaced; what they hold") && line.contains("\"peers\""))
        .count()
}

/// Whether a service takes who shows this certificate.
async fn accepts(town: &Town<'_>, service: Service, shown: &Leaf) -> bool {
    let (_, taken) = handshake(town, service, Some(shown)).await.expect("the service's own certificate is trusted");
    taken
}

/// Connects: what the service shows, and whether it then speaks with us.
async fn handshake(town: &Town<'_>, service: Service, identity: Option<&Leaf>) -> Result<(Vec<u8>, bool)> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(town.trusted.as_bytes()) {
        roots.add(authority.expect("PEM")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("they are the provider's")
        .with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some(leaf) => {
            let certificate = CertificateDer::from(leaf.der.clone());
            let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).expect("a key");
            config.with_client_auth_cert(vec![certificate], key).expect("they belong together")
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(service.source()).expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect((service.source(), 7100))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        let shown = connection.peer_certificates().and_then(<[_]>::first).expect("it shows one").to_vec();
        // HTTP/2's first frame; or an alert that says what it thinks of us.
        let mut frame = [0; 9];
        let taken = StreamOwned::new(connection, socket).read_exact(&mut frame).is_ok();
        Ok((shown, taken))
    })
    .await
    .expect("it ran")
}
