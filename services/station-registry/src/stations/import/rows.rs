//! From bytes to rows: every cell is read, and every cell that cannot be is told. Text comes out in NFC.

use chrono::NaiveDate;
use csv::{ByteRecord, ReaderBuilder};
use platform::directory::{Name, Station, StationType, UnitKind, UnitVersion};
use platform::fields::is_label;
use platform::limits::{NAME, fits};
use platform::locale::nfc;
use platform::terms::Term;

use super::super::resolve::Point;
use super::fault::{Fault, File, Problem};

/// Rows of a file at most: a state has some two thousand of either, and a check is done inside a transaction.
const MOST_ROWS: usize = 20_000;

/// What a file holds.
#[derive(Debug)]
pub struct Rows<T> {
    /// Line and row. A row that can be placed in the tree is among them, though a name or a pincode in it is bad, so that one
    /// bad cell does not make its neighbours look wrong.
    pub sound: Vec<(u32, T)>,
    /// Ids of rows that are too bad to be among them: what names them is not to blame.
    pub doubtful: Vec<String>,
    /// Every bad cell.
    pub problems: Vec<Problem>,
}

/// Reads the units.
#[must_use]
pub fn units(bytes: &[u8]) -> Rows<UnitVersion> {
    read(File::Units, bytes, |cells| {
        let id = cells.label("unit");
        let kind = cells.term::<UnitKind>("kind", "UNIT_KIND_").filter(|kind| *kind != UnitKind::Station);
        if kind.is_none() {
            cells.wrong("kind", Fault::Term);
        }
        let name = cells.name();
        let parent = if cells.text("parent").is_empty() {
            if kind.is_some_and(|kind| kind != UnitKind::State) {
                cells.wrong("parent", Fault::Required);
            }
            Some(None)
        } else {
            if kind == Some(UnitKind::State) {
                cells.wrong("parent", Fault::StateBelow);
            }
            cells.label("parent").map(Some)
        };
        let span = cells.span();
        let lgd_code = if cells.text("lgd_code").is_empty() { 0 } else { cells.number("lgd_code") };
        let (from, to) = span?;
        Some(UnitVersion { id: id?, kind: kind?, name, parent: parent?, from, to, lgd_code })
    })
}

/// Reads the stations.
#[must_use]
pub fn stations(bytes: &[u8]) -> Rows<Station> {
    read(File::Stations, bytes, |cells| {
        let id = cells.label("station");
        let seq = cells.number("seq");
        let kind = cells.term::<StationType>("type", "STATION_TYPE_");
        if kind.is_none() {
            cells.wrong("type", Fault::Term);
        }
        let name = cells.name();
        let (parent, district) = (cells.label("parent"), cells.label("district"));
        let pincode = cells.text("pincode");
        if !pincode.is_empty() && !is_pincode(&pincode) {
            cells.wrong("pincode", Fault::Pincode);
        }
        let point = cells.point();
        let span = cells.span();
        let synthetic = match cells.text("synthetic").as_str() {
            "yes" => true,
            "no" => false,
            _ => {
                cells.wrong("synthetic", Fault::YesNo);
                true
            }
        };
        let source = cells.words("source");
        let (from, to) = span?;
        Some(Station {
            id: id?,
            kind: kind.unwrap_or(StationType::Other),
            name,
            parent: parent?,
            district: district?,
            seq,
            pincode,
            latitude: point.latitude,
            longitude: point.longitude,
            from,
            to,
            synthetic,
            source,
        })
    })
}

/// Six digits, the first not 0.
#[must_use]
pub fn is_pincode(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

fn read<T>(file: File, bytes: &[u8], row: impl Fn(&mut Cells) -> Option<T>) -> Rows<T> {
    let mut rows = Rows { sound: Vec::new(), doubtful: Vec::new(), problems: Vec::new() };
    // Spreadsheets put a byte order mark in front.
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    if bytes.is_empty() {
        return rows;
    }
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut header = true;
    // A reader over bytes in memory, flexible and without UTF-8, has nothing to fail at.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let line = record.position().map_or(1, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
        let mut cells = Cells { file, line, record: &record, problems: &mut rows.problems };
        if std::mem::take(&mut header) {
            if !record.iter().eq(file.header().iter().map(|name| name.as_bytes())) {
                cells.wrong("", Fault::Header);
                return rows;
            }
            continue;
        }
        if rows.sound.len() + rows.doubtful.len() >= MOST_ROWS {
            cells.wrong("", Fault::Rows);
            return rows;
        }
        if record.len() != file.header().len() {
            cells.wrong("", Fault::Cells);
            rows.doubtful.extend(first_cell(&record));
        } else if let Some(row) = row(&mut cells) {
            rows.sound.push((line, row));
        } else {
            rows.doubtful.extend(first_cell(&record));
        }
    }
    rows
}

