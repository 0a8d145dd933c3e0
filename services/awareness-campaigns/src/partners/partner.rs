//! A partner, and whether it may be given events.

use chrono::NaiveDate;
use platform::Refusal;
use platform::fields::Fields;
use platform::terms::Term as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::terms::{PartnerKind, SuspensionReason, VettingState};

/// What is told of a new partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewPartner {
    /// Drawn before.
    pub id: Uuid,
    /// The organisation's name.
    pub display_name: String,
    /// What it is.
    pub kind: PartnerKind,
    /// Its number of registration.
    pub registration_no: String,
    /// The last day of its agreement.
    pub mou_valid_to: NaiveDate,
    /// It may be given events at stations of this unit.
    pub unit: String,
}

/// A partner organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partner {
    /// A random UUID.
    pub id: Uuid,
    /// The organisation's name.
    pub display_name: String,
    /// What it is.
    pub kind: PartnerKind,
    /// Its number of registration, once a unit.
    pub registration_no: String,
    /// The last day of its agreement.
    pub mou_valid_to: NaiveDate,
    /// It may be given events at stations of this unit.
    pub unit: String,
    /// Whether it may be given events.
    pub vetting: VettingState,
    /// Why it is suspended; exactly then.
    pub suspension: Option<SuspensionReason>,
    /// Who registered it.
    pub registered_by: String,
    /// Who vetted or suspended it last.
    pub vetted_by: Option<String>,
    /// From 1; one more with every change.
    pub version: i64,
}

/// What comes of looking at a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vetting {
    /// Its papers are in order.
    Vetted {
        /// The last day of a renewed agreement; `None`: as it stands.
        mou_valid_to: Option<NaiveDate>,
    },
    /// It is given no event any more.
    Suspended(SuspensionReason),
}

impl NewPartner {
    /// The partner, not yet looked at.
    ///
    /// # Errors
    /// `INVALID_FIELDS` when its agreement has run out on `today`.
    pub(crate) fn register(self, by: &str, today: NaiveDate) -> Result<Partner, Refusal> {
        need_running(self.mou_valid_to, "partner.mou_valid_to", today)?;
        Ok(Partner {
            id: self.id,
            display_name: self.display_name,
            kind: self.kind,
            registration_no: self.registration_no,
            mou_valid_to: self.mou_valid_to,
            unit: self.unit,
            vetting: VettingState::Pending,
            suspension: None,
            registered_by: by.to_owned(),
            vetted_by: None,
            version: 1,
        })
    }
}

fn need_running(mou_valid_to: NaiveDate, field: &str, today: NaiveDate) -> Result<(), Refusal> {
    let mut fields = Fields::new();
    if mou_valid_to < today {
        fields.wrong(field, "has passed", "बीत चुका है");
    }
    fields.finish()
}

impl Partner {
    /// Changes with every change.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// # Errors
    /// `ETAG_MISMATCH` when the caller read another version; empty: any will do.
    pub(crate) fn need_etag(&self, sent: &str) -> Result<(), Refusal> {
        if sent.is_empty() || sent == self.etag() { Ok(()) } else { Err(Refusal::etag_mismatch(sent, self.etag())) }
    }

    /// The partner after somebody looked at it. A suspended one may be vetted again.
    ///
    /// # Errors
    /// `STATE_FORBIDS` when it stands so already and nothing is renewed; `SAME_PERSON` when whoever registered it would
    /// vet it (suspending is open to everyone who may); `INVALID_FIELDS` when its agreement has run out.
    pub(crate) fn vet(&self, vetting: Vetting, by: &str, today: NaiveDate) -> Result<Self, Refusal> {
        let mut after = self.clone();
        match vetting {
            Vetting::Vetted { mou_valid_to } => {
                if self.vetting == VettingState::Vetted && mou_valid_to.is_none() {
                    return Err(Refusal::state_forbids(self.vetting.name()));
                }
                if by == self.registered_by {
                    return Err(Refusal::same_person());
                }
                after.mou_valid_to = mou_valid_to.unwrap_or(self.mou_valid_to);
                need_running(after.mou_valid_to, "vetted.mou_valid_to", today)?;
                (after.vetting, after.suspension) = (VettingState::Vetted, None);
            }
            Vetting::Suspended(reason) => {
                if self.vetting == VettingState::Suspended {
                    return Err(Refusal::state_forbids(self.vetting.name()));
                }
                (after.vetting, after.suspension) = (VettingState::Suspended, Some(reason));
            }
        }
        after.vetted_by = Some(by.to_owned());
        after.version += 1;
        Ok(after)
    }

