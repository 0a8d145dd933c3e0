//! One clock over several processes, each of which lets in services alone.

use std::sync::Arc;
use std::time::Duration;

use mahila_proto::dev::v1::AdvanceToRequest;
use mahila_proto::dev::v1::replay_service_client::ReplayServiceClient;
use platform::client::Target;
use platform::clock::{Clock as _, ReplayClock, day_begins};
use platform::lifecycle::Lifecycle;
use platform::settings::Settings;

use crate::certificates::{Authority, file};
use crate::{Server, peer, settings, trusting};

#[tokio::test]
async fn the_clock_is_moved_in_the_peers_over_tls_with_a_certificate() {
    let (folder, state) = (tempfile::tempdir().unwrap(), Authority::called("the state"));
    let authority = file(folder.path(), "ca.crt", &state.pem);
    let secured = || {
        let mut settings = settings(state.signs(&["localhost", "127.0.0.1"]).in_files(folder.path()));
        settings.server.tls.as_mut().unwrap().client_ca_file = Some(authority.clone());
        settings.simulated = true;
        settings
    };
    let start = day_begins("2020-10-17".parse().unwrap());
    let run = async |settings: Settings| {
        let clock = Arc::new(ReplayClock::new(start));
        let life = Lifecycle::new(Duration::ZERO, Duration::from_secs(1));
        let listener = platform::server::listen(&settings.server).await.unwrap();
        (Server::start_with(life, listener, settings, Some(clock.clone())).await.unwrap(), clock)
    };
    let (there, clock_there) = run(secured()).await;
    let mut settings = secured();
    settings.clock.peers = vec![there.url("localhost")];
    let shown = state.signs(&["station-registry"]);
    settings.peers.ca_file = Some(authority.clone());
    settings.peers.cert_file = Some(file(folder.path(), "client.crt", &shown.certificate));
    settings.peers.key_file = Some(file(folder.path(), "client.key", &shown.key));
    let (here, clock_here) = run(settings).await;

    let target = Target { token: here.token_of("replay_operator"), ..trusting(&state, here.url("127.0.0.1")) };
    let mut client = ReplayServiceClient::new(peer(&state.signs(&["the operator"]).shown_by(&target)).channel());
    let instant = start + Duration::from_hours(1);
    let asked = AdvanceToRequest {
        instant: Some(prost_types::Timestamp { seconds: instant.timestamp(), nanos: 0 }),
        from_peer: false,
    };
    client.advance_to(asked).await.unwrap();
    assert_eq!((clock_here.now(), clock_there.now()), (instant, instant));
}
