//! `RegisterComplaint` as a client sees it, and a bare insert to hold a lone one against.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mahila_proto::intake::v1::intake_service_client::IntakeServiceClient;
use mahila_proto::intake::v1::{
    Category, Channel, ContactMode, Person, PersonRole, RegisterComplaintRequest, Risk, SafeContact,
};
use platform::client::PeerChannel;
use uuid::Uuid;

use crate::installation::Installation;

/// A complaint as a desk sends it: four fields, a name, a phone, a few sentences.
fn complaint(n: u64) -> RegisterComplaintRequest {
    RegisterComplaintRequest {
        request_id: Uuid::new_v4().to_string(),
        station: format!("stations/ps-162-{:03}", n % 51 + 1),
        channel: Channel::WalkIn as i32,
        category: Category::DomesticViolence as i32,
        safe_contact: Some(SafeContact {
            mode: ContactMode::Call as i32,
            from_minute: 600,
            to_minute: 720,
            ..SafeContact::default()
        }),
        risk: Risk::Medium as i32,
        persons: vec![Person {
            role: PersonRole::Complainant as i32,
            name: "परीक्षण नाम".to_owned(),
            phone: "9000000000".to_owned(),
            address: "परीक्षण पता, मोहल्ला".to_owned(),
            age_years: Some(30),
        }],
        narrative: "यह केवल मापन के लिए लिखा गया विवरण है। ".repeat(3),
        ..RegisterComplaintRequest::default()
    }
}

fn clients(here: &Installation, connections: usize) -> Vec<IntakeServiceClient<PeerChannel>> {
    (0..connections).map(|_| IntakeServiceClient::new(here.peer(&["headquarters"], &["up"]).channel())).collect()
}

/// Complaints answered a second with so many in flight over four connections, for a while.
pub async fn many(here: &Installation, in_flight: usize, for_so_long: Duration) -> f64 {
    let clients = clients(here, 4);
    warm(&clients).await;
    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let (mut client, done) = (clients[task % clients.len()].clone(), done.clone());
            tokio::spawn(async move {
                let mut n = task as u64;
                while began.elapsed() < for_so_long {
                    client.register_complaint(complaint(n)).await.expect("registered");
                    done.fetch_add(1, Ordering::Relaxed);
                    n += 1;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("it ran");
    }
    let count = u32::try_from(done.load(Ordering::Relaxed)).expect("a small number");
    f64::from(count) / began.elapsed().as_secs_f64()
}

async fn warm(clients: &[IntakeServiceClient<PeerChannel>]) {
    for client in clients {
        for n in 0..20 {
            client.clone().register_complaint(complaint(n)).await.expect("registered");
        }
    }
}

/// The intake hears of the stations from the registry's feed: waits until the last of those used here takes a complaint.
pub async fn until_the_roll_is_known(here: &Installation) {
    let mut client = clients(here, 1).remove(0);
    let began = Instant::now();
    while client.register_complaint(complaint(50)).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the intake hears of the roll");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The median time of a lone call.
pub async fn lone(here: &Installation, calls: u64) -> Duration {
    let clients = clients(here, 1);
    warm(&clients).await;
    let mut client = clients[0].clone();
    let mut times = Vec::new();
    for n in 0..calls {
        let request = complaint(n);
        let began = Instant::now();
        client.register_complaint(request).await.expect("registered");
        times.push(began.elapsed());
    }
    middle(&mut times)
}

/// The median time of a call that is turned away before it reaches the database: what gRPC, token and scope take here.
pub async fn refused(here: &Installation, calls: u64) -> Duration {
    let mut client = clients(here, 1).remove(0);
    let mut times = Vec::new();
    for n in 0..calls + 20 {
        let request = RegisterComplaintRequest { station: "stations/ps-162-999".to_owned(), ..complaint(n) };
        let began = Instant::now();
        client.register_complaint(request).await.expect_err("there is no such station");
        if n >= 20 {
            times.push(began.elapsed());
        }
    }
    middle(&mut times)
}

async fn one_connection(here: &Installation) -> sqlx::PgPool {
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    options.connect(&here.cluster.url("bench")).await.expect("connected")
}

/// The median time of the rows of one complaint by sqlx, durable, in one statement, nothing else.
pub async fn bare_rows(here: &Installation, inserts: u64) -> Duration {
    let pool = one_connection(here).await;
    let statement = crate::pgbench::statement();
    let mut times = Vec::new();
    for n in 0..inserts + 20 {
        let began = Instant::now();
        sqlx::query(sqlx::AssertSqlSafe(statement.as_str())).execute(&pool).await.expect("inserted");
        if n >= 20 {
            times.push(began.elapsed());
        }
    }
    middle(&mut times)
}

/// The median time of one row into the complaints' table by sqlx, durable, nothing else.
pub async fn bare_insert(here: &Installation, inserts: u64) -> Duration {
    let pool = one_connection(here).await;
    let mut times = Vec::new();
    for n in 0..inserts + 20 {
        let began = Instant::now();
        sqlx::query(
            "INSERT INTO intake.complaints (id, receipt_no, station, district, channel, category, risk, handling_state, case_state,
               conflict_with_station, received_at, received_day, first_word_at, contact_mode, needs_support, child, heard_by_woman,
               acknowledged, recorded_by, next_due_at, next_code, law_sections, actions, legal_actions, progress_told, satisfied, version)
             VALUES ($1, $2, $3, 'bench', 1, 1, 2, 1, 1, false, now(), current_date, now(), 2, false, false, true, false, 'posts/bench',
               now(), 1, '{}', 0, '{}', false, false, 1)",
        )
        .bind(Uuid::new_v4())
        .bind(Uuid::new_v4().to_string())
        .bind(format!("bench-{}", n % 51))
        .execute(&pool)
        .await
        .expect("inserted");
        if n >= 20 {
            times.push(began.elapsed());
        }
    }
    middle(&mut times)
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
