//! Certificates in files: until when they are good, for which names, and who stands behind them.

use std::path::Path;

use chrono::TimeDelta;
use platform::settings::TlsSettings;
use platform::tls::{Chain, Side};

use super::finding::{Check, Finding};
use super::patient::{Patient, Place};
use super::text::{plain, text};
use super::token::span;

/// With less left somebody should see why it was not renewed, or must.
const LOOK: TimeDelta = TimeDelta::days(21);
const MEND: TimeDelta = TimeDelta::days(3);

pub(super) fn findings(patient: &Patient) -> Vec<Finding> {
    let settings = &patient.settings;
    let peers = &settings.peers;
    let mut findings = Vec::new();
    let clients = settings.server.tls.as_ref().and_then(|tls| tls.client_ca_file.as_deref());
    if let Some(tls) = &settings.server.tls {
        findings.extend(of_file(patient, Side::Server, &tls.cert_file, peers.ca_file.as_deref()));
        findings.push(key(Side::Server, tls));
    }
    if let (Some(cert_file), Some(key_file)) = (&peers.cert_file, &peers.key_file) {
        findings.extend(of_file(patient, Side::Client, cert_file, clients));
        let shown = TlsSettings {
            cert_file: cert_file.clone(),
            key_file: key_file.clone(),
            client_ca_file: None,
            client_certificates: None,
            client_names: Vec::new(),
            look_again: peers.look_again,
        };
        findings.push(key(Side::Client, &shown));
    }
    if let Some(path) = clients {
        findings.push(authority(patient, "server.tls.client_ca_file", path));
    }
    if let Some(path) = &peers.ca_file {
        findings.push(authority(patient, "peers.ca_file", path));
    }
    findings
}

/// A certificate that is shown: when it ends, its names, and whether the authority that peers trust stands behind it.
fn of_file(patient: &Patient, side: Side, path: &Path, authorities: Option<&Path>) -> Vec<Finding> {
    let [expiry, names, chain] =
        ["certificates.expiry", "certificates.names", "certificates.chain"].map(|name| Check::of(name, side.name()));
    let read = match Chain::open(path) {
        Ok(read) => read,
        Err(wrong) => return vec![unreadable(&expiry, path, &wrong)],
    };
    let mut findings = vec![ends(patient, &expiry, &read)];
    findings.push(match side {
        Side::Server => carries(patient, &names, &read),
        Side::Client => is_let_in(patient, &names, &read),
    });
    match authorities.map(|path| (path, Chain::open(path))) {
        Some((path, Ok(authorities))) => findings.push(stands(patient, &chain, &read, &authorities, side, path)),
        // The authority has its own line.
        Some((_, Err(_))) => {}
        None => findings.push(chain.skip(
            text!("whom the others trust is not told here", "दूसरे किस पर भरोसा करते हैं, यहाँ नहीं बताया गया"),
            text!(
                "name their authority (peers.ca_file, server.tls.client_ca_file) to have this looked at",
                "जाँच के लिए उनकी authority बताएँ (peers.ca_file, server.tls.client_ca_file)",
            ),
        )),
    }
    findings
}

fn unreadable(check: &Check, path: &Path, wrong: &str) -> Finding {
    let path = path.display();
    check.mend(
        plain(format!("{path} {wrong}")),
        text!("give certificates in PEM, which this process may read", "PEM में प्रमाणपत्र दें, जिन्हें यह process पढ़ सके"),
    )
}

fn ends(patient: &Patient, check: &Check, chain: &Chain) -> Finding {
    let (now, ends, begins) = (patient.clock.now(), chain.not_after(), chain.own().not_before);
    let left = ends - now;
    let span = span(left);
    let (en, hi, day) = (span.en, span.hi, ends.date_naive());
    let mend = text!(
        "renew it (with cert-manager: `kubectl describe certificate` says why it was not); files are read again when they change",
        "नया बनवाएँ (cert-manager में `kubectl describe certificate` बताएगा कि क्यों नहीं बना); फ़ाइलें बदलते ही फिर पढ़ी जाती हैं",
    );
    let finding = if left <= TimeDelta::zero() {
        check.mend(text!("it ended {en} ago, on {day}", "यह {hi} पहले, {day} को समाप्त हो गया"), mend)
    } else if begins > now {
        check.mend(text!("it is not good yet, from {begins} on", "यह अभी मान्य नहीं, {begins} से होगा"), mend)
    } else {
        let found = text!("good for another {en}, until {day}", "{hi} और मान्य, {day} तक");
        match left {
            left if left < MEND => check.mend(found, mend),
            left if left < LOOK => check.look(found, mend),
            _ => check.ok(found),
        }
    };
    finding.number("remaining_seconds", left.num_seconds())
}

