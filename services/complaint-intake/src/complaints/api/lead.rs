//! A complaint that began at an awareness event. Partners never come near identity: what a woman tells there reaches the police
//! only as far as she consents, and then names the event.

use mahila_proto::intake::v1 as wire;
use platform::fields::Fields;
use platform::terms::Term as _;
use uuid::Uuid;

use crate::complaints::complaint::CampaignEvent;
use crate::terms::Channel;

/// The event, where the channel is a campaign; nothing of it, and no consent, where it is not.
pub(super) fn campaign_event(fields: &mut Fields, message: &wire::RegisterComplaintRequest) -> Option<CampaignEvent> {
    let name = &message.campaign_event;
    if Channel::from_number(message.channel) != Some(Channel::Campaign) {
        if message.consent {
            fields.wrong("consent", "is asked with channel CAMPAIGN alone", "केवल CAMPAIGN माध्यम के साथ पूछी जाती है");
        }
        if !name.is_empty() {
            fields.wrong(
                "campaign_event",
                "is told with channel CAMPAIGN alone",
                "केवल CAMPAIGN माध्यम के साथ बताया जाता है",
            );
        }
        return None;
    }
    if !message.consent {
        fields.wrong(
            "consent",
            "is required: without her consent nothing told at an event is passed on",
            "आवश्यक है: उसकी सहमति के बिना कार्यक्रम में बताई गई बात आगे नहीं भेजी जाती",
        );
    }
    if name.is_empty() {
        fields.wrong("campaign_event", "is required", "आवश्यक है");
        return None;
    }
    let event = parse(name);
    if event.is_none() {
        fields.wrong(
            "campaign_event",
            "must be campaigns/, a UUID, /events/ and a UUID",
            "campaigns/, UUID, /events/ और UUID होना चाहिए",
        );
    }
    event
}

fn parse(name: &str) -> Option<CampaignEvent> {
    let (campaign, event) = name.strip_prefix("campaigns/")?.split_once("/events/")?;
    Some(CampaignEvent { campaign: Uuid::try_parse(campaign).ok()?, event: Uuid::try_parse(event).ok()? })
}

/// `campaigns/{uuid}/events/{uuid}`.
pub(super) fn event_name(event: &CampaignEvent) -> String {
    format!("campaigns/{}/events/{}", event.campaign, event.event)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "campaigns/0b7c1a52-6c0e-4b6e-9d0a-5a4a1f1d2c3b/events/9f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1";

    fn asked(channel: Channel, consent: bool, name: &str) -> (Option<String>, Vec<String>) {
        let message = wire::RegisterComplaintRequest {
            channel: channel.number().into(),
            consent,
            campaign_event: name.into(),
            ..wire::RegisterComplaintRequest::default()
        };
        let mut fields = Fields::new();
        let event = campaign_event(&mut fields, &message);
        let wrong = fields.into_violations().into_iter().map(|violation| violation.field).collect();
        (event.as_ref().map(event_name), wrong)
    }

    #[test]
    fn a_lead_names_its_event_and_her_consent_and_nothing_else_does() {
        let fine: Vec<String> = vec![];
        assert_eq!(asked(Channel::Campaign, true, NAME), (Some(NAME.to_owned()), fine.clone()));
        assert_eq!(asked(Channel::Campaign, false, ""), (None, vec!["consent".into(), "campaign_event".into()]));
        assert_eq!(asked(Channel::Campaign, false, NAME).1, ["consent"]);
        for bad in ["campaigns/x", "events/1", &NAME[1..], &NAME[..NAME.len() - 1], "campaigns/1/events/2"] {
            assert_eq!(asked(Channel::Campaign, true, bad), (None, vec!["campaign_event".into()]), "{bad}");
        }
        for channel in Channel::ALL.iter().filter(|channel| **channel != Channel::Campaign) {
            assert_eq!(asked(*channel, false, ""), (None, fine.clone()), "{channel:?}");
            assert_eq!(asked(*channel, true, NAME).1, ["consent", "campaign_event"], "{channel:?}");
        }
    }
}
