//! A container of the image, run by runc as a restricted pod is: nothing of the image can be written, nobody is root, there is no
//! capability, no other file than what is mounted, and no `/tmp`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::network::Leg;
use crate::image::Image;

/// A container ends within this once it is told.
const END_WAIT: Duration = Duration::from_secs(40);
/// What a service may use. It takes about a sixth of it.
const MEMORY: u64 = 256 << 20;
/// What containers may ask of the kernel, as Docker, containerd and Podman have it.
const SECCOMP: &str = "/usr/share/containers/seccomp.json";

/// What runs in a container.
pub struct Spec<'a> {
    /// A name among the containers of this run.
    pub name: &'a str,
    /// Arguments of the image's entrypoint.
    pub arguments: &'a [&'a str],
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Folders and files of ours that it may read, and where.
    pub mounts: Vec<(PathBuf, &'a str)>,
}

/// A container that runs. Dropping it kills it.
pub struct Container {
    name: String,
    runc: Child,
    state: PathBuf,
    log: PathBuf,
    _leg: Leg,
}

impl Container {
    /// Starts it; what it says goes to `NAME.log` in the folder.
    pub fn run(image: &Image, folder: &Path, leg: Leg, spec: &Spec<'_>) -> Self {
        let bundle = folder.join("bundles").join(spec.name);
        std::fs::create_dir_all(&bundle).expect("a folder");
        let config = config(image, &leg, spec, &group(folder, spec.name));
        std::fs::write(bundle.join("config.json"), config.to_string()).expect("written");
        let state = folder.join("runc");
        let log = folder.join(format!("{}.log", spec.name));
        let said = || File::options().create(true).append(true).open(&log).expect("a file");
        let mut command = runc(&state);
        command.args(["run", "--bundle"]).arg(&bundle).arg(spec.name);
        let runc = command.stdin(Stdio::null()).stdout(said()).stderr(said()).spawn().expect("runc runs");
        Self { name: spec.name.to_owned(), runc, state, log, _leg: leg }
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.runc.try_wait().expect("a child")
    }

    /// Waits until it has ended.
    pub async fn wait(&mut self) -> ExitStatus {
        let deadline = tokio::time::Instant::now() + END_WAIT;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(tokio::time::Instant::now() < deadline, "{} does not end:\n{}", self.name, self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Tells it to end, as Kubernetes does.
    pub fn terminate(&self) {
        super::network::need(runc(&self.state).args(["kill", &self.name, "TERM"]));
    }

    /// Holds what the kernel says of its first process against what a restricted pod promises.
    pub fn is_confined(&self, user: u32) {
        let state = runc(&self.state).args(["state", &self.name]).output().expect("runc runs");
        let state: Value = serde_json::from_slice(&state.stdout).expect("JSON");
        let process = Path::new("/proc").join(state["pid"].to_string());
        let status = std::fs::read_to_string(process.join("status")).expect("it runs");
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        for who in ["Uid", "Gid"] {
            assert_eq!(field(who), [user; 4].map(|id| id.to_string()).join(" "), "{}: {who}", self.name);
        }
        for capabilities in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            assert_eq!(field(capabilities), "0000000000000000", "{}: {capabilities}", self.name);
        }
        assert_eq!(field("NoNewPrivs"), "1", "{}", self.name);
        if Path::new(SECCOMP).exists() {
            assert_eq!(field("Seccomp"), "2", "{}: calls are filtered", self.name);
        }
        let network = |process: &Path| std::fs::read_link(process.join("ns/net")).expect("a network");
        assert_ne!(network(&process), network(Path::new("/proc/self")), "{} has a network of its own", self.name);
        // We are root, and may not either.
        let refused = std::fs::write(process.join("root/anything"), "").expect_err("its root is read-only");
        assert_eq!(refused.kind(), std::io::ErrorKind::ReadOnlyFilesystem, "{}", self.name);
        assert!(!process.join("root/tmp").exists(), "{} has no /tmp", self.name);
    }

    /// What it said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if self.runc.try_wait().is_ok_and(|status| status.is_none()) {
            let _ = runc(&self.state).args(["kill", &self.name, "KILL"]).status();
            let _ = self.runc.wait();
        }
    }
}

