//! A phase, and which days lie in it.

use chrono::NaiveDate;
use platform::directory::Name;
use platform::fields::Fields;

/// A phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Phase {
    /// RFC 1034 label.
    pub id: String,
    /// What people call it.
    pub name: Name,
    /// First IST day; `None`: no source tells it.
    pub from: Option<NaiveDate>,
    /// Last IST day; `None`: no source tells it, or it runs still.
    pub to: Option<NaiveDate>,
}

impl Phase {
    /// Whether days `from` to `to` lie in it, as far as its own are known; what does not is a violation.
    pub(crate) fn check(&self, fields: &mut Fields, from: NaiveDate, to: NaiveDate) {
        if self.from.is_some_and(|first| from < first) {
            fields.wrong("from", "is before the phase begins", "चरण के आरंभ से पहले है");
        }
        if self.to.is_some_and(|last| to > last) {
            fields.wrong("to", "is after the phase ends", "चरण की समाप्ति के बाद है");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::day;

    #[test]
    fn days_lie_within_a_phase_as_far_as_its_own_are_known() {
        let phase = |from: Option<&str>, to: Option<&str>| Phase {
            id: "p".into(),
            name: Name::default(),
            from: from.map(day),
            to: to.map(day),
        };
        for (phase, wrong) in [
            (phase(Some("2020-10-17"), Some("2021-04-14")), vec![]),
            (phase(None, None), vec![]),
            (phase(Some("2020-10-24"), None), vec!["from"]),
            (phase(None, Some("2020-10-30")), vec!["to"]),
            (phase(Some("2021-01-01"), Some("2020-01-01")), vec!["from", "to"]),
        ] {
            let mut fields = Fields::new();
            phase.check(&mut fields, day("2020-10-23"), day("2020-10-31"));
            let paths: Vec<_> = fields.into_violations().into_iter().map(|violation| violation.field).collect();
            assert_eq!(paths, wrong);
        }
    }
}
