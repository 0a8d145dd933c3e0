//! The five services, by the names that people type.

use std::fmt;
use std::str::FromStr;

/// One service of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Stations, desks, rosters.
    Registry,
    /// Complaints and what is done about them.
    Intake,
    /// Review cycles and sittings.
    Review,
    /// Awareness campaigns.
    Campaigns,
    /// Statements, index, rankings.
    Oversight,
}

impl Service {
    /// All of them, in the order in which a day's work flows through them.
    pub const ALL: [Self; 5] = [Self::Registry, Self::Intake, Self::Review, Self::Campaigns, Self::Oversight];

    /// The name in `mahila serve NAME` and in the settings; also the name of its database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Intake => "intake",
            Self::Review => "review",
            Self::Campaigns => "campaigns",
            Self::Oversight => "oversight",
        }
    }

    /// The name by which telemetry, charts and feeds know it: that of its crate.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::Registry => "station-registry",
            Self::Intake => "complaint-intake",
            Self::Review => "review-scheduling",
            Self::Campaigns => "awareness-campaigns",
            Self::Oversight => "oversight",
        }
    }

    /// The package of its contract: `mahila.{package}.v1`.
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Intake => "intake",
            Self::Review => "review",
            Self::Campaigns => "campaign",
            Self::Oversight => "oversight",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The given name is none of the five.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no service `{0}`: choose registry, intake, review, campaigns or oversight")]
pub struct UnknownService(String);

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|service| service.name() == name || service.source() == name)
            .ok_or_else(|| UnknownService(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_a_service_find_it() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
            assert_eq!(service.source().parse(), Ok(service));
        }
        assert!("desk".parse::<Service>().unwrap_err().to_string().contains("choose registry"));
    }
}
