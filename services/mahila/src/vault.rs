//! `mahila vault rewrap`: wraps the data keys of the intake's vault again with the active key, after which the ones before may
//! be taken out of the key file.
//!
//! With the settings of the intake, as the role that serves: the vault's role, which it takes on, may change data keys as it
//! is, and so nobody holds the owner's address and the keys at once.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use complaint_intake::{Progress, RewrapError, Rewrapped};
use platform::settings::Service;
use platform::telemetry;
use serde_json::json;

use crate::call::Language;
use crate::config::SettingsFile;
use crate::failure::Said;
use crate::text::{Output, Text, plain, text};
use crate::{Done, serve};

/// Data keys wrapped again between two lines of progress: some seconds.
const LINE: u64 = 10_000;

/// `mahila vault …`
#[derive(Debug, Subcommand)]
pub(crate) enum Vault {
    /// Wrap every data key again with the active key, so that the keys before may be taken out of the key file.
    ///
    /// Every process of the intake must have been started with that key first. Services may run meanwhile; it may be
    /// ended at any time and run again. Exit code 0 when the active key wraps them all, 1 when not.
    Rewrap(Rewrap),
}

/// `mahila vault rewrap`
#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// Wrap none: only open them all, and say how many there are to wrap.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    settings: SettingsFile,
    /// How what came of it is printed.
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
    /// The language of what is said.
    #[arg(long, alias = "language", env = "MAHILA_LANG", value_enum, default_value = "en")]
    lang: Language,
}

impl Vault {
    pub(crate) async fn run(self) -> Done {
        let Self::Rewrap(rewrap) = self;
        rewrap.run().await
    }
}

