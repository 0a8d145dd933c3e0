//! What can be wrong with a cell of the roll, and where it stands. Never what it says: a file may hold anything.

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum File {
    /// `units_csv`.
    Units,
    /// `stations_csv`.
    Stations,
}

impl File {
    /// The request's field that holds it.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Units => "units_csv",
            Self::Stations => "stations_csv",
        }
    }

    /// The header it must have.
    #[must_use]
    pub fn header(self) -> &'static [&'static str] {
        match self {
            Self::Units => &["unit", "kind", "name_en", "name_hi", "parent", "valid_from", "valid_to", "lgd_code"],
            Self::Stations => &[
                "station",
                "seq",
                "type",
                "name_en",
                "name_hi",
                "parent",
                "district",
                "pincode",
                "lat",
                "lon",
                "valid_from",
                "valid_to",
                "synthetic",
                "source",
            ],
        }
    }
}

/// A cell that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Which file.
    pub file: File,
    /// The line, the header being 1.
    pub line: u32,
    /// The column's name; empty: the row as a whole.
    pub column: &'static str,
    /// What is wrong.
    pub fault: Fault,
}

impl Problem {
    /// As a field's path: `stations_csv[17].pincode`.
    #[must_use]
    pub fn path(&self) -> String {
        let dot = if self.column.is_empty() { "" } else { "." };
        format!("{}[{}]{dot}{}", self.file.field(), self.line, self.column)
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The first line.
    Header,
    /// More or fewer cells than columns.
    Cells,
    /// Not UTF-8.
    Encoding,
    /// More rows than one import takes.
    Rows,
    /// Empty, and must not be.
    Required,
    /// Not a label.
    Label,
    /// Too long, or control characters.
    Text,
    /// A term the contract does not have here.
    Term,
    /// Not a day.
    Date,
    /// Ends before it begins.
    Span,
    /// Not a whole number from 1.
    Number,
    /// Not six digits.
    Pincode,
    /// Not degrees, or one without the other.
    Degrees,
    /// Outside India.
    OutsideIndia,
    /// Neither `yes` nor `no`.
    YesNo,
    /// In the file before.
    Twice,
    /// The other table has this id.
    IdTaken,
    /// Two spans of a unit cover a day.
    Overlap,
    /// A state below something.
    StateBelow,
    /// A second state.
    SecondState,
    /// Not there through the whole span.
    Unknown,
    /// Below itself, or too deep.
    Circle,
    /// A station below something that is neither circle nor district.
    ParentKind,
    /// Not the district that the parent lies in.
    District,
    /// Number given twice in a district.
    NumberTaken,
}

impl Fault {
    /// English and Hindi.
    #[must_use]
    pub fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::Header => (
                "the header must name exactly the columns of the contract, in their order",
                "शीर्षक में ठीक वही स्तंभ उसी क्रम में होने चाहिए",
            ),
            Self::Cells => ("must have as many cells as the header", "शीर्षक जितने ही खाने होने चाहिए"),
            Self::Encoding => ("must be UTF-8", "UTF-8 में होना चाहिए"),
            Self::Rows => (
                "one import takes at most 20,000 rows a file; send the rest in another",
                "एक बार में प्रति फ़ाइल अधिकतम 20,000 पंक्तियाँ; शेष अलग भेजें",
            ),
            Self::Required => ("is required", "आवश्यक है"),
            Self::Label => {
                ("must be a-z, 0-9 and '-', at most 63 characters", "a-z, 0-9 और '-', अधिकतम 63 अक्षर होने चाहिए")
            }
            Self::Text => {
                ("must be at most 200 characters without control characters", "अधिकतम 200 अक्षर, बिना नियंत्रण अक्षरों के")
            }
            Self::Term => ("is not one of the contract's values", "अनुबंध का मान नहीं है"),
            Self::Date => ("must be a day, yyyy-mm-dd", "दिनांक yyyy-mm-dd होना चाहिए"),
            Self::Span => ("must be later than valid_from", "valid_from के बाद होना चाहिए"),
            Self::Number => ("must be a whole number from 1 to 999999", "1 से 999999 तक की पूर्ण संख्या होनी चाहिए"),
            Self::Pincode => ("must be six digits, the first not 0", "छह अंक होने चाहिए, पहला 0 नहीं"),
            Self::Degrees => (
                "must be degrees, latitude and longitude both or neither",
                "अंश होने चाहिए; अक्षांश और देशांतर दोनों या कोई नहीं",
            ),
            Self::OutsideIndia => ("lies outside India", "भारत के बाहर है"),
            Self::YesNo => ("must be yes or no", "yes या no होना चाहिए"),
            Self::Twice => ("stands in the file twice", "फ़ाइल में दो बार है"),
            Self::IdTaken => ("is the id of a unit and of a station", "यह पहचान इकाई और थाने दोनों की है"),
            Self::Overlap => ("overlaps another span of this unit", "इसी इकाई की दूसरी अवधि से टकराती है"),
            Self::StateBelow => ("a state has nothing above it", "राज्य के ऊपर कुछ नहीं होता"),
            Self::SecondState => ("there is another state already", "एक राज्य पहले से है"),
            Self::Unknown => {
                ("is not a unit through the whole span of this row", "इस पंक्ति की पूरी अवधि में ऐसी इकाई नहीं है")
            }
            Self::Circle => {
                ("puts the unit below itself, or deeper than 16 levels", "इकाई स्वयं के नीचे या 16 स्तर से नीचे आती है")
            }
            Self::ParentKind => ("must be a circle or a district", "सर्किल या जनपद होना चाहिए"),
            Self::District => ("must be the district that the parent lies in", "वही जनपद होना चाहिए जिसमें मूल इकाई है"),
            Self::NumberTaken => ("is another station's number in this district", "इस जनपद में यह क्रमांक दूसरे थाने का है"),
        }
    }
}
