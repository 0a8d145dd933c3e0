//! What happens to the replay on its way: it is given up in the middle and begun again, and services are killed under it.
//! Nothing of that may show in a figure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mahila::demo::{Options, Part, Progress, Report};
use platform::settings::Service;
use tokio::sync::mpsc;

use mahila_tests::house::House;

/// Tells when so many answers of a part have come.
struct Watch {
    /// The part, the answers, and what then.
    marks: Vec<(Part, u64, Disturbance)>,
    part: std::sync::Mutex<Option<Part>>,
    answers: AtomicU64,
    tell: mpsc::Sender<Disturbance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disturbance {
    GiveUp,
    Kill(Service),
}

impl Progress for Watch {
    fn begin(&self, part: Part, _answers: u64) {
        *self.part.lock().expect("nobody panics") = Some(part);
        self.answers.store(0, Ordering::Relaxed);
    }

    fn answered(&self, count: u64) {
        let before = self.answers.fetch_add(count, Ordering::Relaxed);
        let part = *self.part.lock().expect("nobody panics");
        for (of, mark, disturbance) in &self.marks {
            if part == Some(*of) && (before + 1..=before + count).contains(mark) {
                self.tell.try_send(*disturbance).expect("there is room");
            }
        }
    }

    fn end(&self) {}
}

/// Replays the first week: gives up once among the paper registers and begins again, and kills each service in the middle of its
/// work: the campaigns as events are proposed, review as stations sit.
pub async fn replay(options: Options, house: &mut House) -> Report {
    let (tell, mut told) = mpsc::channel(8);
    let watch = |marks| {
        let (part, answers) = (std::sync::Mutex::new(None), AtomicU64::new(0));
        Arc::new(Watch { marks, part, answers, tell: tell.clone() })
    };
    let first = Options { progress: watch(vec![(Part::Roll, 500, Disturbance::GiveUp)]), ..options.clone() };
    tokio::select! {
        report = mahila::demo::run(first) => panic!("it was to be given up: {:?}", report.map(|report| report.parts)),
        given_up = told.recv() => assert_eq!(given_up, Some(Disturbance::GiveUp)),
    }

    let marks = vec![
        (Part::Day(23), 10_100, Disturbance::Kill(Service::Campaigns)),
        (Part::Day(24), 4_000, Disturbance::Kill(Service::Intake)),
        (Part::Day(26), 1_000, Disturbance::Kill(Service::Registry)),
        (Part::Day(27), 1_000, Disturbance::Kill(Service::Oversight)),
        (Part::Day(28), 6_000, Disturbance::Kill(Service::Review)),
    ];
    let mut left = marks.len();
    let replay = mahila::demo::run(Options { progress: watch(marks), ..options });
    tokio::pin!(replay);
    loop {
        tokio::select! {
            report = &mut replay => {
                let report = report.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(left, 0, "every disturbance came");
                return report;
            }
            Some(Disturbance::Kill(service)) = told.recv() => {
                left -= 1;
                house.kill(service);
                // The replay waits meanwhile: it runs on this task.
                house.start(service);
            }
        }
    }
}
