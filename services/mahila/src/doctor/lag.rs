//! A feed between two services: whether our token opens it, whether it is the history we know, and how far behind we are.

use std::time::Duration;

use mahila_proto::feed::v1::SubscribeRequest;
use mahila_proto::feed::v1::feed_service_client::FeedServiceClient;
use platform::client::{Peer, no_answer};
use platform::settings::Service;
use platform::status::reason_of;
use sqlx::PgPool;
use tonic::{Request, Status};

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::store::{self, Position};
use super::text::{plain, text};

/// Of no kind: the answer is the head, and no entry.
const NO_KIND: &str = "-";
/// A follower that is behind moves within this, or it stands still.
const SECOND_LOOK: Duration = Duration::from_secs(4);
const POLL: Duration = Duration::from_millis(100);
/// A page of the feed: what is on the way at any moment.
const ON_THE_WAY: i64 = 500;

/// Where a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    epoch: String,
    seq: i64,
}

pub(super) async fn findings(
    patient: &Patient,
    follower: Service,
    source: Service,
    url: &str,
    db: Option<&PgPool>,
) -> Vec<Finding> {
    let (feed, lag) = (Check::between("feed.open", follower, source), Check::between("feed.lag", follower, source));
    let Some(db) = db else {
        return vec![lag.skip(
            text!("where {follower} stands is not known", "{follower} कहाँ तक है, पता नहीं"),
            text!("mend database.reach of {follower} first", "पहले {follower} का database.reach ठीक करें"),
        )];
    };
    let position = match tokio::time::timeout(patient.patience, store::position(db, source.source())).await {
        Ok(Ok(position)) => position.unwrap_or_default(),
        Ok(Err(error)) => return vec![lag.refused(&error)],
        Err(_) => return vec![lag.within(patient.patience, std::future::pending()).await],
    };
    let token = patient.token(follower);
    if token.is_empty() {
        return vec![feed.skip(
            text!("there is no token to open it with", "खोलने के लिए token नहीं है"),
            text!("see token.peers", "token.peers देखें"),
        )];
    }
    let peer = patient.target(url, token).and_then(|target| Peer::new(&target).map_err(|error| error.to_string()));
    let peer = match peer {
        Ok(peer) => peer,
        // The token alone can be at fault: the rest was tried before.
        Err(wrong) => return vec![feed.mend(plain(wrong), text!("see token.peers", "token.peers देखें"))],
    };
    let head = match tokio::time::timeout(patient.patience, head(&peer, source, &position)).await {
        Ok(Ok(head)) => head,
        Ok(Err(status)) => return vec![refused(&feed, source, &status)],
        Err(_) => return vec![feed.within(patient.patience, std::future::pending()).await],
    };
    let seq = head.seq;
    let opened = feed
        .ok(text!("our token opens it; its head is {seq}", "हमारा token इसे खोलता है; इसका head {seq} है"))
        .number("head", seq);
    let lag = lag
        .asked(patient.patience + SECOND_LOOK, async {
            let last = second_look(db, source, &position, &head).await?;
            Ok(judge(&lag, &position, &last, &head))
        })
        .await;
    vec![opened, lag]
}

/// The first message of a feed from a position on.
async fn head(peer: &Peer, source: Service, position: &Position) -> Result<Head, Status> {
    let asked = SubscribeRequest {
        source: source.source().to_owned(),
        epoch: position.epoch.clone(),
        after: position.position,
        kinds: vec![NO_KIND.to_owned()],
    };
    let mut stream = FeedServiceClient::new(peer.channel()).subscribe(Request::new(asked)).await?.into_inner();
    let page = stream.message().await?.ok_or_else(|| Status::unavailable("the feed ended at once"))?;
    Ok(Head { epoch: page.epoch, seq: page.head })
}

fn refused(check: &Check, source: Service, status: &Status) -> Finding {
    match reason_of(status).as_deref() {
        Some("EPOCH_CHANGED") => check.mend(
            text!("the journal there is not the one we followed: it has another history", "वहाँ का journal वह नहीं जिसका हम अनुसरण कर रहे थे: उसका इतिहास अलग है"),
            text!(
                "if its database was restored on purpose, start this service: it starts over from nothing by itself; if not, give \
                 {source} its own database back",
                "यदि उसका डेटाबेस जान-बूझकर restore किया गया है तो यह सेवा चालू करें: वह अपने-आप शुरू से पढ़ेगी; नहीं तो {source} को उसका डेटाबेस लौटाएँ",
            ),
        ),
        Some(reason @ ("TOKEN_INVALID" | "PERMISSION_MISSING" | "OUT_OF_SCOPE")) => check.mend(
            text!("it turns our token away: {reason}", "हमारा token अस्वीकार: {reason}"),
            text!(
                "see token.peers and token.signature here; if they are ok, {source} trusts another issuer: compare auth.* there",
                "यहाँ token.peers और token.signature देखें; वे ठीक हों तो {source} किसी और issuer पर भरोसा करता है: वहाँ auth.* मिलाएँ",
            ),
        ),
        Some("NOT_FOUND") => check.mend(
            text!("another service answers there, which has no journal of {source}", "वहाँ दूसरी सेवा उत्तर देती है, जिसके पास {source} का journal नहीं"),
            text!("correct peers.{source}", "peers.{source} सुधारें"),
        ),
        reason => {
            let wrong = reason.map_or_else(|| no_answer(status), str::to_owned);
            check.mend(
                text!("it does not open: {wrong}", "यह नहीं खुलता: {wrong}"),
                text!("run `mahila doctor` there, and see its log", "वहाँ `mahila doctor` चलाएँ, और उसका log देखें"),
            )
        }
    }
}

