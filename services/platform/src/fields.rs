//! Parse, don't validate: turns the fields of a request into values of the domain, and collects every violation with its
//! path, so that a caller mends all of them at once. Messages never repeat what was sent.

use chrono::{DateTime, NaiveDate, Utc};
use mahila_proto::google::r#type::Date;
use prost_types::Timestamp;
use uuid::Uuid;

use crate::refusal::{Refusal, Violation};
use crate::terms::Term;

/// The violations found so far.
#[derive(Debug, Default)]
pub struct Fields {
    prefix: String,
    violations: Vec<Violation>,
}

impl Fields {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A violation of `field`.
    pub fn wrong(&mut self, field: &str, en: impl Into<String>, hi: impl Into<String>) {
        self.violations.push(Violation { field: format!("{}{field}", self.prefix), en: en.into(), hi: hi.into() });
    }

    /// Reads the fields of a nested message: their paths begin with `path.`.
    pub fn nested<T>(&mut self, path: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.prefix.len();
        self.prefix.push_str(path);
        self.prefix.push('.');
        let value = read(self);
        self.prefix.truncate(outer);
        value
    }

    /// Nothing was wrong.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Ends the parsing.
    ///
    /// # Errors
    /// `INVALID_FIELDS` with all violations.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.violations.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.violations)) }
    }

    /// Gives the violations up, for answers that carry them themselves.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.violations
    }

    fn required(&mut self, field: &str) {
        self.wrong(field, "is required", "आवश्यक है");
    }

    /// A `request_id`: any UUID but the nil one.
    pub fn request_id(&mut self, text: &str) -> Uuid {
        match Uuid::parse_str(text) {
            Ok(id) if !id.is_nil() => id,
            _ if text.is_empty() => {
                self.required("request_id");
                Uuid::nil()
            }
            _ => {
                self.wrong("request_id", "must be a UUID", "UUID होना चाहिए");
                Uuid::nil()
            }
        }
    }

    /// A resource name such as `stations/{station}`: gives the id. Empty on a violation.
    pub fn name(&mut self, field: &str, text: &str, collection: &str) -> String {
        if text.is_empty() {
            self.required(field);
            return String::new();
        }
        self.optional_name(field, text, collection).unwrap_or_default()
    }

    /// As [`Fields::name`], where nothing is also an answer.
    pub fn optional_name(&mut self, field: &str, text: &str, collection: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let id = text.strip_prefix(collection).and_then(|rest| rest.strip_prefix('/')).filter(|id| is_label(id));
        if id.is_none() {
            self.wrong(
                field,
                format!("must be {collection}/ and an id of a-z, 0-9 and '-', at most 63 characters"),
                format!("{collection}/ और a-z, 0-9, '-' की पहचान (अधिकतम 63 अक्षर) होना चाहिए"),
            );
        }
        id.map(str::to_owned)
    }

    /// A resource name whose id is a UUID, such as `complaints/{uuid}`. Nil on a violation.
    pub fn uuid_name(&mut self, field: &str, text: &str, collection: &str) -> Uuid {
        if text.is_empty() {
            self.required(field);
            return Uuid::nil();
        }
        self.optional_uuid_name(field, text, collection).unwrap_or_default()
    }

    /// As [`Fields::uuid_name`], where nothing is also an answer.
    pub fn optional_uuid_name(&mut self, field: &str, text: &str, collection: &str) -> Option<Uuid> {
        if text.is_empty() {
            return None;
        }
        let id = text
            .strip_prefix(collection)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|id| Uuid::try_parse(id).ok());
        if id.is_none() {
            self.wrong(field, format!("must be {collection}/ and a UUID"), format!("{collection}/ और UUID होना चाहिए"));
        }
        id
    }

    /// A term that must be given.
    pub fn term<T: Term>(&mut self, field: &str, number: i32) -> Option<T> {
        if number == 0 {
            self.required(field);
            return None;
        }
        self.optional_term(field, number)
    }

    /// A term, or nothing.
    pub fn optional_term<T: Term>(&mut self, field: &str, number: i32) -> Option<T> {
        if number == 0 {
            return None;
        }
        let term = T::from_number(number);
        if term.is_none() {
            self.wrong(field, "is not a value this release knows", "यह मान ज्ञात नहीं है");
        }
        term
    }

    /// Text of at most `most` characters after NFC; empty is allowed.
    pub fn text(&mut self, field: &str, text: &str, most: usize) -> String {
        let text = crate::locale::nfc(text.trim());
        if text.chars().count() > most {
            self.wrong(field, format!("at most {most} characters"), format!("अधिकतम {most} अक्षर"));
            return String::new();
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.wrong(field, "has control characters", "नियंत्रण अक्षर हैं");
            return String::new();
        }
        text
    }

    /// Text that must not be empty.
    pub fn required_text(&mut self, field: &str, text: &str, most: usize) -> String {
        if text.trim().is_empty() {
            self.required(field);
            return String::new();
        }
        self.text(field, text, most)
    }

    /// An instant, or nothing.
    pub fn optional_instant(&mut self, field: &str, stamp: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        let stamp = stamp?;
        let instant = u32::try_from(stamp.nanos).ok().and_then(|nanos| DateTime::from_timestamp(stamp.seconds, nanos));
        let instant = instant.and_then(|instant| DateTime::from_timestamp_micros(instant.timestamp_micros()));
        if instant.is_none() {
            self.wrong(field, "is not an instant", "मान्य समय नहीं है");
        }
        instant
    }

    /// An instant not in the future and at most `age` ago, or nothing.
    pub fn recent_instant(
        &mut self,
        field: &str,
        stamp: Option<&Timestamp>,
        now: DateTime<Utc>,
        age: chrono::Duration,
    ) -> Option<DateTime<Utc>> {
        let instant = self.optional_instant(field, stamp)?;
        if instant > now {
            self.wrong(field, "lies in the future", "भविष्य का समय है");
            return None;
        }
        if now - instant > age {
            let hours = age.num_hours();
            self.wrong(field, format!("is more than {hours} hours ago"), format!("{hours} घंटे से अधिक पुराना है"));
            return None;
        }
        Some(instant)
    }

    /// A whole civil date, or nothing.
    pub fn optional_day(&mut self, field: &str, date: Option<&Date>) -> Option<NaiveDate> {
        let date = date?;
        let day = u32::try_from(date.month)
            .ok()
            .zip(u32::try_from(date.day).ok())
            .and_then(|(month, day)| NaiveDate::from_ymd_opt(date.year, month, day))
            .filter(|day| (1900..=2200).contains(&chrono::Datelike::year(day)));
        if day.is_none() {
            self.wrong(field, "is not a day", "मान्य दिनांक नहीं है");
        }
        day
    }

    /// A whole civil date that must be given. The epoch's first day on a violation.
    pub fn day(&mut self, field: &str, date: Option<&Date>) -> NaiveDate {
        if date.is_none() {
            self.required(field);
        }
        self.optional_day(field, date).unwrap_or_default()
    }

    /// A number between two, both included; the lower one on a violation.
    pub fn within(&mut self, field: &str, number: i32, least: i32, most: i32) -> i32 {
        if (least..=most).contains(&number) {
            return number;
        }
        self.wrong(field, format!("must be {least} to {most}"), format!("{least} से {most} के बीच होना चाहिए"));
        least
    }

    /// A list of between one and `most` things.
    pub fn some_of<T>(&mut self, field: &str, list: &[T], most: usize) {
        if list.is_empty() {
            self.required(field);
        }
        self.at_most(field, list, most);
    }

    /// A list of at most `most` things.
    pub fn at_most<T>(&mut self, field: &str, list: &[T], most: usize) {
        if list.len() > most {
            self.wrong(field, format!("at most {most}"), format!("अधिकतम {most}"));
        }
    }
}

