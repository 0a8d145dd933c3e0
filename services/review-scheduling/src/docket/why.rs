//! Why a case is on the docket, in a line that a person reads.

use chrono::NaiveDate;
use platform::directory::Name;
use platform::terms::Term;

use crate::terms::{CarriedReason, Stratum};

/// The line, in both languages. `day` is the item's.
pub(crate) fn why(stratum: Stratum, carried: Option<CarriedReason>, day: NaiveDate) -> Name {
    let day = day.format("%d.%m.%Y");
    let (en, hi) = match stratum {
        Stratum::Clock => {
            (format!("A statutory limit of {day} has passed or runs out"), format!("वैधानिक सीमा {day} की समाप्ति"))
        }
        Stratum::WorstBelow => (
            format!("Its unit below has one of the worst figures; late since {day}"),
            format!("अधीनस्थ इकाई का आँकड़ा सबसे कमज़ोर में से; {day} से विलंबित"),
        ),
        Stratum::ActionOverdue => (
            "An action that an earlier review ordered is overdue".to_owned(),
            "पिछली समीक्षा में आदेशित कार्यवाही समय पर नहीं हुई".to_owned(),
        ),
        Stratum::Reopened => (
            "Reopened, or she said that she is not satisfied".to_owned(),
            "पुनः खोली गई, या पीड़िता संतुष्ट नहीं है".to_owned(),
        ),
        Stratum::HighRisk => ("She is in high danger".to_owned(), "पीड़िता उच्च जोखिम में है".to_owned()),
        Stratum::Oldest => (format!("Open since {day}, among the longest"), format!("{day} से लंबित, सबसे पुरानी में से")),
        Stratum::Random => ("Drawn by lot from all cases".to_owned(), "सभी प्रकरणों में से यादृच्छिक".to_owned()),
        Stratum::Carried => {
            let (en, hi) = carried.map_or_else(|| stratum.label(), Term::label);
            (en.to_owned(), hi.to_owned())
        }
    };
    Name { en, hi }
}