    /// # Errors
    /// `PARTNER_NOT_VETTED` unless it may be given an event of that day.
    pub(crate) fn need_fit_on(&self, day: NaiveDate) -> Result<(), Refusal> {
        if self.vetting == VettingState::Vetted && day <= self.mou_valid_to {
            Ok(())
        } else {
            Err(Refusal::partner_not_vetted())
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::samples::day;

    pub(crate) fn registered() -> Partner {
        NewPartner {
            id: Uuid::from_u128(9),
            display_name: "Sahyog".into(),
            kind: PartnerKind::Ngo,
            registration_no: "UP/2016/0102030".into(),
            mou_valid_to: day("2020-12-31"),
            unit: "district-157".into(),
        }
        .register("posts/a", day("2020-10-23"))
        .unwrap()
    }

    const VETTED: Vetting = Vetting::Vetted { mou_valid_to: None };

    #[test]
    fn a_partner_is_vetted_by_another_than_who_registered_it() {
        let partner = registered();
        let today = day("2020-10-23");
        assert_eq!(partner.vet(VETTED, "posts/a", today).unwrap_err().reason(), "SAME_PERSON");
        let vetted = partner.vet(VETTED, "posts/b", today).unwrap();
        assert_eq!((vetted.vetting, vetted.vetted_by.as_deref()), (VettingState::Vetted, Some("posts/b")));
        assert_eq!(vetted.vet(VETTED, "posts/b", today).unwrap_err().reason(), "STATE_FORBIDS");
        let renewed = Vetting::Vetted { mou_valid_to: Some(day("2021-12-31")) };
        assert_eq!(vetted.vet(renewed, "posts/c", today).unwrap().mou_valid_to, day("2021-12-31"));
    }

    #[test]
    fn whoever_may_suspends_and_what_is_suspended_may_be_vetted_again() {
        let today = day("2020-10-23");
        let suspend = Vetting::Suspended(SuspensionReason::Conduct);
        let suspended = registered().vet(suspend, "posts/a", today).unwrap();
        assert_eq!(
            (suspended.vetting, suspended.suspension),
            (VettingState::Suspended, Some(SuspensionReason::Conduct))
        );
        assert_eq!(suspended.vet(suspend, "posts/b", today).unwrap_err().reason(), "STATE_FORBIDS");
        let again = suspended.vet(VETTED, "posts/b", today).unwrap();
        assert_eq!((again.vetting, again.suspension, again.version), (VettingState::Vetted, None, 3));
    }

    #[test]
    fn only_a_vetted_partner_whose_agreement_runs_is_given_an_event() {
        let (last, after) = (day("2020-12-31"), day("2021-01-01"));
        let fit = |partner: &Partner, day| partner.need_fit_on(day).map_err(|refusal| refusal.reason());
        let pending = registered();
        let vetted = pending.vet(VETTED, "posts/b", day("2020-10-23")).unwrap();
        let suspended =
            vetted.vet(Vetting::Suspended(SuspensionReason::OwnWish), "posts/b", day("2020-10-23")).unwrap();
        assert_eq!(fit(&vetted, last), Ok(()));
        for (partner, day) in [(&pending, last), (&suspended, last), (&vetted, after)] {
            assert_eq!(fit(partner, day), Err("PARTNER_NOT_VETTED"), "{:?}", partner.vetting);
        }
    }

    #[test]
    fn an_agreement_that_ran_out_neither_registers_nor_vets() {
        let late = day("2021-01-01");
        assert_eq!(registered().vet(VETTED, "posts/b", late).unwrap_err().violations()[0].field, "vetted.mou_valid_to");
        let renewed = Vetting::Vetted { mou_valid_to: Some(late) };
        assert!(registered().vet(renewed, "posts/b", late).is_ok(), "its last day counts");
    }
}
