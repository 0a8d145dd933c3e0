//! Progress on standard error: a line that moves on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The steps of a command, one after the other.
#[derive(Debug)]
pub(super) struct Steps {
    bar: Option<ProgressBar>,
    step: Option<(String, Instant)>,
}

impl Steps {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_style(ProgressStyle::default_spinner());
            bar
        });
        Self { bar, step: None }
    }

    /// The next step; the one before is done. The same again changes nothing.
    pub(super) fn step(&mut self, name: &str) {
        if self.step.as_ref().is_some_and(|(now, _)| now == name) {
            return;
        }
        self.finish();
        match &self.bar {
            Some(bar) => bar.set_message(name.to_owned()),
            None => eprintln!("{name} …"),
        }
        self.step = Some((name.to_owned(), Instant::now()));
    }

    /// The last step is done.
    pub(super) fn finish(&mut self) {
        if let Some((name, since)) = self.step.take()
            && let Some(bar) = &self.bar
        {
            bar.println(format!("✓ {name} ({:.1} s)", since.elapsed().as_secs_f64()));
            bar.set_message("");
        }
    }

    /// Something worth knowing.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
