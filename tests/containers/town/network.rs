//! One bridge, a namespace for each container, and names that can be told and taken back while everybody looks them up.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use platform::settings::Service;

use super::Replica;

/// The bridge, and the address of this test on it.
const BRIDGE: &str = "mahila";
const OURS: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// PostgreSQL's.
pub const DATABASE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// PostgreSQL's name.
pub const DATABASE_NAME: &str = "database";
/// One that runs once: a migration.
pub const JOB: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);

/// The network of a run. It goes with the namespace.
pub struct Network {
    /// `/etc/hosts` of everybody, in place of a cluster's DNS with headless services.
    pub hosts: PathBuf,
}

/// The address of a replica of a service.
pub fn address_of(service: Service, replica: Replica) -> Ipv4Addr {
    let place = Service::ALL.into_iter().position(|other| other == service).expect("a service of the suite");
    let last = 10 + 2 * u8::try_from(place).expect("few") + u8::from(replica == Replica::Second);
    Ipv4Addr::new(10, 77, 0, last)
}

impl Network {
    /// Makes the bridge and the list of names, in a network namespace that is ours alone.
    pub fn lay(run: &Path) -> Self {
        // What is there belongs to the machine: namespaces get their names in a folder of ours.
        need(Command::new("mount").args(["-t", "tmpfs", "mahila-test", "/run"]));
        ip(&["link", "set", "lo", "up"]);
        ip(&["link", "add", BRIDGE, "type", "bridge"]);
        ip(&["addr", "add", &format!("{OURS}/24"), "dev", BRIDGE]);
        ip(&["link", "set", BRIDGE, "up"]);
        let hosts = run.join("hosts");
        let mut text = format!(" 127.0.0.1 localhost\n {DATABASE} {DATABASE_NAME}\n");
        for (service, replica) in slots() {
            text.push_str(&line(service, replica));
        }
        std::fs::write(&hosts, text).expect("written");
        need(Command::new("mount").arg("--bind").arg(&hosts).arg("/etc/hosts"));
        Self { hosts }
    }

    /// Gives out the address of a replica under the name of its service, or no longer. One byte changes, so that nobody ever
    /// reads half a list.
    pub fn announce(&self, service: Service, replica: Replica, is_there: bool) {
        let text = std::fs::read_to_string(&self.hosts).expect("the list");
        let line = line(service, replica);
        let at = text.find(&line[1..]).expect("a line for each replica") - 1;
        let file = File::options().write(true).open(&self.hosts).expect("the list is ours");
        file.write_all_at(if is_there { b" " } else { b"#" }, at as u64).expect("written");
    }
}

fn slots() -> impl Iterator<Item = (Service, Replica)> {
    Service::ALL.into_iter().flat_map(|service| [(service, Replica::First), (service, Replica::Second)])
}

/// Not given out at first.
fn line(service: Service, replica: Replica) -> String {
    format!("#{} {}\n", address_of(service, replica), service.source())
}

/// A network namespace with one leg on the bridge. Dropping it takes it away.
pub struct Leg {
    name: String,
    device: String,
}

impl Leg {
    /// Makes it.
    pub fn new(name: &str, address: Ipv4Addr) -> Self {
        let device = format!("leg{}", address.octets()[3]);
        let leg = Self { name: name.to_owned(), device };
        ip(&["netns", "add", name]);
        ip(&["link", "add", &leg.device, "type", "veth", "peer", "name", "eth0", "netns", name]);
        ip(&["link", "set", &leg.device, "master", BRIDGE, "up"]);
        ip(&["-n", name, "link", "set", "lo", "up"]);
        ip(&["-n", name, "addr", "add", &format!("{address}/24"), "dev", "eth0"]);
        ip(&["-n", name, "link", "set", "eth0", "up"]);
        leg
    }

    /// The namespace, as a file.
    pub fn path(&self) -> PathBuf {
        Path::new("/run/netns").join(&self.name)
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        // The device goes with the namespace once the last process in it has ended; its name is needed before that.
        let _ = Command::new("ip").args(["link", "delete", &self.device]).status();
        let _ = Command::new("ip").args(["netns", "delete", &self.name]).status();
    }
}

fn ip(arguments: &[&str]) {
    need(Command::new("ip").args(arguments));
}

/// Runs a command that must do what it is told.
pub fn need(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
