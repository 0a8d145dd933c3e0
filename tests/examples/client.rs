//! The clients of `examples/` as somebody has them who followed their README: installed, run from a shell.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mahila_tests::calls::until;
use tempfile::TempDir;

/// A client in one language.
pub(crate) struct Client {
    pub(crate) language: &'static str,
    /// The station at which it works here: each its own, so that they do not see each other's complaints.
    pub(crate) station: &'static str,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    python_path: Option<String>,
}

/// What is installed below `target/examples`; of what is not it says so, whatever the test's output is kept from.
pub(crate) fn clients() -> Vec<Client> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the repository");
    let installed = root.join("target/examples");
    let (python, typescript) = (installed.join("python"), installed.join("typescript"));
    let source = root.join("examples/python");
    let clients = [
        Client {
            language: "python",
            station: "ps-162-001",
            program: python.join("venv/bin/python"),
            arguments: vec!["-m".into(), "help_desk".into()],
            python_path: Some(format!("{}:{}", python.join("stubs").display(), source.display())),
        },
        Client {
            language: "typescript",
            station: "ps-162-002",
            program: "node".into(),
            arguments: vec![typescript.join("dist/main.js")],
            python_path: None,
        },
    ];
    let there = |client: &Client| {
        let file = if client.python_path.is_some() { &client.program } else { &client.arguments[0] };
        let there = file.is_file();
        if !there {
            let what = format!("NOT RUN: examples/{} is not installed; to mend it: make examples\n", client.language);
            std::io::stderr().write_all(what.as_bytes()).expect("standard error");
        }
        there
    };
    clients.into_iter().filter(there).collect()
}

/// Whom a client calls, and as whom.
#[derive(Clone, Default)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) token: Option<String>,
    pub(crate) authority: Option<PathBuf>,
}

impl Client {
    /// Starts it.
    pub(crate) fn start(&self, target: &Target, arguments: &[&str]) -> Running {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if ["MAHILA", "PYTHON", "NODE_"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
                command.env_remove(name);
            }
        }
        command.args(&self.arguments).args(arguments).env("MAHILA_ADDRESS", &target.address);
        command.env("PYTHONDONTWRITEBYTECODE", "1").envs(self.python_path.iter().map(|path| ("PYTHONPATH", path)));
        command.envs(target.token.iter().map(|token| ("MAHILA_TOKEN", token)));
        command.envs(target.authority.iter().map(|file| ("MAHILA_CA", file)));
        let output = |name: &str| File::create(folder.path().join(name)).expect("a file");
        command.stdin(Stdio::null()).stdout(output("out")).stderr(output("err"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        Running { child, folder, what: format!("{} {}", self.language, arguments.join(" ")) }
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self, target: &Target, arguments: &[&str]) -> Ran {
        self.start(target, arguments).end().await
    }
}

/// One that runs; ended with the test.
pub(crate) struct Running {
    child: Child,
    folder: TempDir,
    what: String,
}

impl Running {
    fn said(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Waits until it has said this, on either output.
    pub(crate) async fn says(&mut self, words: &str) {
        let what = format!("{}: {words}", self.what);
        until(&what, async || {
            let said = self.said("out") + &self.said("err");
            let ended = self.child.try_wait().expect("a child");
            assert!(said.contains(words) || ended.is_none(), "{what}: ended with {ended:?}\n{said}");
            said.contains(words)
        })
        .await;
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> Ran {
        let mut code = None;
        let what = format!("{} ends", self.what);
        until(&what, async || {
            code = self.child.try_wait().expect("a child").map(|status| status.code().unwrap_or(-1));
            code.is_some()
        })
        .await;
        Ran { code: code.unwrap_or(-1), out: self.said("out"), err: self.said("err"), what: self.what.clone() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{} said:\n{}{}", self.what, self.said("out"), self.said("err"));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    what: String,
}

impl Ran {
    /// It did what it was asked.
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}: {self:#?}", self.what);
        // Whatever it says may stand in a terminal's history: nobody's name, and not what was told.
        for told in ["नमूना", "Sample Respondent", "काल्पनिक"] {
            assert!(!self.out.contains(told) && !self.err.contains(told), "{told}: {self:#?}");
        }
        self
    }

    /// It was refused for this reason, and says so.
    pub(crate) fn refused(self, reason: &str) -> Self {
        assert_eq!(self.code, 1, "{}: {self:#?}", self.what);
        assert!(self.err.contains(&format!("refused: {reason}\n")), "{self:#?}");
        self
    }

    /// Every value it printed under a name: `complaint: complaints/…`.
    pub(crate) fn facts(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}: ");
        self.out.lines().chain(self.err.lines()).filter_map(|line| line.strip_prefix(&prefix)).collect()
    }

    /// The one value it printed under a name.
    pub(crate) fn fact(&self, name: &str) -> String {
        let facts = self.facts(name);
        assert_eq!(facts.len(), 1, "{}: {name}: {self:#?}", self.what);
        facts[0].to_owned()
    }
}
