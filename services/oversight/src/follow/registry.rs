//! Desks and their days, and the units and stations that everything is added up along.

use std::collections::BTreeMap;

use mahila_proto::registry::v1 as wire;
use platform::directory::{DirectoryCopy, REGISTRY, STATION_CHANGED, UNIT_CHANGED};
use platform::feed::{ApplyError, Entry, Projection};
use platform::fields::day_of;
use platform::journal::Draft;
use platform::terms::Term as _;
use platform::write::{By, Tx};
use prost::Message as _;

use super::id_of;
use crate::ledger::store::{self, Fault};
use crate::ledger::{DeskDay, DeskDayStatus, Happening, Tally, count};

const DESK_OPENED: &str = "registry.desk.opened";
const DESK_DAY_CLOSED: &str = "registry.desk_day.closed";

/// Follows the registry: units and stations (the copy that the whole service reads), desks and their days.
#[derive(Debug)]
pub struct Registry {
    copy: DirectoryCopy,
}

impl Registry {
    /// Passes units and stations on to `copy`.
    #[must_use]
    pub fn new(copy: DirectoryCopy) -> Self {
        Self { copy }
    }
}

impl Projection for Registry {
    fn source(&self) -> &'static str {
        REGISTRY
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[UNIT_CHANGED, STATION_CHANGED, DESK_OPENED, DESK_DAY_CLOSED]
    }

    async fn apply(&self, tx: &mut Tx, by: &By, entries: &[Entry]) -> Result<Vec<Draft>, ApplyError> {
        let mut districts = BTreeMap::new();
        let mut desks = BTreeMap::new();
        let mut tally = Tally::default();
        for entry in entries {
            match entry.kind.as_str() {
                STATION_CHANGED => {
                    if let Some(station) = wire::StationChanged::decode(&entry.payload[..])?.station {
                        districts.insert(id_of(&station.name), id_of(&station.district));
                    }
                }
                DESK_OPENED => {
                    if let Some(desk) = wire::DeskOpened::decode(&entry.payload[..])?.desk {
                        desks.insert(id_of(&desk.name), day_of(desk.opened_on.as_ref()).unwrap_or(entry.day));
                    }
                }
                DESK_DAY_CLOSED => {
                    if let Some(closed) = wire::DeskDayClosed::decode(&entry.payload[..])?.desk_day {
                        count(&Happening::DeskDay(desk_day(&closed, entry)), &mut tally);
                    }
                }
                _ => {}
            }
        }
        store::regroup(tx, &districts).await?;
        let drafts = self.copy.apply(tx, by, entries).await?;
        store::open_desks(tx, &desks).await?;
        store::add(tx, &tally).await?;
        Ok(drafts)
    }

    async fn reset(&self, tx: &mut Tx) -> Result<(), Fault> {
        store::forget_registry(tx).await?;
        self.copy.reset(tx).await
    }

    async fn committed(&self) -> Result<(), Fault> {
        self.copy.committed().await
    }
}

fn desk_day(closed: &wire::DeskDay, entry: &Entry) -> DeskDay {
    DeskDay {
        station: id_of(&closed.station),
        day: day_of(closed.day.as_ref()).unwrap_or(entry.day),
        status: DeskDayStatus::from_number(closed.status),
        check_ins_expected: closed.check_ins_expected.into(),
        check_ins: closed.check_ins.into(),
        service_minutes: closed.service_minutes.into(),
        two_women_minutes: closed.two_women_minutes.into(),
    }
}