impl Rewrap {
    async fn run(self) -> Done {
        let settings = self.settings.load()?;
        // What goes wrong in a database is logged where it happens. Nothing is recorded, which the SDK need not complain of.
        let log_filter = "warn,opentelemetry_sdk=off".to_owned();
        let _telemetry = telemetry::init(&telemetry::Config { log_filter, ..telemetry::Config::default() })?;
        let (clock, _) = serve::clock(&settings, &[Service::Intake]).await?;
        let mut next = 0;
        let mut told = |progress: Progress| {
            if progress.rewrapped >= next {
                next = progress.rewrapped + LINE;
                eprintln!("{}", step(progress).of(self.lang));
            }
        };
        let done = complaint_intake::rewrap(&Arc::new(settings), clock, self.dry_run, &mut told).await;
        let done = done.map_err(|error| {
            eprintln!("mahila: {}", failed(&error).of(self.lang));
            Said(1)
        })?;
        let mut out = io::stdout().lock();
        match self.output {
            Output::Text => lines(&done, self.dry_run, self.lang, &mut out),
            Output::Json => as_json(&done, self.dry_run, &mut out),
        }?;
        Ok(if done.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn step(progress: Progress) -> Text {
    let Progress { seen, of, rewrapped } = progress;
    text!(
        "{seen} of {of} data keys looked at; another key wrapped {rewrapped} of them",
        "{of} में से {seen} data-कुंजियाँ देखीं; उनमें से {rewrapped} किसी और कुंजी से wrap थीं"
    )
}

fn failed(error: &RewrapError) -> Text {
    match error {
        RewrapError::Start(error) => plain(error.to_string()),
        RewrapError::Read(fault) => text!(
            "the vault cannot be read ({fault}); to mend it: do what `mahila doctor intake` says, and run this again",
            "vault पढ़ा नहीं जा सकता ({fault}); ठीक करने के लिए: `mahila doctor intake` जो कहे वह करें, और इसे फिर चलाएँ",
        ),
        RewrapError::Write(refusal) => text!(
            "data keys could not be replaced ({refusal}); what was committed before stays; to mend it: do what \
             `mahila doctor intake` says, and run this again",
            "data-कुंजियाँ बदली नहीं जा सकीं ({refusal}); जो पहले हो चुका वह बना रहेगा; ठीक करने के लिए: \
             `mahila doctor intake` जो कहे वह करें, और इसे फिर चलाएँ",
        ),
    }
}

/// What came of it, a sentence each.
fn said(done: &Rewrapped, dry_run: bool) -> Vec<Text> {
    let Rewrapped { key, data_keys, rewrapped, missing, damaged, first_damaged, still_coming } = done;
    let mut said = vec![if dry_run {
        text!(
            "{rewrapped} of {data_keys} data keys would be wrapped again with key {key}",
            "{data_keys} में से {rewrapped} data-कुंजियाँ कुंजी {key} से फिर wrap होंगी"
        )
    } else {
        text!(
            "{rewrapped} of {data_keys} data keys were wrapped again with key {key}",
            "{data_keys} में से {rewrapped} data-कुंजियाँ कुंजी {key} से फिर wrap हुईं"
        )
    }];
    for (missing, count) in missing {
        said.push(text!(
            "{count} are wrapped with key {missing}, which is not in seal.keys_file, and were left; to mend it: put the \
             line `wrapping {missing} …` back, and run this again",
            "{count} कुंजी {missing} से wrap हैं, जो seal.keys_file में नहीं है, और वैसी ही छोड़ी गईं; ठीक करने के लिए: \
             पंक्ति `wrapping {missing} …` वापस डालें, और इसे फिर चलाएँ",
        ));
    }
    if let Some(first) = first_damaged {
        said.push(text!(
            "{damaged} do not open and were left, the first being that of subject {first}; to mend it: compare the vault \
             with a backup, and restore",
            "{damaged} नहीं खुलतीं और वैसी ही छोड़ी गईं, पहली subject {first} की है; ठीक करने के लिए: vault को backup से \
             मिलाएँ, और restore करें",
        ));
    }
    if *still_coming {
        said.push(text!(
            "others kept coming: a service that runs seals with a key before; to mend it: restart every process of the \
             intake with this key file, and run this again",
            "और आती रहीं: कोई चालू सेवा पहले की कुंजी से seal करती है; ठीक करने के लिए: intake के हर process को इसी \
             कुंजी-फ़ाइल के साथ restart करें, और इसे फिर चलाएँ",
        ));
    }
    if done.is_whole() && (!dry_run || *rewrapped == 0) {
        said.push(text!(
            "key {key} wraps them all: the other `wrapping` lines may be taken out of seal.keys_file; keep them for the \
             backups made before",
            "सब कुंजी {key} से wrap हैं: बाक़ी `wrapping` पंक्तियाँ seal.keys_file से निकाली जा सकती हैं; पहले के backup के लिए \
             उन्हें सँभालकर रखें",
        ));
    }
    said
}

fn lines(done: &Rewrapped, dry_run: bool, language: Language, out: &mut impl Write) -> io::Result<()> {
    said(done, dry_run).iter().try_for_each(|text| writeln!(out, "{}", text.of(language)))
}

fn as_json(done: &Rewrapped, dry_run: bool, out: &mut impl Write) -> io::Result<()> {
    let missing: Vec<_> =
        done.missing.iter().map(|(key, data_keys)| json!({ "key": key, "data_keys": data_keys })).collect();
    let told = json!({
        "key": done.key,
        "dry_run": dry_run,
        "data_keys": done.data_keys,
        "rewrapped": done.rewrapped,
        "missing": missing,
        "damaged": done.damaged,
        "first_damaged": done.first_damaged,
        "still_coming": done.still_coming,
        "whole": done.is_whole(),
        "said": said(done, dry_run),
    });
    serde_json::to_writer_pretty(&mut *out, &told)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;

    fn done() -> Rewrapped {
        Rewrapped { key: 2, data_keys: 9, rewrapped: 4, ..Rewrapped::default() }
    }

    fn printed(done: &Rewrapped, dry_run: bool, language: Language) -> String {
        let mut out = Vec::new();
        lines(done, dry_run, language, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_may_go_when_nothing_is_left_and_not_before() {
        let may_go = "may be taken out";
        assert!(printed(&done(), false, Language::En).contains(may_go));
        assert!(!printed(&done(), true, Language::En).contains(may_go), "it has still to be done");
        assert!(printed(&Rewrapped { rewrapped: 0, ..done() }, true, Language::En).contains(may_go));
        let first_damaged = Some(Uuid::from_u128(7));
        for left in [
            Rewrapped { missing: BTreeMap::from([(1, 3)]), ..done() },
            Rewrapped { damaged: 1, first_damaged, ..done() },
            Rewrapped { still_coming: true, ..done() },
        ] {
            let english = printed(&left, false, Language::En);
            assert!(!left.is_whole() && !english.contains(may_go) && english.contains("; to mend it: "), "{english}");
            let hindi = printed(&left, false, Language::Hi);
            assert!(hindi.contains("; ठीक करने के लिए: "), "{hindi}");
            assert_eq!(english.lines().count(), hindi.lines().count());
        }
    }
}
