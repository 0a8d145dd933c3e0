//! Log lines, to standard error: JSON for machines, plain text for people. A line within a recorded trace has its ids, so
//! that one leads to the other. Lines are never exported; spans are never made of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use super::trace::current;

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For a terminal.
    #[default]
    Text,
}

#[expect(clippy::disallowed_methods, reason = "log lines tell when the machine worked, in a replay too")]
fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// Formats events.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) format: LogFormat,
    /// The service of lines outside of any trace.
    pub(super) service: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    service: &'a str,
    target: &'a str,
    message: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'a str, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        // Lines of the SDK have a name and no sentence.
        if fields.message.is_empty() {
            event.metadata().name().clone_into(&mut fields.message);
        }
        let (service, span) = current();
        let recorded = span.is_sampled();
        let line = Line {
            timestamp: now().to_rfc3339_opts(SecondsFormat::Micros, true),
            level: event.metadata().level().as_str(),
            service: service.unwrap_or(self.service),
            target: event.metadata().target(),
            message: fields.message,
            fields: fields.others,
            trace_id: recorded.then(|| span.trace_id().to_string()),
            span_id: recorded.then(|| span.span_id().to_string()),
        };
        match self.format {
            LogFormat::Json => writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?),
            LogFormat::Text => line.write_text(&mut writer),
        }
    }
}

impl Line<'_> {
    fn write_text(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{} {:>5} {} {}: ", self.timestamp, self.level, self.service, self.target)?;
        write_on_one_line(writer, &self.message)?;
        for (name, value) in &self.fields {
            write!(writer, " {name}=")?;
            match value {
                Value::String(text) => write_on_one_line(writer, text)?,
                other => write!(writer, "{other}")?,
            }
        }
        if let Some(trace_id) = &self.trace_id {
            write!(writer, " trace={trace_id}")?;
        }
        writeln!(writer)
    }
}

/// Control characters could forge lines or steer a terminal; here they are only shown.
fn write_on_one_line(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    for character in text.chars() {
        if character.is_control() {
            write!(writer, "{}", character.escape_default())?;
        } else {
            writer.write_char(character)?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Fields {
    message: String,
    others: BTreeMap<&'static str, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.others.insert(field.name(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.put(field, value);
        }
    }

    /// An error with what caused it, outermost first.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.put(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::{Kind, Parent, enter};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, log: impl FnOnce()) -> String {
        let written = Written::default();
        let to = written.clone();
        let layer = tracing_subscriber::fmt::layer()
            .event_format(Lines { format, service: "mahila" })
            .with_writer(move || to.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_has_its_fields_and_its_trace() {
        let parent = Parent::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        let lines = written(LogFormat::Json, || {
            let trace = enter(&parent, "oversight", "test", Kind::Server);
            trace.in_scope(|| {
                let error = io::Error::other("away");
                tracing::warn!(source = "intake", entries = 3, error = &error as &dyn Error, "behind\nthe feed");
            });
            tracing::info!("outside");
        });
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!(lines[0]["service"], "oversight");
        assert_eq!(lines[0]["message"], "behind\nthe feed");
        assert_eq!(lines[0]["fields"]["entries"], 3);
        assert_eq!(lines[0]["fields"]["error"], "away");
        assert_eq!(lines[0]["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(lines[0]["span_id"].as_str().map(str::len), Some(16));
        assert_eq!((&lines[1]["service"], lines[1].get("trace_id")), (&Value::from("mahila"), None));
    }

    #[test]
    fn a_text_line_is_one_line() {
        let text = written(LogFormat::Text, || tracing::info!(field = "a\u{1b}[31m", "one\ntwo"));
        assert_eq!(text.lines().count(), 1);
        assert!(text.ends_with("one\\ntwo field=a\\u{1b}[31m\n"), "{text}");
    }
}
