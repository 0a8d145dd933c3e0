//! Lines for people, JSON for programs.

use std::io::{self, Write};

use serde_json::json;

use super::finding::{Finding, State};
use crate::call::Language;

const STATES: [State; 4] = [State::Ok, State::Look, State::Mend, State::Skip];

/// A line a finding, then how many there are of each sort.
pub(super) fn lines(findings: &[Finding], language: Language, out: &mut impl Write) -> io::Result<()> {
    let width = |text: fn(&Finding) -> &str| findings.iter().map(|one| text(one).len()).max().unwrap_or_default();
    let (checks, ofs) = (width(|one| one.check), width(|one| &one.of));
    for Finding { state, check, of, found, mend, .. } in findings {
        let (state, found) = (state.word(), found.of(language));
        write!(out, "{state:4}  {check:checks$}  {of:ofs$}  {found}")?;
        match (mend, language) {
            (None, _) => writeln!(out)?,
            (Some(mend), Language::En) => writeln!(out, "; to mend it: {}", mend.of(language))?,
            (Some(mend), Language::Hi) => writeln!(out, "; ठीक करने के लिए: {}", mend.of(language))?,
        }
    }
    let [ok, look, mend, skip] = STATES.map(|state| count(findings, state));
    match language {
        Language::En => writeln!(out, "{ok} ok, {look} to look at, {mend} to mend, {skip} skipped"),
        Language::Hi => writeln!(out, "{ok} ठीक, {look} देखने योग्य, {mend} ठीक करने योग्य, {skip} छोड़े गए"),
    }
}

/// One object: `checks` and `summary`.
pub(super) fn json(findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    let summary: serde_json::Map<_, _> =
        STATES.iter().map(|state| (state.word().to_owned(), json!(count(findings, *state)))).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "checks": findings, "summary": summary }))?;
    writeln!(out)
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Check;
    use super::super::text::{plain, text};
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Check::new("limits.files").ok(plain("20000")).number("files", 20_000),
            Check::of("schema.migrations", "intake").mend(
                text!("1 is pending", "1 बाक़ी है"),
                text!("run `mahila migrate intake`", "`mahila migrate intake` चलाएँ"),
            ),
        ]
    }

    fn printed(language: Language) -> String {
        let mut out = Vec::new();
        lines(&findings(), language, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_a_check_in_the_language_asked_for() {
        assert_eq!(
            printed(Language::En),
            "ok    limits.files               20000\n\
             mend  schema.migrations  intake  1 is pending; to mend it: run `mahila migrate intake`\n\
             1 ok, 0 to look at, 1 to mend, 0 skipped\n"
        );
        let hindi = printed(Language::Hi);
        assert!(hindi.contains("1 बाक़ी है; ठीक करने के लिए: `mahila migrate intake` चलाएँ"), "{hindi}");
    }

    #[test]
    fn programs_get_both_languages_and_the_numbers() {
        let mut out = Vec::new();
        json(&findings(), &mut out).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(read["summary"], json!({"ok": 1, "look": 0, "mend": 1, "skip": 0}));
        assert_eq!(read["checks"][0]["numbers"]["files"], 20_000);
        assert_eq!(read["checks"][1]["state"], "mend");
        assert_eq!(read["checks"][1]["mend"]["hi"], "`mahila migrate intake` चलाएँ");
    }
}
