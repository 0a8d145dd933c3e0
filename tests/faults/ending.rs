//! Told to end under load, a service loses no call that it accepted; what it did not accept says so and is sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mahila::token::{Development, Holder};
use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_tests::house::House;
use platform::client::{Peer, PeerChannel, Target};
use platform::settings::Service;

use crate::{import_the_roll, intake_knows, number, register, until};

const STATION: &str = "ps-162-002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_call_fails_when_a_service_is_told_to_end() {
    let mut house = House::build().await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    let before = number(&house, Service::Intake, "SELECT count(*) FROM intake.complaints").await;

    let (answered, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    // Clients that speak to whatever listens at that address, as they do behind a Kubernetes Service.
    let load = Load::of(&house);
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let (load, answered, stop) = (load.clone(), answered.clone(), stop.clone());
            tokio::spawn(async move {
                let mut client = load.client();
                let mut names = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let sent = crate::send(&mut client, crate::complaint(STATION)).await;
                    names.push(sent.expect("no call may fail for good"));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                names
            })
        })
        .collect();
    for round in 1..=3 {
        let mark = answered.load(Ordering::Relaxed) + 200;
        until("the load runs", async || answered.load(Ordering::Relaxed) > mark).await;
        assert!(house.terminate(Service::Intake).await, "round {round}: it ends well");
        house.start(Service::Intake);
    }
    let mark = answered.load(Ordering::Relaxed) + 100;
    until("the load goes on", async || answered.load(Ordering::Relaxed) > mark).await;
    stop.store(true, Ordering::Relaxed);

    let mut names = Vec::new();
    for client in clients {
        names.extend(client.await.expect("it ran"));
    }
    let acknowledged = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), acknowledged, "each call its own complaint");
    let stored = number(&house, Service::Intake, "SELECT count(*) FROM intake.complaints").await - before;
    assert_eq!(
        stored,
        i64::try_from(acknowledged).expect("small"),
        "what was acknowledged is there, and nothing twice"
    );
}

/// How a client of ours is made, without holding the house.
#[derive(Clone)]
struct Load {
    target: Target,
}

impl Load {
    fn of(house: &House) -> Self {
        let holder: Holder = format!("desk_officer:{STATION}").parse().expect("a holder");
        let issuer = Development::make(&house.issuer_key()).expect("the issuer");
        let token = issuer.token(&holder, Duration::from_mins(30));
        Self { target: Target { url: house.url(Service::Intake), token, ..Default::default() } }
    }

    fn client(&self) -> IntakeServiceClient<PeerChannel> {
        IntakeServiceClient::new(Peer::new(&self.target).expect("a peer").channel())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn intake_accepts_while_the_registry_is_away_and_catches_up() {
    let mut house = House::build().await;
    import_the_roll(&house).await;
    intake_knows(&house, STATION).await;
    house.kill(Service::Registry);
    // Also one that starts while the registry is away: it has its own copy of the stations.
    house.kill(Service::Intake);
    house.start(Service::Intake);
    for _ in 0..10 {
        register(&house, STATION).await.expect("registered without the registry");
    }
    // Meanwhile the roll grows; intake learns of it once the registry is back.
    house.start(Service::Registry);
    crate::grow_the_roll(&house).await;
    until("intake has caught up", async || register(&house, "ps-162-099").await.is_ok()).await;
}
