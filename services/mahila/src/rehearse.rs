//! `mahila rehearse`: one complaint from end to end, as a desk and the holder of its receipt see it; what `helm test` runs. The
//! complaint stays, as every complaint does; its words say what it is.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use mahila_proto::METHODS;
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{
    Category, Channel, ContactMode, GetComplaintRequest, GetReceiptRequest, RegisterComplaintRequest, SafeContact,
    TrackComplaintRequest, TrackedState,
};
use tonic::{Response, Status};
use uuid::Uuid;

use crate::Done;
use crate::call::{Connection, Language, refused};

/// What stands in place of her words.
const NARRATIVE: &str = "A rehearsal of this installation, not a complaint. यह स्थापना का पूर्वाभ्यास है, शिकायत नहीं।";

/// `mahila rehearse`
#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// Where to file it, as `stations/ps-162-001`. It is counted there: take a station that nobody counts.
    #[arg(long, value_name = "NAME")]
    station: String,
    /// The id of the request; the same again files nothing more. Default: a new one.
    #[arg(long, value_name = "UUID")]
    request_id: Option<Uuid>,
    /// The language of reasons.
    #[arg(long, env = "MAHILA_LANG", value_enum, default_value = "en")]
    lang: Language,
    #[command(flatten)]
    connection: Connection,
}

impl Rehearse {
    pub(crate) async fn run(self) -> Done {
        // A desk officer of the station may do all of it.
        let rule = METHODS.iter().find(|method| method.name == "GetReceipt").and_then(|method| method.rule);
        let (peer, url) = self.connection.open(rule.as_ref())?;
        let mut intake = IntakeServiceClient::new(peer.channel());
        let request = RegisterComplaintRequest {
            request_id: self.request_id.unwrap_or_else(Uuid::new_v4).to_string(),
            station: self.station,
            channel: Channel::WalkIn.into(),
            category: Category::Other.into(),
            safe_contact: Some(SafeContact { mode: ContactMode::Never.into(), ..SafeContact::default() }),
            narrative: NARRATIVE.to_owned(),
            ..RegisterComplaintRequest::default()
        };
        let id = request.request_id.clone();
        let tell = |status: Status| refused(&status, &url, Some(&id), self.lang);

        let filed = intake.register_complaint(request.clone()).await.map(Response::into_inner).map_err(tell)?;
        println!("filed     {} at {}", filed.name, filed.station);

        let again = intake.register_complaint(request).await.map(Response::into_inner).map_err(tell)?;
        ensure!(again.name == filed.name, "the same request was filed twice, as {} and {}", filed.name, again.name);
        println!("repeated  the same request is the same complaint");

        let name = GetComplaintRequest { name: filed.name.clone() };
        let read = intake.get_complaint(name).await.map(Response::into_inner).map_err(tell)?;
        ensure!(
            (&read.name, &read.receipt_no, &read.station) == (&filed.name, &filed.receipt_no, &filed.station),
            "{} is read back as another complaint, {} at {}",
            filed.name,
            read.name,
            read.station
        );
        println!("read      as {}", read.receipt_no);

        let name = GetReceiptRequest { name: filed.name };
        let receipt = intake.get_receipt(name).await.map(Response::into_inner).map_err(tell)?;
        let paper = TrackComplaintRequest { receipt_no: receipt.receipt_no, secret: receipt.secret };
        let tracked = intake.track_complaint(paper).await.map(Response::into_inner).map_err(tell)?;
        ensure!(tracked.state() != TrackedState::Unspecified, "the receipt opens nothing");
        println!("tracked   by its receipt");
        Ok(ExitCode::SUCCESS)
    }
}
