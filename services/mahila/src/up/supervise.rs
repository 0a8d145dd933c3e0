//! What `mahila up` leaves running. It owns PostgreSQL, the trace keeper and the services' process, brings back what dies,
//! and takes everything down in order when it is told to stop. When it is killed itself, PostgreSQL and the services stop by
//! themselves, and the next `mahila up` goes on from what is on the disk.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use platform::postgres::embedded::{Cluster, EmbeddedError, Options};
use platform::settings::Settings;
use platform::telemetry;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::child::{Services, serving};
use super::folder::{Folder, Lock, StateFolder};
use super::state::{Phase, State};
use super::{process, setup};
use crate::services::BUILT;
use crate::traces::Keeper;
use crate::{Done, migrate};

/// Between two attempts to bring something back, at first and at most.
const PAUSE: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(10)];
/// Whatever lived so long has earned a short pause again.
const LIVED: Duration = Duration::from_mins(1);
/// Services that were brought back and are not ready by then are started anew.
const READY_WAIT: Duration = Duration::from_mins(2);
/// What is left of a killed PostgreSQL goes within this.
const POSTGRES_WAIT: Duration = Duration::from_secs(15);
/// The log is looked after so often.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// `mahila supervise`
#[derive(Debug, Args)]
pub(crate) struct Supervise {
    /// The services' address; port 0 for a free one.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) listen: Option<SocketAddr>,
    /// Stay with the terminal.
    #[arg(long)]
    pub(super) foreground: bool,
    #[command(flatten)]
    pub(super) state: StateFolder,
}

impl Supervise {
    pub(crate) async fn run(self) -> Done {
        if !self.foreground {
            // A session of its own: it outlives the shell. It fails only for who has one already.
            let _ = rustix::process::setsid();
        }
        let folder = self.state.folder();
        folder.make()?;
        let Some(_lock) = Lock::take(&folder, Duration::from_secs(2)).await? else {
            bail!("another supervisor runs what is in {}", folder.path().display());
        };
        // PostgreSQL notices that a schema is there already, at every start.
        let log_filter = "info,sqlx::postgres::notice=warn".to_owned();
        let _telemetry = telemetry::init(&telemetry::Config { log_filter, ..telemetry::Config::default() })?;
        let before = State::read(&folder);
        let state = State {
            pid: std::process::id(),
            build: process::build()?,
            phase: Phase::Postgres,
            address: None,
            services_pid: before.as_ref().and_then(|before| before.services_pid),
            restarts: 0,
            failure: None,
        };
        let mut supervisor = Supervisor { folder, state, signals: Signals::listen()? };
        let done = supervisor.run(self.listen).await;
        if let Err(error) = &done {
            supervisor.state.failure = Some(format!("{error:#}"));
            supervisor.state.services_pid = None;
            supervisor.enter(Phase::Failed);
        } else {
            let _ = std::fs::remove_file(supervisor.folder.state_file());
        }
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// The signals that end it.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn heard(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What runs.
struct Running {
    /// `None` while it is being brought back: the folder has one user at a time.
    cluster: Option<Cluster>,
    /// Ends when it is dropped.
    _keeper: Keeper,
    services: Services,
    address: String,
}

struct Supervisor {
    folder: Folder,
    state: State,
    signals: Signals,
}

enum Event {
    Stop,
    ServicesEnded,
    PostgresEnded,
    Serving,
    NotServing,
    LookAfterLog,
}

impl Supervisor {
    async fn run(&mut self, listen: Option<SocketAddr>) -> anyhow::Result<()> {
        let Some(mut running) = self.start(listen).await? else { return Ok(()) };
        self.enter(Phase::Ready);
        let watched = self.watch(&mut running).await;
        self.enter(Phase::Stopping);
        running.services.stop().await;
        if let Some(cluster) = running.cluster {
            cluster.stop().await?;
        }
        watched
    }

    /// Starts everything; `None` when it was told to stop meanwhile.
    async fn start(&mut self, listen: Option<SocketAddr>) -> anyhow::Result<Option<Running>> {
        self.enter(Phase::Postgres);
        if let Some(pid) = self.state.services_pid.take() {
            process::end_orphan(pid, &self.folder).await?;
        }
        let cluster = tokio::select! {
            cluster = start_postgres(&self.folder) => cluster?,
            () = self.signals.heard() => return Ok(None),
        };
        setup::keys(&self.folder)?;
        let listen = setup::listen(&self.folder, listen)?;
        process::need_free(listen)?;
        let socket = self.folder.traces_socket();
        let keeper = Keeper::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), &socket)
            .await
            .with_context(|| format!("traces cannot be kept at {}; choose a shorter --state", socket.display()))?;

        self.enter(Phase::Migrating);
        let mut databases = Vec::new();
        for service in BUILT {
            databases.push((service, cluster.ensure_service(service.name()).await?));
        }
        setup::settings(&self.folder, listen, &keeper.endpoint(), &databases)?;
        let settings = Settings::load(Some(&self.folder.settings()))?;
        for service in BUILT {
            tokio::select! {
                applied = migrate::migrate(service, &settings, false) => for migration in applied? {
                    tracing::info!(%service, migration, "applied");
                },
                () = self.signals.heard() => return Ok(None),
            }
        }

        let address = format!("http://{listen}");
        self.state.address = Some(address.clone());
        let mut services = self.start_services()?;
        self.enter(Phase::Starting);
        tokio::select! {
            () = serving(&address) => {}
            status = services.ended() => {
                let said = services.said(&self.folder);
                bail!("the services ended at once ({}):\n{said}", status?);
            }
            () = self.signals.heard() => {
                services.stop().await;
                return Ok(None);
            }
        }
        Ok(Some(Running { cluster: Some(cluster), _keeper: keeper, services, address }))
    }

