//! The end of the journal's chain. `mahila journal verify` walks all of it.

use platform::journal::{self, Broken};
use platform::settings::Service;
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::text::text;

pub(super) async fn finding(patient: &Patient, service: Service, db: &PgPool) -> Finding {
    let check = Check::of("journal.chain", service);
    let looking = async {
        Ok(match journal::verify_last(db, patient.entries).await? {
            Ok(head) => {
                let (seq, walked) = (head.seq, head.seq.min(patient.entries));
                check
                    .ok(text!("the last {walked} of {seq} entries hold", "{seq} में से अंतिम {walked} प्रविष्टियाँ जुड़ी हैं"))
                    .number("head", seq)
                    .number("walked", walked)
            }
            Err(broken) => self::broken(&check, service, &broken),
        })
    };
    Box::pin(check.asked(patient.patience, looking)).await
}

fn broken(check: &Check, service: Service, broken: &Broken) -> Finding {
    let found = match broken {
        Broken::Missing(seq) => text!("entry {seq} is missing", "प्रविष्टि {seq} नहीं है"),
        Broken::Altered(seq) => {
            text!("entry {seq} does not follow from the one before it", "प्रविष्टि {seq} अपने से पिछली के बाद की नहीं है",)
        }
        Broken::Head { head, last } => {
            text!("the head says {head}, the last entry is {last}", "head {head} कहता है, अंतिम प्रविष्टि {last} है",)
        }
    };
    check.mend(
        found,
        text!(
            "somebody changed the journal as owner: keep the database as it is for the inquiry, run `mahila journal verify \
             {service}`, compare with a backup and restore",
            "किसी ने मालिक (owner) के रूप में journal बदला है: जाँच के लिए डेटाबेस जैसा है वैसा रखें, `mahila journal verify {service}` \
             चलाएँ, backup से मिलाएँ और restore करें",
        ),
    )
}
