//! Compiles the contract without protoc, and writes the tables that the options of the contract amount to:
//! who may call each method, what a person reads for each enum value, what each reason means.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["mahila", "third_party", "src/build.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }

    // third_party first: its files have the names under which they are imported.
    let mut compiler = protox::Compiler::new(["third_party", "."])?;
    compiler.include_source_info(true).include_imports(true);
    for file in contract_files(Path::new("mahila"))? {
        compiler.open_file(file)?;
    }
    fs::write(out.join("tables.rs"), tables(&compiler.descriptor_pool())?)?;

    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .include_file("contract.rs")
        .compile_fds(compiler.file_descriptor_set())?;

    // What the details of an error are made of: no message of ours names it, and every client reads it.
    compiler.open_file("third_party/google/rpc/error_details.proto")?;
    // Unlike prost's own types, these bytes keep the custom options; reflection and clients get them whole.
    fs::write(out.join("descriptors.binpb"), compiler.encode_file_descriptor_set())?;
    Ok(())
}

/// Every `.proto` below a folder, sorted, so that a build does not depend on the order of a directory.
fn contract_files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(contract_files(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "proto") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn tables(pool: &DescriptorPool) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    methods(pool, &mut text)?;
    labels(pool, &mut text)?;
    reasons(pool, &mut text)?;
    Ok(text)
}

fn methods(pool: &DescriptorPool, text: &mut String) -> Result<(), Box<dyn Error>> {
    let rule = pool.get_extension_by_name("mahila.auth.v1.rule").ok_or("no rule option")?;
    text.push_str("/// Every method of the contract with the rule it declares.\npub static METHODS: &[Method] = &[\n");
    for service in pool.services().filter(|service| service.full_name().starts_with("mahila.")) {
        for method in service.methods() {
            let options = method.options();
            let rule = if options.has_extension(&rule) {
                format!("Some({})", rule_literal(options.get_extension(&rule).as_message().ok_or("rule is a message")?))
            } else {
                "None".to_owned()
            };
            writeln!(
                text,
                "Method {{ service: {:?}, name: {:?}, path: \"/{}/{}\", client_streaming: {}, server_streaming: {}, rule: {rule} }},",
                service.full_name(),
                method.name(),
                service.full_name(),
                method.name(),
                method.is_client_streaming(),
                method.is_server_streaming(),
            )?;
        }
    }
    text.push_str("];\n");
    Ok(())
}

fn rule_literal(rule: &DynamicMessage) -> String {
    let field = |name: &str| rule.get_field_by_name(name).map(std::borrow::Cow::into_owned);
    let roles: Vec<String> = match field("roles") {
        Some(Value::List(roles)) => {
            roles.iter().filter_map(Value::as_enum_number).map(|role| role.to_string()).collect()
        }
        _ => Vec::new(),
    };
    let flag = |name| field(name).and_then(|value| value.as_bool()).unwrap_or_default();
    let permission = field("permission").and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    format!(
        "Rule {{ permission: {permission:?}, roles: &[{}], purpose: {}, open: {} }}",
        roles.join(", "),
        flag("purpose"),
        flag("open")
    )
}

/// The English and Hindi label of a value: `mahila.type.v1.label`, or `role_en` and `role_hi` on roles.
fn label(pool: &DescriptorPool, options: &DynamicMessage) -> Option<(String, String)> {
    let read = |name: &str| {
        let extension = pool.get_extension_by_name(name)?;
        options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
    };
    if let Some(Value::Message(label)) = read("mahila.type.v1.label") {
        let text = |name: &str| label.get_field_by_name(name)?.as_str().map(str::to_owned);
        return Some((text("en")?, text("hi")?));
    }
    let string = |name: &str| read(name)?.as_str().map(str::to_owned);
    Some((string("mahila.auth.v1.role_en")?, string("mahila.auth.v1.role_hi")?))
}

fn labels(pool: &DescriptorPool, text: &mut String) -> Result<(), Box<dyn Error>> {
    text.push_str("/// Every enum whose values have labels.\npub static LABELS: &[EnumLabels] = &[\n");
    let mut enums: Vec<EnumDescriptor> =
        pool.all_enums().filter(|kind| kind.full_name().starts_with("mahila.")).collect();
    enums.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    for kind in enums {
        let values: Vec<_> = kind.values().filter(|value| value.number() != 0).collect();
        let labelled: Vec<_> =
            values.iter().filter_map(|value| label(pool, &value.options()).map(|(en, hi)| (value, en, hi))).collect();
        if labelled.is_empty() {
            continue;
        }
        if labelled.len() != values.len() {
            return Err(format!("{}: some values have a label and some have none", kind.full_name()).into());
        }
        writeln!(text, "EnumLabels {{ name: {:?}, values: &[", kind.full_name())?;
        for (value, en, hi) in labelled {
            writeln!(
                text,
                "ValueLabel {{ name: {:?}, number: {}, en: {en:?}, hi: {hi:?} }},",
                value.name(),
                value.number()
            )?;
        }
        text.push_str("] },\n");
    }
    text.push_str("];\n");
    Ok(())
}

fn reasons(pool: &DescriptorPool, text: &mut String) -> Result<(), Box<dyn Error>> {
    let doc = pool.get_extension_by_name("mahila.type.v1.doc").ok_or("no doc option")?;
    let reasons = pool.get_enum_by_name("mahila.type.v1.Reason").ok_or("no reasons")?;
    text.push_str(
        "/// Every reason with its words and advice, by number from 1.\npub static REASONS: &[ReasonDoc] = &[\n",
    );
    for value in reasons.values().filter(|value| value.number() != 0) {
        let options = value.options();
        if !options.has_extension(&doc) {
            return Err(format!("{} has no (doc)", value.name()).into());
        }
        let doc = options.get_extension(&doc);
        let doc = doc.as_message().ok_or("doc is a message")?;
        let field = |name: &str| doc.get_field_by_name(name).map(std::borrow::Cow::into_owned);
        let words = field("text").ok_or("doc.text")?;
        let words = words.as_message().ok_or("text is a message")?;
        let word = |name: &str| {
            words.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        writeln!(
            text,
            "ReasonDoc {{ name: {:?}, number: {}, en: {:?}, hi: {:?}, retry: {} }},",
            value.name().trim_start_matches("REASON_"),
            value.number(),
            word("en"),
            word("hi"),
            field("retry").and_then(|retry| retry.as_enum_number()).unwrap_or_default(),
        )?;
    }
    text.push_str("];\n");
    // A reason is looked up by number; a hole would make that wrong.
    let numbers: Vec<i32> = reasons.values().map(|value| value.number()).collect();
    if numbers.iter().copied().ne(0..i32::try_from(numbers.len())?) {
        return Err("Reason: numbers must be dense from 0".into());
    }
    Ok(())
}
