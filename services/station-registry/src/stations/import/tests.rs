use super::*;

const UNITS: &str = "unit,kind,name_en,name_hi,parent,valid_from,valid_to,lgd_code\n\
    up,STATE,Uttar Pradesh,उत्तर प्रदेश,,2000-01-01,,9\n\
    range-lucknow,RANGE,Lucknow range,लखनऊ परिक्षेत्र,up,2000-01-01,,\n\
    commissionerate-lucknow,COMMISSIONERATE,Lucknow,लखनऊ,up,2020-01-13,,\n\
    district-162,DISTRICT,Lucknow,लखनऊ,range-lucknow,2000-01-01,2020-01-13,162\n\
    district-162,DISTRICT,Lucknow,लखनऊ,commissionerate-lucknow,2020-01-13,,162\n\
    circle-162-01,CIRCLE,Hazratganj,हजरतगंज,district-162,2000-01-01,,\n";

const STATIONS: &str = "station,seq,type,name_en,name_hi,parent,district,pincode,lat,lon,valid_from,valid_to,synthetic,source\n\
    ps-162-001,1,REGULAR,Hazratganj,हजरतगंज,circle-162-01,district-162,226001,26.85,80.95,2000-01-01,,no,press-2022\n\
    ps-162-002,2,MAHILA,Mahila Thana,महिला थाना,district-162,district-162,,,,2000-01-01,,yes,test\n";

fn found(units: &str, stations: &str, held: &Held) -> Vec<(String, Fault)> {
    let problems = plan(units.as_bytes(), stations.as_bytes(), held).unwrap_err();
    problems.iter().map(|problem| (problem.path(), problem.fault)).collect()
}

fn taken(plan: Plan) -> Held {
    Held { units: plan.units.into_iter().flatten().collect(), stations: plan.stations, version: 1 }
}

fn roll() -> Held {
    taken(plan(UNITS.as_bytes(), STATIONS.as_bytes(), &Held::default()).unwrap())
}

#[test]
fn a_good_roll_is_taken_and_then_held() {
    let first = plan(UNITS.as_bytes(), STATIONS.as_bytes(), &Held::default()).unwrap();
    assert_eq!((first.versions.len(), first.units.len(), first.stations.len(), first.unchanged), (6, 5, 2, 0));
    let again = plan(UNITS.as_bytes(), STATIONS.as_bytes(), &taken(first)).unwrap();
    assert_eq!(again, Plan { unchanged: 8, ..Plan::default() });
}

#[test]
fn a_changed_version_brings_all_versions_of_its_unit() {
    let renamed = UNITS.replace("Lucknow,लखनऊ,commissionerate-lucknow", "Lakhnau,लखनऊ,commissionerate-lucknow");
    let plan = plan(renamed.as_bytes(), b"", &roll()).unwrap();
    assert_eq!((plan.versions.len(), plan.unchanged), (1, 5));
    let names: Vec<&str> = plan.units[0].iter().map(|unit| unit.name.en.as_str()).collect();
    assert_eq!(names, ["Lucknow", "Lakhnau"]);
}

#[test]
fn missing_rows_are_kept_and_serve_as_parents() {
    let one = STATIONS.lines().take(1).chain([
        "ps-162-003,3,REGULAR,Kakori,काकोरी,circle-162-01,district-162,227107,26.87,80.79,2000-01-01,,no,press-2022",
    ]);
    let plan = plan(b"", one.collect::<Vec<_>>().join("\n").as_bytes(), &roll()).unwrap();
    assert_eq!((plan.stations.len(), plan.unchanged), (1, 0));
}

#[test]
fn text_comes_out_composed_and_a_byte_order_mark_is_no_header() {
    let decomposed = format!("\u{FEFF}{}", STATIONS.replace("Hazratganj", "Hazratgan\u{6A}\u{30C}"));
    let plan = plan(UNITS.as_bytes(), decomposed.as_bytes(), &Held::default()).unwrap();
    assert_eq!(plan.stations[0].name.en, "Hazratgan\u{1F0}");
}

#[test]
fn every_bad_cell_is_told_with_its_line_and_column() {
    let stations = "station,seq,type,name_en,name_hi,parent,district,pincode,lat,lon,valid_from,valid_to,synthetic,source\n\
        PS_1,x,THANA,,हजरतगंज,circle-162-01,district-162,2260,26.85,,2000-02-30,,perhaps,press-2022\n\
        ps-162-002,2,MAHILA,Mahila,महिला,district-162,district-162,026001,51.5,-0.1,2000-01-01,1999-01-01,yes,\n\
        ps-162-003,3,MAHILA,too few cells\n";
    let expected = [
        ("stations_csv[2].lon", Fault::Degrees),
        ("stations_csv[2].name_en", Fault::Required),
        ("stations_csv[2].pincode", Fault::Pincode),
        ("stations_csv[2].seq", Fault::Number),
        ("stations_csv[2].station", Fault::Label),
        ("stations_csv[2].synthetic", Fault::YesNo),
        ("stations_csv[2].type", Fault::Term),
        ("stations_csv[2].valid_from", Fault::Date),
        ("stations_csv[3].lat", Fault::OutsideIndia),
        ("stations_csv[3].pincode", Fault::Pincode),
        ("stations_csv[3].source", Fault::Required),
        ("stations_csv[3].valid_to", Fault::Span),
        ("stations_csv[4]", Fault::Cells),
    ];
    assert_eq!(found(UNITS, stations, &Held::default()), expected.map(|(path, fault)| (path.to_owned(), fault)));
}

