//! The published descriptor set: the same bytes whenever and wherever it is built, and everything a client needs.

use std::collections::BTreeSet;
use std::path::Path;

use mahila_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::FileDescriptorSet;

fn set() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).expect("a descriptor set")
}

#[test]
fn compiled_again_it_is_the_same_to_the_byte() {
    let mut compiler = protox::Compiler::new(["third_party", "."]).unwrap();
    compiler.include_source_info(true).include_imports(true);
    let set = set();
    let mut files: Vec<&Path> = set.file.iter().map(|file| Path::new(file.name())).collect();
    // In the build's order: it decides where the imports come.
    files.sort();
    for file in files.into_iter().filter(|file| file.starts_with("mahila")) {
        compiler.open_file(file).unwrap();
    }
    compiler.open_file("third_party/google/rpc/error_details.proto").unwrap();
    assert!(compiler.encode_file_descriptor_set() == DESCRIPTORS);
    let machine = env!("CARGO_MANIFEST_DIR").as_bytes();
    assert!(!DESCRIPTORS.windows(machine.len()).any(|bytes| bytes == machine), "no path of whoever built it");
}

#[test]
fn a_pool_takes_its_files_as_they_come() {
    let mut known = BTreeSet::new();
    for file in set().file {
        let missing: Vec<_> = file.dependency.iter().filter(|import| !known.contains(*import)).collect();
        assert!(missing.is_empty(), "{} before {missing:?}", file.name());
        known.insert(file.name().to_owned());
    }
    // What a refusal is read with.
    assert!(known.contains("google/rpc/error_details.proto") && known.contains("google/rpc/status.proto"));
}
