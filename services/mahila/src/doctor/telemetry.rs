//! Whether what the process tells of itself arrives.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use platform::client::{Peer, Target, no_answer};
use platform::settings::LogFormat;
use tonic::Request;

use super::finding::{Check, Finding};
use super::patient::{Patient, Place};
use super::text::{plain, text};

pub(super) async fn findings(patient: &Patient) -> Vec<Finding> {
    vec![traces(patient).await, logs(patient)]
}

/// Sends nothing, and sees whether it is taken.
async fn traces(patient: &Patient) -> Finding {
    let check = Check::new("telemetry.traces");
    let Some(endpoint) = &patient.settings.telemetry.otlp_endpoint else {
        let found = text!(
            "telemetry.otlp_endpoint is not set: nothing is exported",
            "telemetry.otlp_endpoint नहीं है: कुछ नहीं भेजा जाता"
        );
        return check.skip(
            found,
            text!(
                "name a collector (OTLP/gRPC) to have calls traced",
                "calls के trace के लिए collector (OTLP/gRPC) बताएँ"
            ),
        );
    };
    let Some(place) = Place::of(endpoint) else {
        return check.skip(
            text!("its address is none", "इसका पता ठीक नहीं"),
            text!("mend the settings first", "पहले सेटिंग ठीक करें"),
        );
    };
    let mend = || {
        text!(
            "start the collector, correct telemetry.otlp_endpoint (OTLP/gRPC, mostly port 4317), or let this machine reach it; the \
             services work without",
            "collector चालू करें, telemetry.otlp_endpoint सुधारें (OTLP/gRPC, प्रायः port 4317), या इस मशीन को वहाँ पहुँचने दें; सेवाएँ \
             इसके बिना भी चलती हैं",
        )
    };
    check
        .within(patient.patience, async {
            let peer = match Peer::new(&Target { url: endpoint.clone(), ..Target::default() }) {
                Ok(peer) => peer,
                Err(error) => return check.mend(plain(error.to_string()), mend()),
            };
            let nothing = Request::new(ExportTraceServiceRequest { resource_spans: Vec::new() });
            match TraceServiceClient::new(peer.channel()).export(nothing).await {
                Ok(_) => check.ok(text!("{place} takes traces", "{place} trace लेता है")),
                Err(status) => {
                    let wrong = no_answer(&status);
                    check.mend(text!("{place} does not take traces: {wrong}", "{place} trace नहीं लेता: {wrong}"), mend())
                }
            }
        })
        .await
}

/// What collects the logs of containers reads objects.
fn logs(patient: &Patient) -> Finding {
    let check = Check::new("telemetry.logs");
    match (patient.settings.telemetry.log_format, patient.contained) {
        (LogFormat::Text, true) => check.look(
            text!("lines for people, in a container", "container में लोगों के पढ़ने वाली पंक्तियाँ"),
            text!(
                "set telemetry.log_format to json: lines then carry their trace's id",
                "telemetry.log_format को json करें: तब हर पंक्ति में trace की id रहती है"
            ),
        ),
        (LogFormat::Text, false) => check.ok(text!("lines for people", "लोगों के पढ़ने वाली पंक्तियाँ")),
        (LogFormat::Json, _) => check.ok(plain("json")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::super::tests::patient;
    use super::*;

    #[test]
    fn containers_log_for_machines() {
        let mut patient = patient();
        assert_eq!(logs(&patient).state, State::Ok);
        patient.contained = true;
        assert_eq!(logs(&patient).state, State::Look);
        patient.settings.telemetry.log_format = LogFormat::Json;
        assert_eq!(logs(&patient).state, State::Ok);
    }

    #[tokio::test]
    async fn a_collector_takes_nothing_gladly() {
        let mut patient = patient();
        assert_eq!(traces(&patient).await.state, State::Skip);
        let collector = platform::telemetry::receiver::Receiver::start();
        patient.settings.telemetry.otlp_endpoint = Some(collector.endpoint().clone());
        let finding = traces(&patient).await;
        assert_eq!(finding.state, State::Ok, "{finding:?}");
        assert!(collector.spans().is_empty());
        drop(collector);
        // Port 1 needs root to listen on, so nobody does.
        patient.settings.telemetry.otlp_endpoint = Some("http://127.0.0.1:1".to_owned());
        assert_eq!(traces(&patient).await.state, State::Mend);
    }
}
