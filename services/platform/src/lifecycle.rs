//! How a process ends: in order, within a bound, and never by surprise.
//!
//! 1. Asked to stop (SIGTERM, SIGINT, [`Lifecycle::shutdown`], or a task that panicked): it is *not ready* any more, and
//!    balancers are given `drain_delay` to notice, while calls are still answered.
//! 2. [`Lifecycle::stopping`]: nothing new is accepted; streams say good-bye; tasks finish what they hold. This takes
//!    `drain_timeout` at most.
//! 3. [`Lifecycle::ended`]: what still runs is dropped.
//!
//! A second signal jumps to the third step. Delay and timeout together must stay below the pod's grace period, or the
//! kernel ends the process in the middle of the second.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// After the hard end, dropping futures takes no time; only a task that blocks its thread can use this up.
const DROP_GRACE: Duration = Duration::from_secs(1);

/// The life of one process, shared by cloning.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    drain_delay: Duration,
    drain_timeout: Duration,
    asked: CancellationToken,
    stopping: CancellationToken,
    ended: CancellationToken,
    tasks: TaskTracker,
    running: Mutex<BTreeMap<u64, &'static str>>,
    next: AtomicU64,
    panicked: AtomicBool,
    conditions: Mutex<BTreeMap<&'static str, bool>>,
    ready: watch::Sender<bool>,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum End {
    /// Everything finished by itself.
    Clean,
    /// The named tasks were still running at the end of `drain_timeout`, or when a second signal came, and were dropped.
    Forced(Vec<&'static str>),
    /// A task had panicked. The process should report failure to whoever started it.
    Panicked,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("everything finished"),
            Self::Forced(names) => write!(f, "dropped what was still running: {}", names.join(", ")),
            Self::Panicked => f.write_str("a task had panicked"),
        }
    }
}

impl Lifecycle {
    /// A life that takes `drain_delay` between "not ready" and "accepting nothing", and `drain_timeout` from there to
    /// the end.
    #[must_use]
    pub fn new(drain_delay: Duration, drain_timeout: Duration) -> Self {
        Self {
            inner: Arc::new(Inner {
                drain_delay,
                drain_timeout,
                asked: CancellationToken::new(),
                stopping: CancellationToken::new(),
                ended: CancellationToken::new(),
                tasks: TaskTracker::new(),
                running: Mutex::default(),
                next: AtomicU64::new(0),
                panicked: AtomicBool::new(false),
                conditions: Mutex::default(),
                ready: watch::Sender::new(true),
            }),
        }
    }

    /// Cancelled when nothing new may be begun: the soft end.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.inner.stopping.clone()
    }

    /// Cancelled when everything is over: the hard end.
    #[must_use]
    pub fn ended(&self) -> CancellationToken {
        self.inner.ended.clone()
    }

    /// Runs a task that is waited for at the soft end and dropped at the hard one.
    ///
    /// The name is what a log says when the task did not finish in time. A panic is logged, and brings the whole process
    /// to an orderly end: a service with half of its tasks would look healthy and not be.
    pub fn spawn<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = self.clone();
        let entry = Entry::new(&self.inner, name);
        self.inner.tasks.spawn(async move {
            let _entry = entry;
            let ended = life.ended();
            let finished = tokio::select! {
                finished = AssertUnwindSafe(task).catch_unwind() => finished,
                () = ended.cancelled() => Ok(()),
            };
            if finished.is_err() {
                // What it said has gone through the panic hook.
                tracing::error!(task = name, "a task panicked; the process will end");
                life.inner.panicked.store(true, Ordering::Relaxed);
                life.shutdown();
            }
        });
    }

    /// Asks the process to end. Returns at once; asking again changes nothing.
    pub fn shutdown(&self) {
        self.inner.asked.cancel();
        self.settle();
    }

    /// A condition of readiness, met or not at first. The process is ready while all of them are met and nobody has
    /// asked it to end. The same name is the same condition.
    #[must_use]
    pub fn condition(&self, name: &'static str, met: bool) -> Condition {
        let condition = Condition { life: self.clone(), name };
        condition.set(met);
        condition
    }

    /// Whether the process is ready, as it changes; health checks are fed with this.
    #[must_use]
    pub fn ready(&self) -> watch::Receiver<bool> {
        self.inner.ready.subscribe()
    }

    /// Conditions of readiness that are not met now, for `doctor` and for the log.
    #[must_use]
    pub fn unmet(&self) -> Vec<&'static str> {
        lock(&self.inner.conditions).iter().filter(|(_, met)| !**met).map(|(name, _)| *name).collect()
    }

    /// Waits for SIGTERM, SIGINT or [`Lifecycle::shutdown`], then goes through the steps of an end and returns when
    /// nothing is left. To be called once.
    ///
    /// # Errors
    /// When the process cannot listen to signals.
    pub async fn run_until_signal(&self) -> std::io::Result<End> {
        let (heard, signals) = mpsc::channel(2);
        listen(heard)?;
        Ok(self.run(signals).await)
    }

    /// `signals` brings a name for each signal. A closed channel brings none any more.
    async fn run(&self, mut signals: mpsc::Receiver<&'static str>) -> End {
        let inner = &self.inner;
        tokio::select! {
            signal = next(&mut signals) => {
                tracing::info!(signal, "stopping");
                self.shutdown();
            }
            () = inner.asked.cancelled() => tracing::info!("stopping"),
        }

        let orderly = async {
            tokio::time::sleep(inner.drain_delay).await;
            inner.stopping.cancel();
            inner.tasks.close();
            tokio::time::timeout(inner.drain_timeout, inner.tasks.wait()).await.is_ok()
        };
        let in_time = tokio::select! {
            in_time = orderly => in_time,
            signal = next(&mut signals) => {
                tracing::warn!(signal, "stopping at once");
                false
            }
        };

        let left: Vec<_> = lock(&inner.running).values().copied().collect();
        inner.stopping.cancel();
        inner.ended.cancel();
        inner.tasks.close();
        let _ = tokio::time::timeout(DROP_GRACE, inner.tasks.wait()).await;

        if inner.panicked.load(Ordering::Relaxed) {
            End::Panicked
        } else if in_time || left.is_empty() {
            End::Clean
        } else {
            End::Forced(left)
        }
    }

    fn settle(&self) {
        let all = lock(&self.inner.conditions).values().all(|met| *met);
        let ready = all && !self.inner.asked.is_cancelled();
        self.inner.ready.send_if_modified(|was| std::mem::replace(was, ready) != ready);
    }
}

