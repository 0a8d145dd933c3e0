//! The board: closed days only, a frame when something changed, and an end.

use std::time::Duration;

use mahila_proto::intake::v1::VisitOutcome;
use mahila_proto::oversight::v1::{GetStatementRequest, Measure, WatchBoardRequest, WatchBoardResponse};
use mahila_proto::registry::v1::UnitKind;
use platform::clock::minute_of;
use tonic::Streaming;

use crate::harness::{Client, oversight, period, reason, whole};
use crate::tell::{october, visit};

type Board = Streaming<WatchBoardResponse>;

async fn watch(client: &mut Client, level: UnitKind, resume_token: &str) -> Board {
    let request = WatchBoardRequest {
        level: level.into(),
        resume_token: resume_token.to_owned(),
        ..WatchBoardRequest::default()
    };
    client.watch_board(request).await.unwrap().into_inner()
}

async fn message(board: &mut Board) -> WatchBoardResponse {
    let message = tokio::time::timeout(Duration::from_secs(20), board.message()).await.expect("a message in time");
    message.unwrap().expect("the stream goes on")
}

/// The next frame, signs of life left out.
async fn frame(board: &mut Board) -> WatchBoardResponse {
    loop {
        let message = message(board).await;
        if !message.heartbeat {
            return message;
        }
    }
}

fn days(frame: &WatchBoardResponse) -> [u32; 3] {
    [&frame.day, &frame.from, &frame.to].map(|day| day.as_ref().unwrap().day.try_into().unwrap())
}

fn visits(frame: &WatchBoardResponse) -> (Option<i64>, Option<i64>) {
    let visits = |unit: &Option<_>| whole(unit.as_ref().unwrap(), Measure::Visits);
    (visits(&frame.on_day), visits(&frame.to_date))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_shows_the_last_closed_day_and_changes_when_one_closes_or_an_entry_comes_late() {
    let told = |day, n| vec![visit("ps-118-001", october(day), VisitOutcome::Complaint); n];
    let (_db, journals, oversight) = oversight(Vec::new(), [told(26, 2), told(28, 3), told(29, 9)].concat()).await;
    let mut client = oversight.headquarters();
    let mut board = watch(&mut client, UnitKind::District, "").await;
    let first = frame(&mut board).await;
    // Thursday 29 October still runs: Wednesday, and the week since Monday.
    assert_eq!((days(&first), visits(&first)), ([28, 26, 28], (Some(3), Some(5))));
    assert!(first.simulated && !first.changed_late);
    assert_eq!((first.rows_on_day.len(), first.rows_to_date.len()), (3, 3));
    let to_date = oversight.statement(GetStatementRequest { level: UnitKind::District.into(), ..period(26, 28) }).await;
    assert_eq!((first.to_date.clone(), &first.rows_to_date), (to_date.whole, &to_date.rows), "as the statement says");

    // Something of today changes nothing; a late entry of Tuesday does.
    journals.intake.tell(told(29, 1)).await;
    oversight.until_heard(&journals).await;
    journals.intake.tell(told(27, 1)).await;
    let late = frame(&mut board).await;
    assert_eq!((days(&late), visits(&late), late.changed_late), ([28, 26, 28], (Some(3), Some(6)), true));

    oversight.clock.advance_to(minute_of(october(30), 1)).unwrap();
    let next = frame(&mut board).await;
    assert_eq!((days(&next), visits(&next), next.changed_late), ([29, 26, 29], (Some(10), Some(16)), false));
    drop(board);

    // Whoever resumes after the last frame is told of the next change; after an older one, of what is now.
    let mut board = watch(&mut client, UnitKind::District, &next.resume_token).await;
    let mut behind = watch(&mut client, UnitKind::District, &late.resume_token).await;
    assert_eq!(
        frame(&mut behind).await,
        WatchBoardResponse { resume_token: next.resume_token.clone(), ..next.clone() }
    );
    let sign = message(&mut board).await;
    assert!(sign.heartbeat && sign.on_day.is_none(), "nothing new: only a sign of life");
    assert_eq!(sign.resume_token, next.resume_token);
    journals.intake.tell(told(28, 1)).await;
    assert_eq!(visits(&frame(&mut board).await), (Some(10), Some(17)));

    let request = WatchBoardRequest { resume_token: next.resume_token, ..WatchBoardRequest::default() };
    assert_eq!(reason(client.watch_board(request).await), "INVALID_FIELDS", "a token of another request");

    oversight.life.shutdown();
    let life = oversight.life.clone();
    tokio::spawn(async move { life.run_until_signal().await.unwrap() });
    let end = loop {
        match tokio::time::timeout(Duration::from_secs(20), board.message()).await.expect("it ends") {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ends with a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason::<()>(Err(end)), "STOPPING");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_outside_the_police_sees_whole_weeks_on_the_board() {
    let told = |station: &str, day, n| vec![visit(station, october(day), VisitOutcome::Complaint); n];
    let intake =
        [told("ps-118-001", 20, 20), told("ps-143-001", 21, 3), told("ps-162-001", 22, 30), told("ps-118-001", 28, 9)];
    let (_db, _journals, oversight) = oversight(Vec::new(), intake.concat()).await;
    let mut outside = oversight.client(&["public_reader"], "up");
    let mut board = watch(&mut outside, UnitKind::District, "").await;
    let public = frame(&mut board).await;
    assert_eq!(days(&public)[1..], [19, 25]);
    assert!(public.on_day.is_none() && public.rows_on_day.is_empty(), "a week that grows by a day tells the day");
    let visits = |unit: &str| {
        let row = public.rows_to_date.iter().find(|row| row.unit == format!("units/{unit}")).unwrap();
        whole(row, Measure::Visits)
    };
    assert_eq!(visits("district-143"), None, "three women");
    let hidden = ["district-118", "district-143", "district-162"].into_iter().filter(|unit| visits(unit).is_none());
    assert!(hidden.count() > 1, "or the sum would tell");
}
