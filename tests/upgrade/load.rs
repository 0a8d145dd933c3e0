//! Clients that register complaints without a pause at whatever serves, and keep what was acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{
    Category, Channel, ContactMode, Person, PersonRole, RegisterComplaintRequest, SafeContact,
};
use platform::client::PeerChannel;
use tokio::task::JoinHandle;
use tonic::Status;
use uuid::Uuid;

use crate::suite::{Serving, Suite};

pub const STATION: &str = "ps-162-002";
const CLIENTS: usize = 8;

/// What was acknowledged: the request, and the name that it was answered with.
pub type Acknowledged = BTreeMap<String, String>;

/// A client of a process that serves.
pub type Intake = IntakeServiceClient<PeerChannel>;

/// Clients at work.
pub struct Load {
    intakes: Arc<Mutex<Vec<Intake>>>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<(String, String)>>>,
}

/// A complaint of somebody.
pub fn complaint() -> RegisterComplaintRequest {
    RegisterComplaintRequest {
        request_id: Uuid::new_v4().to_string(),
        station: format!("stations/{STATION}"),
        channel: Channel::WalkIn.into(),
        category: Category::DomesticViolence.into(),
        persons: vec![Person {
            role: PersonRole::Complainant.into(),
            name: "Planted Saroj".into(),
            ..Person::default()
        }],
        safe_contact: Some(SafeContact { mode: ContactMode::Never.into(), ..SafeContact::default() }),
        ..RegisterComplaintRequest::default()
    }
}

/// A desk's client of a process.
pub fn desk(suite: &Suite, serving: &Serving) -> Intake {
    IntakeServiceClient::new(suite.channel(&serving.url, &format!("desk_officer:{STATION}")))
}

impl Load {
    /// Begins at these processes.
    pub fn begin(suite: &Suite, serving: &[&Serving]) -> Self {
        let load =
            Self { intakes: Arc::default(), stop: Arc::default(), answered: Arc::default(), clients: Vec::new() };
        load.go_to(suite, serving);
        let clients = (0..CLIENTS).map(|client| {
            let (intakes, stop, answered) = (load.intakes.clone(), load.stop.clone(), load.answered.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                let mut turn = client;
                while !stop.load(Ordering::Relaxed) {
                    let request = complaint();
                    turn += 1;
                    let name = send(&intakes, turn, &request).await;
                    // Every fourth is sent twice, the second time to another: one of a client that heard nothing.
                    if turn.is_multiple_of(4) {
                        assert_eq!(send(&intakes, turn + 1, &request).await, name, "a request takes effect once");
                    }
                    acknowledged.push((request.request_id, name));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                acknowledged
            })
        });
        let clients = clients.collect();
        Self { clients, ..load }
    }

    /// From now on at these, as a balancer that has noticed.
    pub fn go_to(&self, suite: &Suite, serving: &[&Serving]) {
        *self.intakes.lock().expect("not poisoned") = serving.iter().map(|serving| desk(suite, serving)).collect();
    }

    /// Waits until so many more were acknowledged.
    pub async fn goes_on(&self, more: usize) {
        let mark = self.answered.load(Ordering::Relaxed) + more;
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        while self.answered.load(Ordering::Relaxed) < mark {
            assert!(tokio::time::Instant::now() < deadline, "complaints are not taken any more");
            assert!(self.clients.iter().all(|client| !client.is_finished()), "a client has failed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends; adds what was acknowledged.
    pub async fn end(self, acknowledged: &mut Acknowledged) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            acknowledged.extend(client.await.expect("no call may fail for good"));
        }
    }
}

/// Sends the same bytes again, to whoever serves then, as long as the answer says that this is safe.
async fn send(intakes: &Mutex<Vec<Intake>>, turn: usize, request: &RegisterComplaintRequest) -> String {
    let mut attempt = 0;
    loop {
        let mut intake = {
            let intakes = intakes.lock().expect("not poisoned");
            intakes[(turn + attempt) % intakes.len()].clone()
        };
        match intake.register_complaint(request.clone()).await {
            Ok(answer) => return answer.into_inner().name,
            Err(status) => tokio::time::sleep(wait(&status, attempt)).await,
        }
        attempt += 1;
    }
}

fn wait(status: &Status, attempt: usize) -> Duration {
    let wait = platform::client::retry_after(status, u32::try_from(attempt).unwrap_or(u32::MAX));
    let wait = wait.filter(|_| attempt < 200).unwrap_or_else(|| panic!("refused for good: {status:?}"));
    wait.min(Duration::from_millis(200))
}