    fn start_services(&mut self) -> anyhow::Result<Services> {
        let services = Services::start(&self.folder)?;
        self.state.services_pid = Some(services.pid());
        self.tell();
        Ok(services)
    }

    /// Brings back what dies, until it is told to stop.
    async fn watch(&mut self, running: &mut Running) -> anyhow::Result<()> {
        let mut pause = PAUSE[0];
        let mut since = Instant::now();
        loop {
            let mending = self.state.phase == Phase::Mending;
            let event = tokio::select! {
                () = self.signals.heard() => Event::Stop,
                _ = running.services.ended() => Event::ServicesEnded,
                () = ended(running.cluster.as_ref()) => Event::PostgresEnded,
                () = serving(&running.address), if mending => Event::Serving,
                () = tokio::time::sleep(READY_WAIT), if mending => Event::NotServing,
                () = tokio::time::sleep(LOG_EVERY), if !mending => Event::LookAfterLog,
            };
            match event {
                Event::Stop => return Ok(()),
                Event::LookAfterLog => self.folder.look_after_log(),
                Event::Serving => {
                    tracing::info!("everything answers again");
                    self.enter(Phase::Ready);
                    since = Instant::now();
                }
                Event::ServicesEnded | Event::NotServing | Event::PostgresEnded => {
                    pause = if since.elapsed() >= LIVED { PAUSE[0] } else { pause };
                    since = Instant::now();
                    self.state.restarts += 1;
                    self.enter(Phase::Mending);
                    if !self.bring_back(running, &event, &mut pause).await {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Tries until it stands again, with growing pauses; false when it was told to stop meanwhile.
    async fn bring_back(&mut self, running: &mut Running, event: &Event, pause: &mut Duration) -> bool {
        loop {
            tokio::select! {
                () = tokio::time::sleep(*pause) => {}
                () = self.signals.heard() => return false,
            }
            *pause = (*pause * 2).min(PAUSE[1]);
            let brought = if matches!(event, Event::PostgresEnded) {
                tracing::warn!("PostgreSQL ended; starting it again");
                running.restart_postgres(&self.folder).await
            } else {
                tracing::warn!("the services ended; starting them again");
                self.restart_services(running).await
            };
            match brought {
                Ok(()) => return true,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "it cannot be brought back yet");
                    self.state.failure = Some(format!("{error:#}"));
                    self.tell();
                }
            }
        }
    }

    async fn restart_services(&mut self, running: &mut Running) -> anyhow::Result<()> {
        // They have ended; or they are not ready, and are ended now: the new ones need their port.
        running.services.stop().await;
        running.services = self.start_services()?;
        Ok(())
    }

    fn enter(&mut self, phase: Phase) {
        self.state.phase = phase;
        if phase == Phase::Ready {
            self.state.failure = None;
        }
        self.tell();
    }

    fn tell(&self) {
        if let Err(error) = self.state.write(&self.folder) {
            tracing::error!(error = format!("{error:#}"), "the state cannot be written");
        }
    }
}

impl Running {
    async fn restart_postgres(&mut self, folder: &Folder) -> anyhow::Result<()> {
        let options = Options { dir: folder.postgres(), ..Options::default() };
        self.cluster = None;
        self.cluster = Some(Cluster::start(options).await?);
        Ok(())
    }
}

/// Sessions of a killed server hold its memory until they notice, in a moment: so one refusal is not the last word.
async fn start_postgres(folder: &Folder) -> Result<Cluster, EmbeddedError> {
    let deadline = Instant::now() + POSTGRES_WAIT;
    loop {
        let options = Options { dir: folder.postgres(), ..Options::default() };
        match Cluster::start(options).await {
            Err(EmbeddedError::Start { wrong, .. })
                if wrong.contains("shared memory block") && Instant::now() < deadline =>
            {
                tokio::time::sleep(PAUSE[0]).await;
            }
            other => return other,
        }
    }
}

async fn ended(cluster: Option<&Cluster>) {
    match cluster {
        Some(cluster) => {
            cluster.wait().await;
        }
        None => std::future::pending().await,
    }
}
