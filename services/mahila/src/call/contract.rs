//! The contract as the client reads it: services and methods by the names people type, and what the comments say.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, FileDescriptor, MethodDescriptor, ServiceDescriptor};

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(mahila_proto::DESCRIPTORS).expect("the contract was compiled with this binary")
});

static COMMENTS: LazyLock<HashMap<(String, Vec<i32>), String>> = LazyLock::new(|| {
    let mut comments = HashMap::new();
    for file in POOL.files() {
        let Some(source) = &file.file_descriptor_proto().source_code_info else { continue };
        for location in &source.location {
            let text = location.leading_comments();
            if !text.is_empty() {
                let sentence = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
                comments.insert((file.name().to_owned(), location.path.clone()), sentence.trim().to_owned());
            }
        }
    }
    comments
});

/// Every message, enum and service of the contract.
pub(super) fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The services of the suite, in the order of the contract.
pub(super) fn services() -> impl Iterator<Item = ServiceDescriptor> {
    POOL.services().filter(|service| service.full_name().starts_with("mahila."))
}

/// The service of a verb.
pub(super) fn service(verb: &str) -> Option<ServiceDescriptor> {
    services().find(|service| service_verb(service.name()) == verb)
}

/// The method of a verb.
pub(super) fn method(service: &ServiceDescriptor, verb: &str) -> Option<MethodDescriptor> {
    service.methods().find(|method| kebab(method.name()) == verb)
}

/// `registry` for `RegistryService`.
pub(super) fn service_verb(name: &str) -> String {
    kebab(name.strip_suffix("Service").unwrap_or(name))
}

/// `register-complaint` for `RegisterComplaint`, `safe-contact` for `safe_contact`.
pub(super) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (index, letter) in name.char_indices() {
        match letter {
            '_' => kebab.push('-'),
            'A'..='Z' => {
                if index > 0 {
                    kebab.push('-');
                }
                kebab.push(letter.to_ascii_lowercase());
            }
            _ => kebab.push(letter),
        }
    }
    kebab
}

/// What stands above a thing in the contract, in one line.
pub(super) fn comment(file: &FileDescriptor, path: &[i32]) -> Option<&'static str> {
    COMMENTS.get(&(file.name().to_owned(), path.to_vec())).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_typed_in_lower_case_with_hyphens() {
        assert_eq!(service_verb("RegistryService"), "registry");
        assert_eq!(kebab("ListNonCompliantDesks"), "list-non-compliant-desks");
        assert_eq!(kebab("as_of"), "as-of");
    }

    #[test]
    fn comments_are_found() {
        let service = service("registry").unwrap();
        let method = method(&service, "get-unit").unwrap();
        assert_eq!(comment(&method.parent_file(), method.path()), Some("One unit as it was on a day."));
        let field = method.input().get_field_by_name("name").unwrap();
        assert_eq!(comment(&field.parent_message().parent_file(), field.path()), Some("`units/{unit}`."));
    }
}
