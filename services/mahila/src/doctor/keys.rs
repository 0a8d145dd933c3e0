//! The vault's keys: the file, and whether it has every key that something in the vault was sealed with. Numbers of keys are
//! told, never keys.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use platform::seal::{Keys, WRAPPED_HEADER, wrapped_with};
use platform::settings::Service;
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::store;
use super::text::text;

/// Others may read.
const WORLD: u32 = 0o004;

/// The file, where the intake runs.
pub(super) fn of_file(patient: &Patient) -> Option<Finding> {
    let path = patient.settings.seal.keys_file.as_ref().filter(|_| patient.services.contains(&Service::Intake))?;
    Some(file(&Check::of("keys.file", Service::Intake), path).0)
}

/// What the vault was sealed with; the intake's alone.
pub(super) async fn in_use(patient: &Patient, service: Service, db: &PgPool) -> Option<Finding> {
    // Without a file the settings say so already.
    let path = patient.settings.seal.keys_file.as_ref().filter(|_| service == Service::Intake)?;
    let check = Check::of("keys.used", service);
    let Ok(keys) = Keys::load(path) else {
        return Some(check.skip(
            text!("the keys are not known", "कुंजियाँ पता नहीं"),
            text!("mend keys.file first", "पहले keys.file ठीक करें"),
        ));
    };
    let looking = async { Ok(judge(&check, &keys, &store::data_keys(db, WRAPPED_HEADER).await?)) };
    Some(Box::pin(check.asked(patient.patience, looking)).await)
}

fn file(check: &Check, path: &Path) -> (Finding, Option<Keys>) {
    let place = path.display();
    let keys = match Keys::load(path) {
        Ok(keys) => keys,
        Err(error) => {
            let finding = check.mend(
                text!("{place} cannot be used: {error}", "{place} काम में नहीं आ सकती: {error}"),
                text!(
                    "give seal.keys_file the key file of this vault, from where it is kept: without it nobody reads a name again",
                    "seal.keys_file में इस vault की कुंजी-फ़ाइल दें, जहाँ वह सुरक्षित रखी है: उसके बिना कोई नाम फिर नहीं पढ़ा जा सकेगा",
                ),
            );
            return (finding, None);
        }
    };
    let (active, count) = (keys.active(), keys.numbers().count());
    let mode = std::fs::metadata(path).map(|file| file.permissions().mode()).unwrap_or_default();
    let found = text!("{count} wrapping keys, {active} is the active one", "{count} wrapping कुंजियाँ, {active} सक्रिय है");
    let finding = if mode & WORLD == 0 {
        check.ok(found)
    } else {
        let mode = mode & 0o777;
        check.mend(
            text!(
                "everybody on this machine may read {place} (mode {mode:o})",
                "इस मशीन पर हर कोई {place} पढ़ सकता है (mode {mode:o})"
            ),
            text!(
                "chmod o-r it; in a pod set the volume's defaultMode to 0440",
                "chmod o-r करें; pod में volume का defaultMode 0440 रखें",
            ),
        )
    };
    (finding.number("keys", count).number("active", active), Some(keys))
}

fn judge(check: &Check, keys: &Keys, seen: &store::DataKeys) -> Finding {
    let store::DataKeys { rows, sampled, headers } = seen;
    let used: BTreeSet<Option<u32>> = headers.iter().map(|header| wrapped_with(header)).collect();
    let known: BTreeSet<u32> = keys.numbers().collect();
    let list = |numbers: &BTreeSet<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let (by_en, by_hi) = if *sampled {
        (format!("in a sample of some {rows} rows"), format!("लगभग {rows} पंक्तियों के एक नमूने में"))
    } else {
        (format!("in all {rows} rows"), format!("सभी {rows} पंक्तियों में"))
    };
    let used_known: BTreeSet<u32> = used.iter().flatten().copied().collect();
    let missing: BTreeSet<u32> = used_known.difference(&known).copied().collect();
    if !missing.is_empty() {
        let missing = list(&missing);
        return check.mend(
            text!(
                "what was sealed with key {missing} cannot be read: it is not in the file ({by_en})",
                "कुंजी {missing} से बंद की गई बातें नहीं पढ़ी जा सकतीं: वह फ़ाइल में नहीं है ({by_hi})",
            ),
            text!(
                "put the line `wrapping {missing} …` back into seal.keys_file and restart; take a key out only when nothing uses it",
                "seal.keys_file में पंक्ति `wrapping {missing} …` वापस डालें और restart करें; कुंजी तभी निकालें जब कोई उसे काम में न ले",
            ),
        );
    }
    if used.contains(&None) {
        return check.mend(
            text!(
                "the vault holds data keys that are none ({by_en})",
                "vault में ऐसी data-कुंजियाँ हैं जो कुंजी नहीं हैं ({by_hi})"
            ),
            text!("compare the vault with a backup, and restore", "vault को backup से मिलाएँ, और restore करें"),
        );
    }
    let numbers = if used_known.is_empty() { "-".to_owned() } else { list(&used_known) };
    check.ok(text!("keys in use: {numbers} ({by_en})", "काम में आ रही कुंजियाँ: {numbers} ({by_hi})")).number("rows", *rows)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use platform::seal::{Sealer, os_random};
    use uuid::Uuid;

    use super::super::finding::State;
    use super::*;

    fn keys() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        Keys::generate_file(&path, &os_random()).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_all_may_read_is_no_secret() {
        let (_folder, path) = keys();
        let check = Check::of("keys.file", "intake");
        let text = std::fs::read_to_string(&path).unwrap();
        let secret = text.lines().find(|line| line.starts_with("wrapping")).unwrap().rsplit(' ').next().unwrap();
        let (finding, read) = file(&check, &path);
        assert_eq!((finding.state, read.is_some()), (State::Ok, true));
        assert_eq!(finding.found.en, "1 wrapping keys, 1 is the active one");
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let finding = file(&check, &path).0;
        assert!(finding.state == State::Mend && finding.found.en.ends_with("(mode 644)"), "{finding:?}");
        std::fs::write(&path, text.replace("active 1", "active 2")).unwrap();
        let finding = file(&check, &path).0;
        assert!(finding.state == State::Mend && !format!("{finding:?}").contains(secret), "{finding:?}");
    }

    #[test]
    fn a_key_that_something_was_sealed_with_must_be_there() {
        let (_folder, path) = keys();
        let keys = Keys::load(&path).unwrap();
        let sealer = Sealer::new(Keys::load(&path).unwrap(), os_random());
        let own = sealer.new_data_key(Uuid::new_v4()).1.as_bytes()[..WRAPPED_HEADER].to_vec();
        let check = Check::of("keys.used", "intake");
        let judge =
            |headers: Vec<Vec<u8>>| super::judge(&check, &keys, &store::DataKeys { rows: 3, sampled: false, headers });
        assert_eq!(judge(vec![]).state, State::Ok);
        assert_eq!(judge(vec![own.clone()]).found.en, "keys in use: 1 (in all 3 rows)");
        let mut other = own.clone();
        other[6] = 7;
        let finding = judge(vec![own.clone(), other]);
        assert!(finding.state == State::Mend && finding.found.en.contains("key 7 "), "{finding:?}");
        assert_eq!(judge(vec![own, b"none".to_vec()]).state, State::Mend);
    }
}
