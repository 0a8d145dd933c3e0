//! The services whose journals this process follows: found, reached, trusted, ready, and open to our token.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use platform::client::{Peer, is_untrusted, no_answer};
use platform::settings::Service;
use tokio::net::TcpStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::database::Databases;
use super::finding::{Check, Finding};
use super::patient::{Patient, Place, follows};
use super::text::{Text, plain, text};
use super::{clock, lag};

/// An address that does not answer within this is given up.
const CONNECT: Duration = Duration::from_secs(3);

pub(super) async fn findings(patient: &Patient, databases: &Databases) -> Vec<Finding> {
    let mut sources: BTreeMap<Service, Vec<(Service, bool)>> = BTreeMap::new();
    for follower in &patient.services {
        for (source, needed) in follows(*follower) {
            sources.entry(*source).or_default().push((*follower, *needed));
        }
    }
    join_all(sources.iter().map(|(source, followers)| of_source(patient, databases, *source, followers))).await.concat()
}

async fn of_source(
    patient: &Patient,
    databases: &Databases,
    source: Service,
    followers: &[(Service, bool)],
) -> Vec<Finding> {
    let Some(url) = patient.peer(source) else {
        return followers.iter().map(|one| missing(source, *one)).collect();
    };
    let Some(place) = Place::of(&url) else {
        let check = Check::of("peers.name", source);
        return vec![check.skip(
            text!("its address is none", "इसका पता ठीक नहीं"),
            text!("mend the settings first", "पहले सेटिंग ठीक करें"),
        )];
    };
    let mut findings = Vec::new();
    if reach(patient, source, &place, &mut findings).await && ready(patient, source, &url, &place, &mut findings).await
    {
        let feeds = followers
            .iter()
            .map(|(follower, _)| lag::findings(patient, *follower, source, &url, databases.get(follower)));
        findings.extend(join_all(feeds).await.concat());
    } else {
        let skipped = followers.iter().map(|(follower, _)| {
            Check::between("feed.lag", *follower, source).skip(
                text!("the peer does not answer", "peer उत्तर नहीं देता"),
                text!("mend peers.* of {source} first", "पहले {source} का peers.* ठीक करें"),
            )
        });
        findings.extend(skipped);
    }
    findings
}

fn missing(source: Service, (follower, needed): (Service, bool)) -> Finding {
    let check = Check::between("peers.name", follower, source);
    let variable = source.name().to_uppercase();
    let mend = text!(
        "set MAHILA__PEERS__{variable}, e.g. to http://{source}:7100",
        "MAHILA__PEERS__{variable} दें, जैसे http://{source}:7100",
    );
    let found = text!("peers.{source} is not set", "peers.{source} नहीं दिया गया");
    if needed { check.mend(found, mend) } else { check.skip(found, mend) }
}