fn runc(state: &Path) -> Command {
    let mut command = Command::new("runc");
    command.arg("--root").arg(state);
    command
}

/// The control group of a container: below one that has the name of the run.
fn group(folder: &Path, name: &str) -> String {
    let run = folder.parent().and_then(Path::file_name).expect("a folder of the run").to_string_lossy();
    format!("/{run}/{name}")
}

/// Removes what is left of the control groups of a run, whose processes have ended.
pub fn remove_groups(run: &str) {
    let hierarchies = std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten().map(|entry| entry.path());
    for hierarchy in hierarchies.chain([PathBuf::from("/sys/fs/cgroup")]) {
        let group = hierarchy.join(run);
        for left in std::fs::read_dir(&group).into_iter().flatten().flatten() {
            let _ = std::fs::remove_dir(left.path());
        }
        let _ = std::fs::remove_dir(group);
    }
}

fn config(image: &Image, leg: &Leg, spec: &Spec<'_>, group: &str) -> Value {
    let arguments: Vec<&str> =
        image.entrypoint.iter().map(String::as_str).chain(spec.arguments.iter().copied()).collect();
    let environment: Vec<String> = spec.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut mounts = vec![
        json!({ "destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"] }),
        json!({ "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                "options": ["nosuid", "strictatime", "mode=755", "size=65536k", "ro"] }),
        json!({ "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"] }),
    ];
    for (source, destination) in &spec.mounts {
        mounts.push(json!({ "destination": destination, "type": "bind", "source": source,
                            "options": ["bind", "ro", "nosuid", "nodev", "noexec"] }));
    }
    let nothing: [&str; 0] = [];
    json!({
        "ociVersion": "1.0.2",
        "hostname": spec.name,
        "root": { "path": image.root, "readonly": true },
        "process": {
            "terminal": false,
            "user": { "uid": image.user, "gid": image.user },
            "args": arguments,
            "env": environment,
            "cwd": "/",
            "noNewPrivileges": true,
            "capabilities": { "bounding": nothing, "effective": nothing, "permitted": nothing, "inheritable": nothing,
                              "ambient": nothing },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "hard": 4096, "soft": 4096 }],
        },
        "mounts": mounts,
        "linux": {
            "namespaces": [
                { "type": "pid" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" },
                { "type": "network", "path": leg.path() },
            ],
            "cgroupsPath": group,
            "resources": {
                "devices": [{ "allow": false, "access": "rwm" }],
                "memory": { "limit": MEMORY },
                "pids": { "limit": 256 },
            },
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                            "/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            "seccomp": seccomp(),
        },
    })
}

/// The usual profile, for a process without any capability; none where it is not installed.
fn seccomp() -> Value {
    let Ok(text) = std::fs::read(SECCOMP) else {
        println!("containers: {SECCOMP} is not there: without seccomp");
        return Value::Null;
    };
    let profile: Value = serde_json::from_slice(&text).expect("JSON");
    let (ours, names) = if cfg!(target_arch = "aarch64") {
        ("arm64", json!(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]))
    } else {
        ("amd64", json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]))
    };
    let list = |rule: &Value, which: &str, what: &str| rule[which][what].as_array().cloned().unwrap_or_default();
    let calls: Vec<Value> = profile["syscalls"]
        .as_array()
        .expect("rules")
        .iter()
        .filter(|rule| {
            let arches = list(rule, "includes", "arches");
            let ours = |arches: &[Value]| arches.iter().any(|arch| arch == ours);
            list(rule, "includes", "caps").is_empty()
                && (arches.is_empty() || ours(&arches))
                && !ours(&list(rule, "excludes", "arches"))
        })
        .map(|rule| {
            let mut call = json!({ "names": rule["names"], "action": rule["action"] });
            if let Some(arguments) = rule["args"].as_array().filter(|arguments| !arguments.is_empty()) {
                call["args"] = json!(arguments);
            }
            if rule["errnoRet"].is_number() {
                call["errnoRet"] = rule["errnoRet"].clone();
            }
            call
        })
        .collect();
    json!({
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": names,
        "syscalls": calls,
    })
}