/// A change of one line of the good roll, and the one problem that it makes.
#[test]
fn a_roll_that_does_not_hold_together_is_refused() {
    let unit = |line: &str| format!("{UNITS}{line}\n");
    let station = |line: &str| format!("{STATIONS}{line}\n");
    let place = "226001,26.85,80.95,2000-01-01,,no,press-2022";
    let cases: Vec<(String, String, &str, Fault)> = vec![
        (UNITS.replace("unit,kind", "kind,unit"), String::new(), "units_csv[1]", Fault::Header),
        (unit("up,STATE,Again,फिर,,2000-01-01,,9"), String::new(), "units_csv[8].unit", Fault::Twice),
        (unit("mp,STATE,Another,दूसरा,,2000-01-01,,9"), String::new(), "units_csv[8].kind", Fault::SecondState),
        (unit("x,STATION,A,अ,up,2000-01-01,,"), String::new(), "units_csv[8].kind", Fault::Term),
        (unit("x,ZONE,A,अ,,2000-01-01,,"), String::new(), "units_csv[8].parent", Fault::Required),
        (unit("x,ZONE,A,अ,zone-unknown,2000-01-01,,"), String::new(), "units_csv[8].parent", Fault::Unknown),
        (
            unit("x,DISTRICT,A,अ,commissionerate-lucknow,2000-01-01,,"),
            String::new(),
            "units_csv[8].parent",
            Fault::Unknown,
        ),
        (unit("up,STATE,Again,फिर,,2010-01-01,,9"), String::new(), "units_csv[8].valid_from", Fault::Overlap),
        (
            UNITS.replace("range-lucknow,2000-01-01,2020-01-13", "range-lucknow,2000-01-01,2020-01-12"),
            String::new(),
            "units_csv[7].parent",
            Fault::Unknown,
        ),
        (
            UNITS.to_owned(),
            station(&format!("ps-162-001,3,REGULAR,A,अ,circle-162-01,district-162,{place}")),
            "stations_csv[4].station",
            Fault::Twice,
        ),
        (
            UNITS.to_owned(),
            station(&format!("ps-162-003,2,REGULAR,A,अ,circle-162-01,district-162,{place}")),
            "stations_csv[4].seq",
            Fault::NumberTaken,
        ),
        (
            UNITS.to_owned(),
            station(&format!("ps-162-003,3,REGULAR,A,अ,range-lucknow,district-162,{place}")),
            "stations_csv[4].parent",
            Fault::ParentKind,
        ),
        (
            UNITS.to_owned(),
            station(&format!("ps-162-003,3,REGULAR,A,अ,circle-162-01,range-lucknow,{place}")),
            "stations_csv[4].district",
            Fault::District,
        ),
        (
            UNITS.to_owned(),
            station(&format!("ps-162-003,3,REGULAR,A,अ,circle-162-09,district-162,{place}")),
            "stations_csv[4].parent",
            Fault::Unknown,
        ),
        (
            UNITS.to_owned(),
            station(&format!("circle-162-01,3,REGULAR,A,अ,circle-162-01,district-162,{place}")),
            "units_csv[7].unit",
            Fault::IdTaken,
        ),
    ];
    for (units, stations, path, fault) in cases {
        let stations = if stations.is_empty() { "" } else { &stations };
        assert_eq!(found(&units, stations, &Held::default()), [(path.to_owned(), fault)], "{path} {fault:?}");
    }
}

#[test]
fn a_circle_is_found_on_the_day_it_closes() {
    let circle = format!(
        "{UNITS}zone-a,ZONE,A,अ,up,2000-01-01,2020-01-01,\nzone-a,ZONE,A,अ,zone-b,2020-01-01,,\nzone-b,ZONE,B,ब,zone-a,2000-01-01,,\n"
    );
    assert_eq!(found(&circle, "", &Held::default()), [("units_csv[9].parent".to_owned(), Fault::Circle)]);
}

#[test]
fn taking_a_parent_away_from_what_is_held_is_told_at_the_parent() {
    let shorter = "unit,kind,name_en,name_hi,parent,valid_from,valid_to,lgd_code\n\
        circle-162-01,CIRCLE,Hazratganj,हजरतगंज,district-162,2000-01-01,2021-01-01,\n";
    assert_eq!(found(shorter, "", &roll()), [("units_csv[2].valid_to".to_owned(), Fault::Unknown)]);
}

#[test]
fn a_bad_unit_does_not_make_its_stations_look_wrong() {
    let units = UNITS.replace("circle-162-01,CIRCLE", "circle-162-01,CIRCUS");
    assert_eq!(found(&units, STATIONS, &Held::default()), [("units_csv[7].kind".to_owned(), Fault::Term)]);
}

#[test]
fn two_stations_may_swap_their_numbers() {
    let swapped = STATIONS.replace("ps-162-001,1,", "ps-162-001,2,").replace("ps-162-002,2,", "ps-162-002,1,");
    assert_eq!(plan(b"", swapped.as_bytes(), &roll()).unwrap().stations.len(), 2);
}

#[test]
fn the_roll_of_the_repository_is_good() {
    let units = include_bytes!("../../../data/units.csv");
    let stations = include_bytes!("../../../data/stations.csv");
    let plan = plan(units, stations, &Held::default()).unwrap();
    let desks = plan.stations.iter().filter(|station| station.kind.has_desk()).count();
    assert_eq!((plan.stations.len(), desks), (1584, 1535));
}
