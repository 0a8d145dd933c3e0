//! The statement of the first week by district, as headquarters asks for it.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use mahila_proto::oversight::v1::GetStatementRequest;
use mahila_proto::oversight::v1::oversight_service_client::OversightServiceClient;
use mahila_proto::registry::v1::UnitKind;
use platform::client::{Peer, Target};
use platform::fields::date;

/// The median time of an answer, from what `mahila up` runs with this state folder.
pub async fn median(state: &Path) -> Duration {
    let read = |file: &str| std::fs::read_to_string(state.join(file)).expect("mahila up wrote it").trim().to_owned();
    let target =
        Target { url: format!("http://{}", read("listen")), token: read("tokens/headquarters"), ..Target::default() };
    let channel = Peer::new(&target).expect("an address").channel();
    let mut client = OversightServiceClient::new(channel).max_decoding_message_size(16 * 1024 * 1024);
    let october = |day| NaiveDate::from_ymd_opt(2020, 10, day).map(date);
    let asked = GetStatementRequest {
        from: october(17),
        to: october(31),
        level: UnitKind::District.into(),
        ..GetStatementRequest::default()
    };
    let mut times = Vec::new();
    for _ in 0..31 {
        let began = Instant::now();
        client.get_statement(asked.clone()).await.expect("a statement");
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}