/// One condition of readiness, e.g. "database". Dropping it leaves the condition as it is.
#[derive(Debug, Clone)]
pub struct Condition {
    life: Lifecycle,
    name: &'static str,
}

impl Condition {
    /// Says whether the condition is met now.
    pub fn set(&self, met: bool) {
        let before = lock(&self.life.inner.conditions).insert(self.name, met);
        if before.is_some_and(|before| before != met) {
            tracing::info!(condition = self.name, met, "readiness changed");
        }
        self.life.settle();
    }
}

/// A task's line in the list of running tasks, gone with the task, however it ends.
struct Entry {
    inner: Arc<Inner>,
    id: u64,
}

impl Entry {
    fn new(inner: &Arc<Inner>, name: &'static str) -> Self {
        let id = inner.next.fetch_add(1, Ordering::Relaxed);
        lock(&inner.running).insert(id, name);
        Self { inner: Arc::clone(inner), id }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.inner.running).remove(&self.id);
    }
}

/// The maps are whole after every statement, so a panic elsewhere does not make them wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn next(signals: &mut mpsc::Receiver<&'static str>) -> &'static str {
    match signals.recv().await {
        Some(signal) => signal,
        None => std::future::pending().await,
    }
}

fn listen(heard: mpsc::Sender<&'static str>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                Some(()) = terminate.recv() => "SIGTERM",
                Some(()) = interrupt.recv() => "SIGINT",
                else => return,
            };
            if heard.send(name).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const DELAY: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(10);

    fn life() -> (Lifecycle, mpsc::Sender<&'static str>, mpsc::Receiver<&'static str>) {
        let (heard, signals) = mpsc::channel(2);
        (Lifecycle::new(DELAY, TIMEOUT), heard, signals)
    }

    #[tokio::test(start_paused = true)]
    async fn not_ready_comes_first_then_the_delay_then_the_soft_end() {
        let (life, heard, signals) = life();
        let (mut ready, stopping, start) = (life.ready(), life.stopping(), Instant::now());
        assert!(*ready.borrow());
        let watcher = tokio::spawn(async move {
            ready.wait_for(|ready| !ready).await.unwrap();
            let unready = start.elapsed();
            stopping.cancelled().await;
            (unready, start.elapsed())
        });
        heard.send("SIGTERM").await.unwrap();
        assert_eq!(life.run(signals).await, End::Clean);
        assert_eq!(watcher.await.unwrap(), (Duration::ZERO, DELAY));
        assert!(life.ended().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_gets_the_time_to_finish() {
        let (life, _heard, signals) = life();
        let (stopping, start) = (life.stopping(), Instant::now());
        life.spawn("writer", async move {
            stopping.cancelled().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        });
        life.shutdown();
        assert_eq!(life.run(signals).await, End::Clean);
        assert_eq!(start.elapsed(), DELAY + Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_finish_is_dropped_and_named() {
        let (life, _heard, signals) = life();
        let start = Instant::now();
        life.spawn("follower", std::future::pending());
        life.spawn("brief", async {});
        life.shutdown();
        assert_eq!(life.run(signals).await, End::Forced(vec!["follower"]));
        assert_eq!(start.elapsed(), DELAY + TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_it_at_once() {
        let (life, heard, signals) = life();
        let start = Instant::now();
        life.spawn("follower", std::future::pending());
        heard.send("SIGTERM").await.unwrap();
        heard.send("SIGINT").await.unwrap();
        assert_eq!(life.run(signals).await, End::Forced(vec!["follower"]));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_brings_the_process_to_an_orderly_end() {
        let (life, _heard, signals) = life();
        life.spawn("clock", async { panic!("a test's own panic") });
        assert_eq!(life.run(signals).await, End::Panicked);
    }

    #[tokio::test]
    async fn ready_means_all_conditions_are_met() {
        let (life, _heard, _signals) = life();
        let mut ready = life.ready();
        let database = life.condition("database", false);
        let stations = life.condition("stations", true);
        assert!(!*ready.borrow_and_update());
        assert_eq!(life.unmet(), ["database"]);
        database.set(true);
        assert!(*ready.borrow_and_update());
        stations.set(true);
        assert!(!ready.has_changed().unwrap(), "nothing changed, so nobody is woken");
        stations.set(false);
        assert!(!*ready.borrow());
        stations.set(true);
        life.shutdown();
        assert!(!*ready.borrow(), "a process that was asked to end is not ready, whatever its conditions");
    }

    #[tokio::test]
    async fn a_signal_of_the_system_is_heard() {
        let life = Lifecycle::new(Duration::ZERO, TIMEOUT);
        let mut running = Box::pin(life.run_until_signal());
        // It listens from its first step on; before that the signal would end the test.
        assert!(futures_util::poll!(running.as_mut()).is_pending());
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).unwrap();
        let end = tokio::time::timeout(TIMEOUT, running).await.unwrap().unwrap();
        assert_eq!(end, End::Clean);
    }
}
