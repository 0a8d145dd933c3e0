//! The words of a statement that are not labels of the contract: headings, and definitions short enough to be read out.

use crate::ledger::Measure;

/// A word in English and Hindi.
pub(super) type Word = (&'static str, &'static str);

/// Sections in the read-out order: each heading stands before its first measure.
pub(super) fn heading(measure: Measure) -> Option<Word> {
    Some(match measure {
        Measure::DeskDaysSilent => ("Silence and attendance", "मौन और उपस्थिति"),
        Measure::DesksExpected => ("Desks", "हेल्प डेस्क"),
        Measure::Visits => ("Women who came", "आने वाली महिलाएँ"),
        Measure::Calls => ("Calls", "कॉल"),
        Measure::Complaints => ("Complaints", "शिकायतें"),
        Measure::Actions => ("Actions and steps in law", "कार्यवाही और विधिक कदम"),
        Measure::ClocksBreached => ("Limits", "समय सीमाएँ"),
        Measure::Disposed => ("Disposed and verified", "निस्तारित और सत्यापित"),
        Measure::ReviewCyclesExpected => ("Reviewed and acted upon", "समीक्षित और कार्यवाही की गई"),
        Measure::CampaignEventsPlanned => ("Awareness campaigns", "जागरूकता अभियान"),
        _ => return None,
    })
}

/// What a figure means, where its label leaves that open.
pub(super) fn definition(measure: Measure) -> Option<Word> {
    Some(match measure {
        Measure::DeskDaysSilent => ("no heartbeat and no check-in all day", "पूरे दिन न संकेत, न उपस्थिति"),
        Measure::DesksExpected => (
            "regular and women's stations on the last day; railway police apart",
            "अंतिम दिन के नियमित एवं महिला थाने; जीआरपी अलग",
        ),
        Measure::DesksOpen => ("of those, on the last day", "उनमें से, अंतिम दिन"),
        Measure::DeskDaysExpected => ("each is one of the five kinds above", "प्रत्येक ऊपर के पाँच में से एक"),
        Measure::TwoWomenMinutes => ("two checked-in women there together", "दो उपस्थित महिला कर्मी एक साथ"),
        Measure::Calls => ("revisions not counted", "संशोधन नहीं गिने गए"),
        Measure::Callers => {
            ("each once, at her first call; unknown callers one a call", "प्रत्येक एक बार, पहली कॉल पर; अज्ञात प्रति कॉल एक")
        }
        Measure::Incidents => ("counted with their first call", "पहली कॉल के साथ गिनी गईं"),
        Measure::CallsUnplaced => ("of the calls; in the district's queue", "कॉल में से; जनपद की सूची में"),
        Measure::Complaints => (
            "one a receipt, without older ones from registers; states as on the last day",
            "प्रति पावती एक, पंजिका की पुरानी शिकायतें छोड़कर; स्थिति अंतिम दिन की",
        ),
        Measure::ComplaintsImported => ("counted apart", "अलग गिनी गईं"),
        Measure::Actions | Measure::LegalActions => ("on older complaints too", "पुरानी शिकायतों पर भी"),
        Measure::Disposed => ("final outcomes, of older complaints too", "अंतिम परिणाम, पुरानी शिकायतों के भी"),
        Measure::Verified => ("she confirmed it in private", "उन्होंने एकांत में पुष्टि की"),
        Measure::ReviewCyclesMissed => ("no sitting was held", "कोई बैठक नहीं हुई"),
        Measure::ReviewCyclesHeld => ("completed or partly done", "पूर्ण या आंशिक"),
        Measure::ReviewSittingsHeld => ("quorum, item times, signed minutes", "कोरम, समय, हस्ताक्षरित कार्यवृत्त"),
        Measure::ReviewSittingsHurried => {
            ("of those; fifteen decisions or more within a minute", "उनमें से; एक मिनट में पंद्रह या अधिक निर्णय")
        }
        Measure::ReviewItemsReviewed => ("a decision recorded", "निर्णय दर्ज"),
        Measure::ActedUpon => ("done, and verified by another", "पूर्ण, अन्य द्वारा सत्यापित"),
        Measure::DirectionsTaken => ("decisions that took effect on the complaint", "शिकायत पर लागू निर्णय"),
        Measure::ActionItemsClaimed => ("not yet verified by another", "अन्य द्वारा सत्यापन शेष"),
        Measure::CampaignEventsClaimed => ("claimed, not held", "बताए गए, आयोजित नहीं माने गए"),
        Measure::CampaignEventsLapsed => ("not reported within 72 hours: not held", "72 घंटे में सूचित नहीं: आयोजित नहीं"),
        Measure::WomenReached | Measure::GirlsReached => ("at verified events", "सत्यापित कार्यक्रमों में"),
        Measure::PlacesCovered => ("each once, with a verified event", "प्रत्येक एक बार, सत्यापित कार्यक्रम सहित"),
        _ => return None,
    })
}