/// Where we are when the head of the first look is reached; or where we are a little later.
async fn second_look(db: &PgPool, source: Service, first: &Position, head: &Head) -> Result<Position, sqlx::Error> {
    let deadline = tokio::time::Instant::now() + SECOND_LOOK;
    let mut last = first.clone();
    while !(last.position >= head.seq && (head.seq == 0 || last.epoch == head.epoch))
        && tokio::time::Instant::now() < deadline
    {
        tokio::time::sleep(POLL).await;
        last = store::position(db, source.source()).await?.unwrap_or_default();
    }
    Ok(last)
}

fn judge(check: &Check, first: &Position, last: &Position, head: &Head) -> Finding {
    let lag = (head.seq - last.position).max(0);
    let (seq, position) = (head.seq, last.position);
    let stands = first == last;
    let still = || {
        text!(
            "start the follower, or see its log: \"the feed ended\" says why; an entry that cannot be applied stops it, and nothing is \
             skipped",
            "अनुसरण करने वाली सेवा चालू करें, या उसका log देखें: \"the feed ended\" कारण बताता है; जो प्रविष्टि लागू न हो सके वह उसे रोक देती है, \
             कुछ छोड़ा नहीं जाता",
        )
    };
    let finding = if lag > 0 && stands {
        check.mend(
            text!(
                "it stands still at entry {position} of {seq}, {lag} behind",
                "यह {seq} में से {position} पर रुका है, {lag} पीछे"
            ),
            still(),
        )
    } else if lag > ON_THE_WAY {
        check.look(
            text!(
                "at entry {position} of {seq}, {lag} behind and moving",
                "{seq} में से {position} पर, {lag} पीछे और बढ़ रहा है"
            ),
            text!(
                "wait and look again; if it grows, see load and locks of the follower's database",
                "रुककर फिर देखें; यदि बढ़े तो follower के डेटाबेस का भार और lock देखें"
            ),
        )
    } else if head.seq > 0 && last.epoch != head.epoch {
        check.mend(text!("it is in an older epoch of that journal", "यह उस journal के पुराने epoch में है"), still())
    } else {
        check.ok(text!("at entry {position} of {seq}", "{seq} में से {position} पर"))
    };
    finding.number("position", position).number("head", seq).number("lag", lag)
}

#[cfg(test)]
mod tests {
    use platform::Refusal;

    use super::super::finding::State;
    use super::*;

    fn at(position: i64) -> Position {
        Position { epoch: "one".into(), position }
    }

    fn judged(first: i64, last: i64, seq: i64) -> State {
        let check = Check::between("feed.lag", Service::Oversight, Service::Intake);
        judge(&check, &at(first), &at(last), &Head { epoch: "one".into(), seq }).state
    }

    #[test]
    fn who_stands_still_is_mended_and_who_catches_up_is_looked_at() {
        assert_eq!(judged(10, 10, 10), State::Ok);
        assert_eq!(judged(3, 10, 10), State::Ok);
        assert_eq!(judged(3, 3, 10), State::Mend);
        assert_eq!(judged(3, 2_000, 2_400), State::Ok);
        assert_eq!(judged(3, 2_000, 9_000), State::Look);
        let check = Check::between("feed.lag", Service::Oversight, Service::Intake);
        let nothing = Head { epoch: "one".into(), seq: 0 };
        assert_eq!(judge(&check, &Position::default(), &Position::default(), &nothing).state, State::Ok);
        let another = Head { epoch: "two".into(), seq: 10 };
        assert_eq!(judge(&check, &at(10), &at(10), &another).state, State::Mend);
    }

    #[test]
    fn a_refusal_says_whose_fault_it_is() {
        let check = Check::between("feed.open", Service::Oversight, Service::Intake);
        for (refusal, said) in [
            (Refusal::token_invalid(), "it turns our token away: TOKEN_INVALID"),
            (Refusal::out_of_scope(), "it turns our token away: OUT_OF_SCOPE"),
            (Refusal::epoch_changed("x"), "the journal there is not the one we followed: it has another history"),
            (Refusal::not_found("intake"), "another service answers there, which has no journal of intake"),
            (Refusal::database_away(), "it does not open: DATABASE_AWAY"),
        ] {
            let finding = refused(&check, Service::Intake, &refusal.into());
            assert_eq!((finding.state, finding.found.en.as_str()), (State::Mend, said));
        }
    }
}
