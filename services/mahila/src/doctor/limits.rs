//! What the system allows, against what the settings want of it.

use std::path::Path;

use rustix::process::{Resource, getrlimit};

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::text::text;

/// Files that a process has open before anybody calls it.
const OWN_FILES: u64 = 64;

pub(super) fn findings(patient: &Patient) -> Vec<Finding> {
    vec![drain(patient), files(patient, getrlimit(Resource::Nofile).current)]
}

/// Whether this process runs in a container.
pub(super) fn is_contained() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
        || ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"]
            .iter()
            .any(|path| Path::new(path).exists())
}

/// An end takes delay and timeout together, and must be over before the kernel ends it.
fn drain(patient: &Patient) -> Finding {
    let check = Check::new("limits.drain");
    let server = &patient.settings.server;
    let (takes, grace) = ((server.drain_delay + server.drain_timeout).as_millis(), patient.grace.as_millis());
    let found =
        text!("an end takes {takes} ms at most, of {grace} ms", "बंद होने में अधिकतम {takes} ms लगते हैं, {grace} ms में से");
    let finding = if takes >= grace {
        check.mend(
            found,
            text!(
                "keep server.drain_delay_ms and server.drain_timeout_ms together below the grace period, or calls are cut off",
                "server.drain_delay_ms और server.drain_timeout_ms का योग grace period से कम रखें, नहीं तो चल रही calls कट जाएँगी",
            ),
        )
    } else if patient.contained && server.drain_delay.is_zero() {
        check.look(
            found,
            text!(
                "set server.drain_delay_ms to some 5000: until balancers notice, they send calls to a process that is leaving",
                "server.drain_delay_ms लगभग 5000 रखें: जब तक balancer को पता नहीं चलता, वह जाती हुई process को calls भेजता है",
            ),
        )
    } else {
        check.ok(found)
    };
    finding.number("takes_ms", u64::try_from(takes).unwrap_or(u64::MAX))
}

/// A call may come on a connection of its own.
fn files(patient: &Patient, allowed: Option<u64>) -> Finding {
    let check = Check::new("limits.files");
    let settings = &patient.settings;
    let connections = patient.services.iter().filter_map(|service| settings.database.get(*service));
    let connections: u64 = connections.map(|database| u64::from(database.max_connections)).sum();
    let needed = settings.server.max_in_flight as u64 + connections + OWN_FILES;
    let Some(allowed) = allowed else {
        return check.ok(text!("as many files as it likes", "जितनी चाहे उतनी फ़ाइलें"));
    };
    let found = text!(
        "{allowed} open files are allowed, {needed} may be needed",
        "{allowed} खुली फ़ाइलों की अनुमति, {needed} लग सकती हैं"
    );
    let finding = if allowed < needed {
        check.look(
            found,
            text!(
                "raise the limit of open files (ulimit -n, LimitNOFILE), or lower server.max_in_flight",
                "खुली फ़ाइलों की सीमा बढ़ाएँ (ulimit -n, LimitNOFILE), या server.max_in_flight घटाएँ",
            ),
        )
    } else {
        check.ok(found)
    };
    finding.number("allowed", allowed).number("needed", needed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::finding::State;
    use super::super::tests::patient;
    use super::*;

    #[test]
    fn an_end_must_be_over_before_the_grace_is() {
        let mut patient = patient();
        assert_eq!(drain(&patient).state, State::Ok);
        patient.grace = Duration::from_secs(10);
        let finding = drain(&patient);
        assert_eq!(
            (finding.state, finding.found.en.as_str()),
            (State::Mend, "an end takes 10000 ms at most, of 10000 ms")
        );
        patient.grace = Duration::from_secs(30);
        patient.contained = true;
        assert_eq!(drain(&patient).state, State::Look);
    }

    #[test]
    fn calls_need_files() {
        let patient = patient();
        assert_eq!(files(&patient, Some(20_000)).state, State::Ok);
        assert_eq!(files(&patient, None).state, State::Ok);
        let few = files(&patient, Some(1024));
        assert_eq!((few.state, few.numbers["allowed"].as_u64()), (State::Look, Some(1024)));
    }
}