/// Of which whole a measure is a share worth reading out. Only of desks: a share would give a hidden figure away.
pub(super) fn share_of(measure: Measure) -> Option<Measure> {
    Some(match measure {
        Measure::DesksOpen => Measure::DesksExpected,
        Measure::CheckIns => Measure::CheckInsExpected,
        Measure::TwoWomenMinutes => Measure::ServiceMinutes,
        _ => return None,
    })
}

pub(super) const TITLE: Word = ("Statement of action taken", "कृत कार्यवाही विवरण");
pub(super) const SIMULATED: Word =
    ("SIMULATED: the figures come from a replay, not from the field", "अनुकरण: आँकड़े पुनरभिनय के हैं, क्षेत्र के नहीं");
pub(super) const PUBLIC: Word = (
    "Copy for readers outside the police. * stands for <5 (1 to 4), or for a figure hidden so that such a one cannot be worked out",
    "पुलिस से बाहर के पाठकों के लिए प्रति। * का अर्थ <5 (1 से 4), या ऐसा अंक जो उसे छिपाए रखने के लिए छिपाया गया",
);
pub(super) const SYNTHETIC: Word = ("made up", "काल्पनिक");
pub(super) const SYNTHETIC_BELOW: Word = ("some stations below are made up", "कुछ थाने काल्पनिक हैं");
pub(super) const SILENT: Word = ("Silent stations, read out first", "मौन थाने, सबसे पहले");
pub(super) const NONE_SILENT: Word = ("None: every station was heard from.", "कोई नहीं: हर थाने से सूचना मिली।");
pub(super) const NO_DESK: Word = ("no desk", "डेस्क नहीं");
pub(super) const DAYS: Word = ("days silent", "दिन मौन");
pub(super) const NOTHING: Word = ("Nothing.", "कुछ नहीं।");
pub(super) const BEFORE_IN_BRACKETS: Word = ("In brackets the period before", "कोष्ठक में पिछली अवधि");
pub(super) const MISSED_REVIEWS: Word = ("Did not review", "समीक्षा नहीं की");
pub(super) const COMPLETENESS: Word = ("Who reported", "किसने सूचना दी");
pub(super) const UNITS_REPORTED: Word = ("Stations", "थाने");
pub(super) const DESK_DAYS_REPORTED: Word = ("Desk-days", "डेस्क-दिवस");
pub(super) const CYCLES_REPORTED: Word = ("Reviews", "समीक्षाएँ");
pub(super) const EXPECTED: Word = ("expected", "अपेक्षित");
pub(super) const REPORTED: Word = ("reported", "सूचित");
pub(super) const ON_TIME: Word = ("in time", "समय पर");
pub(super) const NOT_FOLLOWED: Word =
    ("not followed here: nothing of it is counted", "यहाँ जुड़ा नहीं: इसका कुछ नहीं गिना गया");
pub(super) const FRESHNESS: Word = ("How fresh the sources are", "स्रोत कितने ताज़ा हैं");
pub(super) const COMPLETE: Word = ("everything it told is counted", "जो बताया वह सब गिना गया");
pub(super) const BEHIND: Word = ("entries are not yet counted", "प्रविष्टियाँ अभी नहीं गिनी गईं");
pub(super) const HEARD_NOW: Word = ("heard from within the last minute", "पिछले एक मिनट में संपर्क हुआ");
pub(super) const HEARD: Word = ("minutes since last heard from", "अंतिम संपर्क के बाद के मिनट");
pub(super) const NEVER_HEARD: Word = ("not heard from since the start", "आरंभ से कोई संपर्क नहीं");
