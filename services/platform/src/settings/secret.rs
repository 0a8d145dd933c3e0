//! A value that must not be printed, and the file it may be read from instead.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::error::Problem;

/// A password, a token or a URL with one in it. Neither `Debug` nor an error message shows it.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value that the program made itself, such as the URL of an embedded database.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Fills `value` from its `_file` twin. Giving both is refused: one of them would be silently ignored.
///
/// A trailing line break is dropped, because editors and `kubectl create secret --from-file` leave one.
pub(super) fn read_twin(key: &str, value: &mut Option<Secret>, file: Option<&PathBuf>, problems: &mut Vec<Problem>) {
    let Some(file) = file else { return };
    if value.is_some() {
        problems.push(Problem::new(key, format!("is given here and in `{key}_file` as well"), "keep one of the two"));
        return;
    }
    match read(file) {
        Ok(secret) => *value = Some(secret),
        Err(wrong) => problems.push(Problem::new(
            format!("{key}_file"),
            wrong,
            "name a file that holds the value on one line and that this process may read",
        )),
    }
}

/// The secret that a file holds.
pub(super) fn read(file: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{} is empty", file.display()));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(***)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_file_loses_its_last_line_break_only() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "two words \r\n").unwrap();
        assert_eq!(read(file.path()), Ok(Secret::new("two words ")));
    }

    #[test]
    fn an_empty_file_is_not_an_empty_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\n").unwrap();
        assert!(read(file.path()).unwrap_err().ends_with("is empty"));
    }
}
