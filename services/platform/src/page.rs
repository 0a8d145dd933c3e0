//! Pages by keyset (AIP-158). A token is opaque, bound to the other arguments of the request, and no authority: scope is
//! checked anew on every page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::fields::Fields;

/// Where a page begins and how large it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<K> {
    /// At most this many rows.
    pub size: usize,
    /// After this key; `None`: from the start.
    pub after: Option<K>,
    binding: [u8; 8],
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// Reads `page_size` (0: `usual`; more than `most` is taken as `most`) and `page_token`. `request` is every other
    /// argument of the request: a token of another request is a violation.
    pub fn parse(
        fields: &mut Fields,
        size: i32,
        token: &str,
        request: &impl prost::Message,
        usual: usize,
        most: usize,
    ) -> Self {
        let size = match usize::try_from(size) {
            Ok(0) => usual,
            Ok(size) => size.min(most),
            Err(_) => {
                fields.wrong("page_size", "must not be negative", "ऋणात्मक नहीं हो सकता");
                usual
            }
        };
        let binding = binding(request);
        let after = if token.is_empty() { None } else { Self::read(fields, token, binding) };
        Self { size, after, binding }
    }

    fn read(fields: &mut Fields, token: &str, binding: [u8; 8]) -> Option<K> {
        let key = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| bytes.strip_prefix(&binding[..]).map(unmask))
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if key.is_none() {
            fields.wrong("page_token", "is not from a page of this request", "इस अनुरोध के पृष्ठ का टोकन नहीं है");
        }
        key
    }

    /// One more than the page holds, for SQL's LIMIT: whether there is a next page is then known.
    #[must_use]
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }

    /// Cuts what was read with [`Page::limit`] to the page, and gives the token of the next one (empty: the last).
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> K) -> String {
        if rows.len() <= self.size {
            return String::new();
        }
        rows.truncate(self.size);
        rows.last().map(|last| self.token(&key(last))).unwrap_or_default()
    }

    /// The token that goes on after a key: for streams, whose every message can be resumed after.
    #[must_use]
    pub fn token(&self, key: &K) -> String {
        let mut token = self.binding.to_vec();
        token.extend(unmask(&serde_json::to_vec(key).unwrap_or_default()));
        URL_SAFE_NO_PAD.encode(token)
    }
}

fn binding(request: &impl prost::Message) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(request.encode_to_vec())[..8]);
    first
}

/// Makes a token unreadable at a glance, so that nobody builds one: it is not a secret.
fn unmask(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x5a).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mahila_proto::registry::v1::ListUnitsRequest;

    fn parse(size: i32, token: &str, request: &ListUnitsRequest) -> (Page<String>, Fields) {
        let mut fields = Fields::new();
        let page = Page::parse(&mut fields, size, token, request, 50, 1000);
        (page, fields)
    }

    #[test]
    fn a_token_goes_on_after_the_last_row_and_fits_only_its_own_request() {
        let request = ListUnitsRequest::default();
        let (page, _) = parse(2, "", &request);
        let mut rows = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let token = page.cut(&mut rows, Clone::clone);
        assert_eq!(rows, ["a", "b"]);
        assert_eq!(parse(2, &token, &request).0.after.as_deref(), Some("b"));
        let other = ListUnitsRequest { parent: "units/up".into(), ..request };
        let (page, fields) = parse(2, &token, &other);
        assert_eq!((page.after, fields.clean()), (None, false));
    }

    #[test]
    fn sizes_are_bounded() {
        let request = ListUnitsRequest::default();
        assert_eq!(parse(0, "", &request).0.size, 50);
        assert_eq!(parse(9999, "", &request).0.size, 1000);
        assert!(!parse(-1, "", &request).1.clean());
    }
}