fn first_cell(record: &ByteRecord) -> Option<String> {
    record.get(0).and_then(|cell| std::str::from_utf8(cell).ok()).map(|cell| cell.trim().to_owned())
}

/// The cells of one line.
struct Cells<'a> {
    file: File,
    line: u32,
    record: &'a ByteRecord,
    problems: &'a mut Vec<Problem>,
}

impl Cells<'_> {
    fn wrong(&mut self, column: &'static str, fault: Fault) {
        // A cell is told once: the first fault is the one to mend.
        let known = |problem: &Problem| problem.line == self.line && problem.column == column;
        if !self.problems.iter().rev().take_while(|problem| problem.line == self.line).any(known) {
            self.problems.push(Problem { file: self.file, line: self.line, column, fault });
        }
    }

    fn text(&mut self, column: &'static str) -> String {
        let at = self.file.header().iter().position(|name| *name == column);
        let cell = at.and_then(|at| self.record.get(at)).unwrap_or_default();
        if let Ok(text) = std::str::from_utf8(cell) {
            return nfc(text.trim());
        }
        self.wrong(column, Fault::Encoding);
        String::new()
    }

    fn required(&mut self, column: &'static str) -> Option<String> {
        let text = self.text(column);
        if text.is_empty() {
            self.wrong(column, Fault::Required);
            return None;
        }
        Some(text)
    }

    fn label(&mut self, column: &'static str) -> Option<String> {
        let label = self.required(column)?;
        if !is_label(&label) {
            self.wrong(column, Fault::Label);
            return None;
        }
        Some(label)
    }

    fn words(&mut self, column: &'static str) -> String {
        let words = self.required(column).unwrap_or_default();
        if !fits(&words, NAME) || words.chars().any(char::is_control) {
            self.wrong(column, Fault::Text);
        }
        words
    }

    fn name(&mut self) -> Name {
        Name { en: self.words("name_en"), hi: self.words("name_hi") }
    }

    /// A term by the contract's name without its prefix.
    fn term<T: Term>(&mut self, column: &'static str, prefix: &str) -> Option<T> {
        let text = self.required(column)?;
        T::ALL.iter().copied().find(|term| term.name().strip_prefix(prefix) == Some(&text))
    }

    /// 1 on a fault.
    fn number(&mut self, column: &'static str) -> i32 {
        let Some(text) = self.required(column) else { return 1 };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number @ 1..=999_999) if digits => number,
            _ => {
                self.wrong(column, Fault::Number);
                1
            }
        }
    }

    fn day(&mut self, column: &'static str) -> Option<NaiveDate> {
        let text = self.required(column)?;
        // Chrono is lenient about the number of digits; a roll is not.
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text);
        let day = day.filter(|day| (1900..=2200).contains(&chrono::Datelike::year(day)));
        if day.is_none() {
            self.wrong(column, Fault::Date);
        }
        day
    }

    /// First day, and first day no longer covered.
    fn span(&mut self) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let from = self.day("valid_from");
        let to = if self.text("valid_to").is_empty() { Some(None) } else { self.day("valid_to").map(Some) };
        let (from, to) = (from?, to?);
        if to.is_some_and(|to| to <= from) {
            self.wrong("valid_to", Fault::Span);
            return None;
        }
        Some((from, to))
    }

    /// 0, 0 where there is none.
    fn point(&mut self) -> Point {
        let nowhere = Point { latitude: 0.0, longitude: 0.0 };
        let (lat, lon) = (self.text("lat"), self.text("lon"));
        if lat.is_empty() && lon.is_empty() {
            return nowhere;
        }
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|degrees| degrees.is_finite());
        let (latitude, longitude) = (degrees(&lat), degrees(&lon));
        for (column, value) in [("lat", latitude), ("lon", longitude)] {
            if value.is_none() {
                self.wrong(column, Fault::Degrees);
            }
        }
        let (Some(latitude), Some(longitude)) = (latitude, longitude) else { return nowhere };
        let point = Point { latitude, longitude };
        if !point.is_in_india() {
            self.wrong("lat", Fault::OutsideIndia);
            return nowhere;
        }
        point
    }
}