/// The names that peers call this process by: as far as these settings tell.
fn carries(patient: &Patient, check: &Check, chain: &Chain) -> Finding {
    let told = patient.services.iter().filter_map(|service| patient.settings.peers.get(*service)).map(str::to_owned);
    let mut hosts: Vec<String> = told
        .chain(patient.address.clone())
        .filter_map(|url| Place::of(&url))
        .filter(|place| place.secure)
        .map(|place| place.host)
        .collect();
    hosts.sort();
    hosts.dedup();
    let names = chain.own().names.join(", ");
    let missing: Vec<String> = hosts.into_iter().filter(|host| !chain.carries(host)).collect();
    if chain.own().names.is_empty() {
        return check.mend(
            text!("it carries no name", "इसमें कोई नाम नहीं है"),
            text!(
                "have it issued with subject alternative names: the DNS names that peers call",
                "इसे subject alternative names के साथ बनवाएँ: वे DNS नाम जिनसे peer पुकारते हैं"
            ),
        );
    }
    if missing.is_empty() {
        return check.ok(plain(names));
    }
    let missing = missing.join(", ");
    check.mend(
        text!("it carries {names}, and is called by {missing}", "इसमें {names} है, और {missing} से पुकारा जाता है"),
        text!(
            "have it issued for {missing} as well, or call it by a name it carries",
            "इसे {missing} के लिए भी बनवाएँ, या इसमें लिखे नाम से पुकारें"
        ),
    )
}

/// Servers of the suite mostly let in the same names.
fn is_let_in(patient: &Patient, check: &Check, chain: &Chain) -> Finding {
    let names = chain.own().names.join(", ");
    let wanted = patient.settings.server.tls.as_ref().map(|tls| tls.client_names.clone()).unwrap_or_default();
    if wanted.is_empty() || wanted.iter().any(|name| chain.carries(name)) {
        return check.ok(plain(names));
    }
    let wanted = wanted.join(", ");
    check.look(
        text!(
            "it carries {names}; servers like this one let in {wanted}",
            "इसमें {names} है; इस जैसे server {wanted} को आने देते हैं"
        ),
        text!(
            "have it issued for one of those names, or add its own to server.tls.client_names of the peers",
            "इसे उनमें से किसी नाम के लिए बनवाएँ, या peers के server.tls.client_names में इसका नाम जोड़ें",
        ),
    )
}

fn stands(patient: &Patient, check: &Check, chain: &Chain, authorities: &Chain, side: Side, path: &Path) -> Finding {
    // At a moment when it is good: that it has ended is another line's.
    let at = patient.clock.now().min(chain.not_after()).max(chain.own().not_before);
    let (path, issuer) = (path.display(), &chain.own().issuer);
    match chain.stands(authorities, at, side) {
        Ok(()) => check.ok(text!("{path} stands behind it", "{path} इसके पीछे है")),
        Err(wrong) => check.mend(
            text!("nothing in {path} stands behind it ({wrong}; its issuer is `{issuer}`)", "{path} में कुछ भी इसके पीछे नहीं ({wrong}; इसका issuer `{issuer}` है)"),
            text!(
                "put the authority of `{issuer}` into that file on every peer, and what stands between into the certificate's file",
                "`{issuer}` की authority हर peer पर उस फ़ाइल में डालें, और बीच के प्रमाणपत्र इस प्रमाणपत्र की फ़ाइल में",
            ),
        ),
    }
}

/// A bundle of authorities: whether it can be read, and when the last of them ends.
fn authority(patient: &Patient, name: &str, path: &Path) -> Finding {
    let check = Check::of("certificates.authority", name);
    let chain = match Chain::open(path) {
        Ok(chain) => chain,
        Err(wrong) => return unreadable(&check, path, &wrong),
    };
    let now = patient.clock.now();
    let (count, good) =
        (chain.certificates().len(), chain.certificates().iter().filter(|one| one.not_after > now).count());
    let found = text!("{good} of {count} authorities are in force", "{count} में से {good} authorities मान्य हैं");
    if good == 0 {
        return check.mend(
            found,
            text!("put the authority's next certificate into {name}", "authority का अगला प्रमाणपत्र {name} में डालें"),
        );
    }
    check.ok(found)
}

/// Whether the key is the certificate's: as TLS itself finds out.
fn key(side: Side, files: &TlsSettings) -> Finding {
    let check = Check::of("certificates.key", side.name());
    let wrong = files.check().err();
    let Some(problem) = wrong.as_ref().and_then(|error| error.problems().first()) else {
        return check.ok(text!("the key is the certificate's", "कुंजी इसी प्रमाणपत्र की है"));
    };
    let (wrong, mend) = (&problem.wrong, &problem.mend);
    check.mend(plain(wrong.as_str()), plain(mend.as_str()))
}