/// Whether its name leads to addresses, and somebody listens there.
async fn reach(patient: &Patient, source: Service, place: &Place, findings: &mut Vec<Finding>) -> bool {
    let (name, connect) = (Check::of("peers.name", source), Check::of("peers.connect", source));
    let host = place.host.clone();
    let found =
        tokio::time::timeout(patient.patience, tokio::net::lookup_host((place.host.as_str(), place.port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    };
    if addresses.is_empty() {
        findings.push(name.mend(
            text!("`{host}` leads to no address", "`{host}` का कोई पता नहीं मिला"),
            text!(
                "correct peers.{source}; in a cluster see that the service exists and has ready pods, and that DNS may be asked \
                 (NetworkPolicy)",
                "peers.{source} सुधारें; cluster में देखें कि service है और उसके pod तैयार हैं, और DNS से पूछने की अनुमति है (NetworkPolicy)",
            ),
        ));
        return false;
    }
    let count = addresses.len();
    findings.push(name.ok(text!("{host}: {count} addresses", "{host}: {count} पते")).number("addresses", count));

    let open = addresses.iter().map(|address| async move {
        matches!(tokio::time::timeout(CONNECT.min(patient.patience), TcpStream::connect(address)).await, Ok(Ok(_)))
    });
    let open = join_all(open).await.into_iter().filter(|open| *open).count();
    let found = text!(
        "{open} of {count} addresses take connections ({place})",
        "{count} में से {open} पते connection लेते हैं ({place})"
    );
    let mend = text!(
        "start {source}, or see what is between here and there: port, NetworkPolicy, firewall",
        "{source} चालू करें, या देखें बीच में क्या है: port, NetworkPolicy, firewall",
    );
    // Two addresses of one name on this machine are v4 and v6 of it, and a server may have one of them.
    let enough = open == count || (open > 0 && place.is_here());
    let finding = match open {
        0 => connect.mend(found, mend),
        _ if !enough => connect.look(found, mend),
        _ => connect.ok(found),
    };
    findings.push(finding.number("open", open));
    open > 0
}

/// Asks a server how it is.
pub(super) async fn ask(peer: &Peer, service: &str) -> Result<Response<HealthCheckResponse>, Status> {
    let asked = Request::new(HealthCheckRequest { service: service.to_owned() });
    HealthClient::new(peer.channel()).check(asked).await
}

/// Whether it is who it should be, and ready.
async fn ready(patient: &Patient, source: Service, url: &str, place: &Place, findings: &mut Vec<Finding>) -> bool {
    let (tls, health) = (Check::of("peers.tls", source), Check::of("peers.health", source));
    let peer = match patient
        .target(url, String::new())
        .and_then(|target| Peer::new(&target).map_err(|error| error.to_string()))
    {
        Ok(peer) => peer,
        Err(wrong) => {
            findings.push(tls.mend(plain(wrong), trust(source)));
            return false;
        }
    };
    let asked = patient.clock.now();
    let answer = tokio::time::timeout(patient.patience, ask(&peer, "")).await;
    let heard = patient.clock.now();
    let answer = match answer {
        Ok(answer) => answer,
        Err(_) => Err(Status::unavailable(format!("no answer within {} s", patient.patience.as_secs()))),
    };
    match &answer {
        Err(status) if is_untrusted(status) => {
            let wrong = no_answer(status);
            findings.push(tls.mend(
                text!("its certificate is not trusted: {wrong}", "उसका प्रमाणपत्र विश्वसनीय नहीं: {wrong}"),
                trust(source),
            ));
            findings.push(health.skip(
                text!("nothing was asked", "कुछ पूछा नहीं गया"),
                text!("mend peers.tls first", "पहले peers.tls ठीक करें"),
            ));
            return false;
        }
        Err(_) => {}
        Ok(_) => findings.push(transport(&tls, place)),
    }
    match answer {
        Ok(answer) => {
            if let Some(date) = clock::date(answer.metadata()) {
                findings.push(clock::of_answer(patient, &Check::of("clock.peer", source), asked, heard, date));
            }
            let status = answer.get_ref().status();
            let ready = status == ServingStatus::Serving;
            findings.push(if ready {
                health.ok(plain("SERVING"))
            } else {
                let word = status.as_str_name();
                health.mend(
                    text!("it answers {word}", "उत्तर {word} है"),
                    text!(
                        "run `mahila doctor` there: its database is away, or it is stopping",
                        "वहाँ `mahila doctor` चलाएँ: उसका डेटाबेस नहीं मिल रहा, या वह बंद हो रहा है"
                    ),
                )
            });
            ready
        }
        Err(status) => {
            let wrong = no_answer(&status);
            findings.push(health.mend(
                text!("no answer: {wrong}", "कोई उत्तर नहीं: {wrong}"),
                text!(
                    "see that {source} listens there, with TLS if the address says https and without if it says http, and that it \
                     trusts our certificate where it asks for one",
                    "देखें कि {source} वहाँ सुन रहा है: पता https हो तो TLS के साथ, http हो तो बिना, और प्रमाणपत्र माँगे तो हमारे पर भरोसा करता है",
                ),
            ));
            false
        }
    }
}

fn transport(check: &Check, place: &Place) -> Finding {
    if place.secure {
        return check.ok(text!("its certificate is trusted", "उसका प्रमाणपत्र विश्वसनीय है"));
    }
    if place.is_here() {
        return check.ok(text!("plain text, on this machine", "plain text, इसी मशीन पर"));
    }
    check.look(
        plain("plain text"),
        text!(
            "give https:// and certificates (server.tls, peers.ca_file), unless a mesh does it for you",
            "https:// और प्रमाणपत्र (server.tls, peers.ca_file) दें, जब तक mesh यह न करता हो",
        ),
    )
}

fn trust(source: Service) -> Text {
    text!(
        "give peers.ca_file the authority that issued the certificate of {source}, and call it by a name that stands in it",
        "peers.ca_file में वह authority दें जिसने {source} का प्रमाणपत्र बनाया, और उसे उसमें लिखे नाम से पुकारें",
    )
}
