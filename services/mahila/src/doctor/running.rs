//! The server that runs with these settings: alive, ready, and telling no stranger its methods.

use platform::client::{Peer, is_untrusted, no_answer};
use platform::server::health::LIVENESS;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;

use super::finding::{Check, Finding};
use super::patient::{Patient, grpc};
use super::peers::ask;
use super::text::{plain, text};

pub(super) async fn findings(patient: &Patient) -> Vec<Finding> {
    let health = Check::new("server.health");
    let told = patient
        .address
        .as_ref()
        .map(|address| if address.contains("://") { address.clone() } else { format!("http://{address}") });
    // The plain port, if there is one: it needs no certificate.
    let own_port = patient.health().filter(|_| told.is_none());
    let Some(url) = told.clone().or_else(|| own_port.clone()).or_else(|| patient.own()) else {
        return vec![health.skip(
            text!(
                "with certificates it is called by a name that these settings do not tell",
                "प्रमाणपत्र के साथ इसे नाम से पुकारा जाता है, जो सेटिंग में नहीं है",
            ),
            text!("name it: --address https://NAME:PORT", "नाम बताएँ: --address https://NAME:PORT"),
        )];
    };
    let peer = match patient.server(&url).and_then(|target| Peer::new(&target).map_err(|error| error.to_string())) {
        Ok(peer) => peer,
        Err(wrong) => {
            let mend = text!("correct --address, --ca, --cert and --key", "--address, --ca, --cert और --key सुधारें");
            return vec![health.mend(plain(wrong), mend)];
        }
    };
    let answer = tokio::time::timeout(patient.patience, ask(&peer, "")).await;
    let status = match answer {
        Ok(Ok(answer)) => answer.get_ref().status(),
        Ok(Err(status)) => {
            return vec![unheard(&health, &url, told.is_some(), &no_answer(&status), is_untrusted(&status))];
        }
        Err(_) if told.is_some() => return vec![health.within(patient.patience, std::future::pending()).await],
        Err(_) => return vec![unheard(&health, &url, false, "silent", false)],
    };
    let mut findings = vec![judge(&health, status)];
    for service in &patient.services {
        let check = Check::of("server.ready", service);
        let ready = check.within(patient.patience, async {
            match ask(&peer, grpc(*service)).await {
                Ok(answer) => judge(&check, answer.get_ref().status()),
                Err(status) if status.code() == Code::NotFound => check.look(
                    text!("it does not run there", "यह वहाँ नहीं चलती"),
                    text!(
                        "give --address the server that runs {service}",
                        "--address में वह server दें जो {service} चलाता है"
                    ),
                ),
                Err(status) => unheard(&check, &url, true, &no_answer(&status), false),
            }
        });
        findings.push(ready.await);
    }
    if own_port.is_some() {
        let check = Check::new("server.live");
        let live = check.within(patient.patience, async {
            match ask(&peer, LIVENESS).await {
                Ok(answer) => judge(&check, answer.get_ref().status()),
                Err(status) => unheard(&check, &url, true, &no_answer(&status), false),
            }
        });
        findings.push(live.await);
        findings.push(methods(patient, patient.settings.server.reflection));
    } else {
        findings.push(reflection(patient, &peer).await);
    }
    findings
}

fn judge(check: &Check, status: ServingStatus) -> Finding {
    if status == ServingStatus::Serving {
        return check.ok(plain("SERVING"));
    }
    let word = status.as_str_name();
    check.mend(
        text!("it answers {word}", "उत्तर {word} है"),
        text!(
            "mend database.* first; its log says which condition is not met (\"readiness changed\"), and whether it is stopping",
            "पहले database.* ठीक करें; उसका log बताता है कौन-सी शर्त पूरी नहीं (\"readiness changed\"), और क्या वह बंद हो रहा है",
        ),
    )
}

fn unheard(check: &Check, url: &str, told: bool, wrong: &str, untrusted: bool) -> Finding {
    if !told {
        return check.skip(
            text!("nothing answers on this machine at {url}", "इस मशीन पर {url} पर कोई उत्तर नहीं"),
            text!("name the running server with --address", "चलते हुए server को --address से बताएँ"),
        );
    }
    let mend = if untrusted {
        text!(
            "name its authority with --ca, and call it by a name in its certificate",
            "उसकी authority --ca से बताएँ, और उसे प्रमाणपत्र में लिखे नाम से पुकारें"
        )
    } else {
        text!(
            "start it, or correct --address; where it asks for a certificate give --cert and --key",
            "उसे चालू करें, या --address सुधारें; प्रमाणपत्र माँगे तो --cert और --key दें"
        )
    };
    check.mend(text!("no answer from {url}: {wrong}", "{url} से कोई उत्तर नहीं: {wrong}"), mend)
}

/// Asks for the list of methods, as a stranger would.
async fn reflection(patient: &Patient, peer: &Peer) -> Finding {
    let asking = async {
        let asked = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let answer =
            ServerReflectionClient::new(peer.channel()).server_reflection_info(tokio_stream::iter([asked])).await;
        let told = match answer {
            Ok(answer) => answer.into_inner().message().await.is_ok_and(|message| message.is_some()),
            Err(_) => false,
        };
        methods(patient, told)
    };
    Check::new("server.reflection").within(patient.patience, asking).await
}

fn methods(patient: &Patient, told: bool) -> Finding {
    let check = Check::new("server.reflection");
    match (told, patient.settings.simulated) {
        (false, _) => check.ok(text!("off", "बंद")),
        (true, true) => check.ok(text!("on, in a simulation", "चालू, अभ्यास (simulation) में")),
        (true, false) => check.look(
            text!("strangers are told every method", "अजनबियों को हर method बताई जाती है"),
            text!(
                "set server.reflection to false, and publish `mahila descriptors` instead",
                "server.reflection को false करें, और उसकी जगह `mahila descriptors` प्रकाशित करें",
            ),
        ),
    }
}
