//! The suite as a cluster runs it: each service a container of the built image (runc; read-only root, no root, no capability,
//! a network of its own), PostgreSQL apart, mutual TLS between the services, names that change under them.
//!
//! Run by `make containers`, and by `make test` with an image that is built sooner, as root on Linux. Everything happens in
//! namespaces that end with the test, whatever becomes of it: its processes, mounts, bridges and names are nobody else's.

mod health;
mod image;
mod load;
mod outage;
mod rolling;
mod rotation;
mod town;
mod week;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use image::Image;
use town::Town;

/// Where `tests/containers/image.sh` left the image.
const BUILT: &str = "MAHILA_CONTAINERS";
/// Set inside the namespaces: the folder of this run.
const INSIDE: &str = "MAHILA_CONTAINERS_RUN";

/// What is held, in this order. Arguments choose some of it by name.
const SCENARIOS: [&str; 5] = ["image", "week", "rolling", "rotation", "outage"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen: Vec<&str> = SCENARIOS
        .into_iter()
        .filter(|name| arguments.is_empty() || arguments.iter().any(|argument| argument == name))
        .collect();
    let Some(built) = std::env::var_os(BUILT).map(PathBuf::from) else {
        println!("containers: NOT RUN: they take the built image and root; to run them: make containers");
        return ExitCode::SUCCESS;
    };
    match std::env::var_os(INSIDE).map(PathBuf::from) {
        None => outside(&built),
        Some(run) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
            runtime.block_on(inside(&built, &run, &chosen));
            ExitCode::SUCCESS
        }
    }
}

/// Runs this again in namespaces of its own, and takes away what they leave.
fn outside(built: &Path) -> ExitCode {
    let name = format!("mahila-containers-{}", std::process::id());
    let run = std::env::temp_dir().join(&name);
    std::fs::create_dir_all(&run).expect("a folder for the run");
    // The first process inside dies with this one, and all others with it.
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", "--net", "--ipc", "--pid"])
        .args(["--fork", "--kill-child=KILL", "--mount-proc"])
        .arg(std::env::current_exe().expect("this test is a file"))
        .args(std::env::args().skip(1))
        .env(BUILT, built.canonicalize().unwrap_or_else(|error| panic!("{BUILT}={}: {error}", built.display())))
        .env(INSIDE, &run)
        .status()
        .expect("unshare runs");
    town::container::remove_groups(&name);
    if status.success() {
        std::fs::remove_dir_all(&run).expect("the folder is ours");
        ExitCode::SUCCESS
    } else {
        eprintln!("containers: failed ({status}); what was said is in {}", run.display());
        ExitCode::FAILURE
    }
}

async fn inside(built: &Path, run: &Path, chosen: &[&str]) {
    let image = Image::open(built, run);
    let network = town::network::Network::lay(run);
    let begun = |name: &str| {
        let is_chosen = chosen.contains(&name);
        if is_chosen {
            println!("containers: {name} ...");
        }
        is_chosen
    };
    if begun("image") {
        image.holds();
    }
    if begun("week") {
        let mut town = Town::build(&image, &network, &run.join("week"), true).await;
        week::is_replayed_across_containers(&mut town).await;
    }
    if chosen.iter().any(|name| ["rolling", "rotation", "outage"].contains(name)) {
        let mut town = Town::build(&image, &network, &run.join("live"), false).await;
        load::import_the_roll(&town).await;
        if begun("rolling") {
            rolling::each_service_is_replaced_and_no_call_fails(&mut town).await;
        }
        if begun("rotation") {
            rotation::certificates_are_exchanged_and_no_call_fails(&mut town).await;
        }
        if begun("outage") {
            outage::readiness_falls_and_nothing_acknowledged_is_lost(&mut town).await;
        }
    }
    println!("containers: ok: {}", chosen.join(", "));
}
