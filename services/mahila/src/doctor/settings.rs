//! Whether the settings can be used, and to serve with.

use platform::settings::{Problem, Service, Settings};

use super::finding::{Check, Finding};
use super::text::{plain, text};

/// A line a problem; one line when there is none.
pub(super) fn findings(
    settings: Option<&Settings>,
    problems: &[Problem],
    services: &[Service],
    signs_tokens: bool,
) -> Vec<Finding> {
    let mut problems = problems.to_vec();
    if let Some(Err(error)) = settings.map(|settings| settings.serving(services, signs_tokens)) {
        // What concerns a file of TLS is told with the certificates as well; here it stops `serve`.
        problems.extend(error.problems().iter().filter(|one| !problems.contains(one)).cloned().collect::<Vec<_>>());
    }
    if !problems.is_empty() {
        return problems.iter().map(ill).collect();
    }
    let names = services.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ");
    let simulated = settings.is_some_and(|settings| settings.simulated);
    let found = if simulated {
        text!("can serve {names}, as a simulation", "{names} चला सकती हैं, अभ्यास (simulation) के रूप में")
    } else {
        text!("can serve {names}", "{names} चला सकती हैं")
    };
    vec![Check::new("settings").ok(found)]
}

fn ill(problem: &Problem) -> Finding {
    let Problem { key, wrong, mend } = problem;
    Check::of("settings", key).mend(text!("{wrong}", "ठीक नहीं है: {wrong}"), plain(mend.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn every_problem_has_its_line() {
        let findings = findings(Some(&Settings::default()), &[], &[Service::Intake], false);
        let keys: Vec<_> = findings.iter().map(|finding| finding.of.as_str()).collect();
        assert_eq!(keys, ["database.intake.url", "auth", "seal.keys_file"]);
        assert!(findings.iter().all(|finding| finding.state == State::Mend && finding.mend.is_some()));
    }
}
