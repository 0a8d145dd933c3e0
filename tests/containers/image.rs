//! The image as it was built, and what must hold of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use auditable_serde::DependencyKind;
use serde_json::Value;

/// The largest it may be.
const LARGEST: u64 = 60_000_000;

/// An image, unpacked.
pub struct Image {
    /// Its root, as containers see it.
    pub root: PathBuf,
    /// What runs first.
    pub entrypoint: Vec<String>,
    /// As whom.
    pub user: u32,
    config: Value,
}

impl Image {
    /// The image that `image.sh` left in `built`. The root is copied for this run: runc makes there what it mounts on.
    pub fn open(built: &Path, run: &Path) -> Self {
        let read = |name: &str| {
            let file = built.join(name);
            std::fs::read(&file)
                .unwrap_or_else(|error| panic!("{}: {error}; to mend it: make containers", file.display()))
        };
        let inspected: Value = serde_json::from_slice(&read("image.json")).expect("buildah tells JSON");
        let config = inspected["OCIv1"].clone();
        let entrypoint: Vec<String> =
            serde_json::from_value(config["config"]["Entrypoint"].clone()).expect("it says what runs");
        let user = config["config"]["User"].as_str().expect("it says as whom");
        let (user, group) = user.split_once(':').expect("user and group");
        assert_eq!(user, group);
        let user = user.parse().expect("a number: without a list of names in the image, nothing else can be checked");
        let root = run.join("root");
        let copied = Command::new("cp").arg("-a").arg(built.join("rootfs")).arg(&root).status();
        assert!(copied.is_ok_and(|status| status.success()), "the image is copied");
        Self { root, entrypoint, user, config }
    }

    /// What must hold of it.
    pub fn holds(&self) {
        assert_eq!(self.entrypoint, ["/mahila"]);
        assert_eq!(self.user, 65_532, "not root");
        let labels = &self.config["config"]["Labels"];
        for name in ["title", "description", "licenses", "version", "revision"] {
            let label = labels[format!("org.opencontainers.image.{name}")].as_str();
            assert!(label.is_some_and(|label| !label.is_empty() && label != "unknown"), "{name}: {labels}");
        }
        assert_eq!(labels["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));

        let files = files(&self.root);
        let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let expected = BTreeSet::from(["NOTICE", "etc/ssl/certs/ca-certificates.crt", "mahila", "sbom.cdx.json"]);
        assert_eq!(names, expected, "the binary and what belongs to it, and nothing else");
        let size: u64 = files.iter().map(|(_, size)| size).sum();
        println!("the image has {size} bytes, built with Cargo's profile {}", self.profile());
        assert!(size <= LARGEST, "{size} bytes");
        self.bill_of_materials_is_what_is_inside();
    }

    /// The profile of Cargo.toml that its binary was built with: `release` or `quick`.
    fn profile(&self) -> &str {
        self.config["config"]["Labels"]["mahila.profile"].as_str().expect("it says how it was built")
    }

    /// The list in the binary, the SBOM beside it and the lock file agree.
    fn bill_of_materials_is_what_is_inside(&self) {
        let sbom: Value =
            serde_json::from_slice(&std::fs::read(self.root.join("sbom.cdx.json")).expect("an SBOM")).expect("JSON");
        assert_eq!((&sbom["bomFormat"], &sbom["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
        assert_eq!(sbom["metadata"]["component"]["name"], "mahila");
        let components = sbom["components"].as_array().expect("components");
        let named = |component: &Value| {
            let text = |key: &str| component[key].as_str().unwrap_or_default().to_owned();
            assert!(text("purl").starts_with("pkg:cargo/"), "{component}");
            (text("name"), text("version"))
        };
        let mut told: BTreeSet<(String, String)> = components.iter().map(named).collect();
        told.insert(("mahila".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));

        let inside = auditable_info::audit_info_from_file(&self.root.join("mahila"), auditable_info::Limits::default())
            .expect("the binary carries the list of its dependencies");
        // Macros are run by the compiler and told as well.
        let listed = |runtime_alone: bool| -> BTreeSet<(String, String)> {
            let wanted = inside.packages.iter().filter(|it| !runtime_alone || it.kind == DependencyKind::Runtime);
            wanted.map(|package| (package.name.clone(), package.version.to_string())).collect()
        };
        let (runs, all) = (listed(true), listed(false));
        assert!(runs.len() > 200, "{} crates", runs.len());
        let untold: Vec<_> = runs.difference(&told).collect();
        assert!(untold.is_empty(), "in the binary and not in the SBOM: {untold:?}");
        let invented: Vec<_> = told.difference(&all).collect();
        assert!(invented.is_empty(), "in the SBOM and not in the binary: {invented:?}");

        let lock = include_str!("../../Cargo.lock");
        let field = |package: &str, name: &str| {
            let value = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")));
            value.unwrap_or_default().trim_end_matches('"').to_owned()
        };
        let locked: BTreeSet<(String, String)> =
            lock.split("[[package]]").map(|package| (field(package, "name"), field(package, "version"))).collect();
        let unlocked: Vec<_> = told.difference(&locked).collect();
        assert!(unlocked.is_empty(), "in the SBOM and not in Cargo.lock: {unlocked:?}");
    }
}

/// Files below a folder, by their path in it, with their sizes.
fn files(root: &Path) -> Vec<(String, u64)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let about = entry.metadata().expect("it is there");
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
                files.push((name, about.len()));
            }
        }
    }
    files
}