/// An RFC 1034 label in lower case (AIP-122), digits allowed in front.
#[must_use]
pub fn is_label(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 63
        && !id.starts_with('-')
        && !id.ends_with('-')
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A civil date for the wire.
#[must_use]
pub fn date(day: NaiveDate) -> Date {
    use chrono::Datelike as _;
    Date {
        year: day.year(),
        month: i32::try_from(day.month()).unwrap_or_default(),
        day: i32::try_from(day.day()).unwrap_or_default(),
    }
}

/// A civil date from a message of the suite itself; `None` when it is not a whole day.
#[must_use]
pub fn day_of(date: Option<&Date>) -> Option<NaiveDate> {
    Fields::new().optional_day("", date)
}

/// An instant for the wire.
#[must_use]
pub fn timestamp(instant: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: instant.timestamp(),
        nanos: i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_violations_come_at_once_with_their_paths() {
        let mut fields = Fields::new();
        fields.request_id("nonsense");
        fields.name("station", "", "stations");
        fields.nested("safe_contact", |fields| fields.within("from_minute", 2000, 0, 1440));
        fields.day("from", Some(&Date { year: 2021, month: 2, day: 30 }));
        let refusal = fields.finish().unwrap_err();
        let paths: Vec<_> = refusal.violations().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(paths, ["request_id", "station", "safe_contact.from_minute", "from"]);
    }

    #[test]
    fn names_are_labels_of_their_collection() {
        let mut fields = Fields::new();
        assert_eq!(fields.name("s", "stations/ps-157-001", "stations"), "ps-157-001");
        assert!(fields.clean());
        for bad in ["ps-157-001", "stations/", "stations/A", "stations/a/b", "stations/-a", "units/a"] {
            assert_eq!(fields.name("s", bad, "stations"), "");
        }
        assert_eq!(fields.into_violations().len(), 6);
    }
}
