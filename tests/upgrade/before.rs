//! The binary of the release before, built from history.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The commit in `BEFORE`.
fn commit() -> &'static str {
    let lines = include_str!("BEFORE").lines();
    lines.map(str::trim).find(|line| !line.starts_with('#')).expect("BEFORE names a commit")
}

/// Builds it, if its commit is there, in the folder where this test was built: what both need of other people's crates is there already.
pub fn binary() -> Option<PathBuf> {
    let commit = commit();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("in the repository");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(repository);
        git
    };
    let there = git(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).stderr(Stdio::null()).status();
    if !there.expect("git runs").success() {
        // A tree without history: an archive, a shallow clone.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN: the history here lacks {commit}, the release before; to mend it: `git fetch --unshallow`"
        );
        return None;
    }

    // Beside the repository's own target folder, in every case: paths go into what cargo remembers.
    let source = repository.join("target/upgrade").join(commit);
    if !source.is_dir() {
        let unfinished = source.with_extension("unfinished");
        let _ = std::fs::remove_dir_all(&unfinished);
        std::fs::create_dir_all(&unfinished).expect("a folder for the old tree");
        let mut archive = git(&["archive", commit]).stdout(Stdio::piped()).spawn().expect("git runs");
        let tree = archive.stdout.take().expect("piped");
        let untarred = Command::new("tar").arg("-x").current_dir(&unfinished).stdin(tree).status().expect("tar runs");
        assert!(
            untarred.success() && archive.wait().expect("git ends").success(),
            "the old tree is taken from history"
        );
        rename_the_binary(&unfinished.join("services/mahila/Cargo.toml"));
        give_a_version(&unfinished);
        std::fs::rename(&unfinished, &source).expect("the old tree is in its place");
    }

    let test = std::env::current_exe().expect("this test is a file");
    let target = test.ancestors().nth(3).expect("a test lies in TARGET/PROFILE/deps");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo told this test about itself: build scripts of others watch it (ring's does), and would run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|own| name.starts_with(own)) {
            build.env_remove(&*name);
        }
    }
    let built = build
        // The whole workspace and one of its tests are named so that other people's crates are wanted with the features that
        // `make test` has built them with: what is left to build is ours.
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bin",
            "mahila-before",
            "--test",
            "house",
            "--target-dir",
        ])
        .arg(target)
        .current_dir(&source)
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the release before builds");
    Some(target.join("debug/mahila-before"))
}

/// So that cargo puts it beside ours, and not in its place.
fn rename_the_binary(manifest: &Path) {
    let text = std::fs::read_to_string(manifest).expect("the old manifest");
    let text = text.replacen("[package]", "[package]\nautobins = false", 1);
    std::fs::write(manifest, text + "\n[[bin]]\nname = \"mahila-before\"\npath = \"src/main.rs\"\n").expect("written");
}

/// Of its own: for cargo, packages at the same place of a workspace and of one version are the same, and what it built of ours
/// would be taken for theirs.
fn give_a_version(tree: &Path) {
    let edit = |file: &str, edit: &dyn Fn(&str) -> String| {
        let path = tree.join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the old tree");
        let edited = edit(&text);
        assert_ne!(text, edited, "{file} names a version");
        std::fs::write(&path, edited).expect("a file of the old tree");
    };
    let before = |text: &str| text.replacen("\nversion = \"0.1.0\"\n", "\nversion = \"0.1.0-before\"\n", 1);
    edit("Cargo.toml", &before);
    // Packages of other people have a source.
    edit("Cargo.lock", &|text| {
        let packages = text
            .split("[[package]]")
            .map(|package| if package.contains("\nsource = ") { package.to_owned() } else { before(package) });
        packages.collect::<Vec<_>>().join("[[package]]")
    });
}
