//! The role that alone reads what is sealed (`vault_role`): it is there, the role that serves takes it on and has nothing of it
//! before, and it may do what the vault needs and nothing else.

use platform::settings::Service;
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::store;
use super::text::text;

/// Rights told by name; of more, how many.
const SHOWN: usize = 3;

/// Where a role is named, and in the intake, which has something sealed.
pub(super) fn check(patient: &Patient, service: Service) -> Option<Check> {
    (named(patient, service).is_some() || service == Service::Intake).then(|| Check::of("roles.vault", service))
}

pub(super) async fn finding(check: &Check, patient: &Patient, service: Service, db: &PgPool) -> Finding {
    let named = named(patient, service);
    let looking = async { Ok(judge(check, service, named, &store::vault(db, named).await?)) };
    Box::pin(check.asked(patient.patience, looking)).await
}

fn named(patient: &Patient, service: Service) -> Option<&str> {
    patient.settings.database.get(service)?.vault_role.as_deref()
}

fn judge(check: &Check, service: Service, named: Option<&str>, seen: &store::Vault) -> Finding {
    if service == Service::Intake && !seen.sealed {
        return check.skip(
            text!("the tables are not there yet", "तालिकाएँ अभी नहीं बनी हैं"),
            text!("mend schema.migrations first", "पहले schema.migrations ठीक करें"),
        );
    }
    match named {
        None => unnamed(check, service, seen),
        Some(role) => role_itself(check, service, role, seen)
            .or_else(|| taking_on(check, service, role, seen))
            .or_else(|| rights(check, service, role, seen))
            .unwrap_or_else(|| well(check, role, seen)),
    }
}

fn unnamed(check: &Check, service: Service, seen: &store::Vault) -> Finding {
    let app = &seen.app;
    if seen.read_by_app.is_empty() {
        return check.ok(text!(
            "`{app}` reads nothing that is sealed unless it takes on another role",
            "`{app}` दूसरी role धारण किए बिना सीलबंद कुछ नहीं पढ़ सकती"
        ));
    }
    check.look(
        text!("`{app}` itself reads what is sealed, by any statement", "`{app}` सीलबंद बातें स्वयं पढ़ सकती है, किसी भी statement से"),
        text!(
            "CREATE ROLE {service}_vault NOLOGIN; GRANT {service}_vault TO {app}; name it in database.{service}.vault_role and \
             run `mahila migrate {service}`",
            "CREATE ROLE {service}_vault NOLOGIN; GRANT {service}_vault TO {app} चलाएँ; उसे database.{service}.vault_role में लिखें \
             और `mahila migrate {service}` चलाएँ",
        ),
    )
}

/// Whether there is such a role, and whether it is no more than one.
fn role_itself(check: &Check, service: Service, role: &str, seen: &store::Vault) -> Option<Finding> {
    if !seen.exists {
        return Some(check.mend(
            text!("there is no role `{role}`", "`{role}` नाम की कोई role नहीं है"),
            text!(
                "CREATE ROLE {role} NOLOGIN, or correct database.{service}.vault_role; then run `mahila migrate {service}`",
                "CREATE ROLE {role} NOLOGIN चलाएँ, या database.{service}.vault_role सुधारें; फिर `mahila migrate {service}` चलाएँ",
            ),
        ));
    }
    (!seen.too_much.is_empty()).then(|| {
        let too_much = seen.too_much.join(", ");
        check.mend(
            text!("`{role}` has more than it needs: {too_much}", "`{role}` के पास ज़रूरत से अधिक अधिकार हैं: {too_much}"),
            text!(
                "take it away (ALTER ROLE {role} NO…, or REVOKE of the membership): it is taken on, and never logs in",
                "उसे वापस लें (ALTER ROLE {role} NO…, या सदस्यता का REVOKE): यह role केवल धारण की जाती है, login नहीं करती",
            ),
        )
    })
}

/// Whether the role that serves takes it on, and has nothing of it before it does.
fn taking_on(check: &Check, service: Service, role: &str, seen: &store::Vault) -> Option<Finding> {
    let app = &seen.app;
    let (en, hi, mend) = if !seen.taken_on {
        let options = if seen.is_16 { " WITH INHERIT FALSE, SET TRUE" } else { "" };
        (
            format!("`{app}` cannot take on `{role}`"),
            format!("`{app}` `{role}` को धारण नहीं कर सकती"),
            format!("GRANT {role} TO {app}{options}"),
        )
    } else if seen.inherited && *app == role {
        (
            format!("`{role}` is the role that serves itself"),
            format!("`{role}` वही role है जो सेवा करती है"),
            format!(
                "CREATE ROLE {service}_vault NOLOGIN; GRANT {service}_vault TO {app}; vault_role = \"{service}_vault\""
            ),
        )
    } else if seen.inherited {
        (
            format!("`{app}` has the rights of `{role}` without taking it on"),
            format!("`{app}` के पास `{role}` के अधिकार उसे धारण किए बिना ही हैं"),
            if seen.is_16 {
                format!("GRANT {role} TO {app} WITH INHERIT FALSE")
            } else {
                format!("ALTER ROLE {app} NOINHERIT")
            },
        )
    } else {
        return None;
    };
    Some(check.mend(text!("{en}", "{hi}"), text!("{mend}", "{mend}")))
}

/// What `mahila migrate` grants, no less and no more.
fn rights(check: &Check, service: Service, role: &str, seen: &store::Vault) -> Option<Finding> {
    let app = &seen.app;
    let found = if !seen.lacks.is_empty() {
        let lacks = short(&seen.lacks);
        text!("`{role}` may not {lacks}, which the vault needs", "`{role}` यह नहीं कर सकती, जो vault को चाहिए: {lacks}")
    } else if !seen.beyond.is_empty() {
        let beyond = short(&seen.beyond);
        text!(
            "`{role}` may {beyond}, which the vault does not need",
            "`{role}` यह कर सकती है, जो vault को नहीं चाहिए: {beyond}"
        )
    } else if !seen.read_by_app.is_empty() {
        let read = short(&seen.read_by_app);
        text!(
            "`{app}` itself may {read}, without taking on `{role}`",
            "`{app}` `{role}` को धारण किए बिना ही यह कर सकती है: {read}"
        )
    } else {
        return None;
    };
    Some(check.mend(
        found,
        text!(
            "run `mahila migrate {service}` with `app_role` and `vault_role`, which grants what is needed and takes away the \
             rest; what is left was granted by somebody else, or to PUBLIC",
            "`app_role` और `vault_role` के साथ `mahila migrate {service}` चलाएँ, जो ज़रूरी अधिकार देता है और बाक़ी हटाता है; जो बचे वह किसी और ने, \
             या PUBLIC को दिया है",
        ),
    ))
}

fn well(check: &Check, role: &str, seen: &store::Vault) -> Finding {
    let app = &seen.app;
    check.ok(if seen.sealed {
        text!(
            "`{role}` alone reads what is sealed, and nothing else; `{app}` takes it on",
            "सीलबंद बातें केवल `{role}` पढ़ सकती है, और कुछ नहीं; `{app}` उसे धारण करती है"
        )
    } else {
        text!("`{role}` may do nothing, as nothing is sealed here", "`{role}` कुछ नहीं कर सकती, क्योंकि यहाँ कुछ सीलबंद नहीं है")
    })
}

fn short(rights: &[String]) -> String {
    let shown = rights.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match rights.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown}, … (+{more})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn good() -> store::Vault {
        store::Vault {
            app: "intake_app".into(),
            is_16: false,
            sealed: true,
            exists: true,
            taken_on: true,
            inherited: false,
            too_much: Vec::new(),
            lacks: Vec::new(),
            beyond: Vec::new(),
            read_by_app: Vec::new(),
        }
    }

    fn judged(seen: &store::Vault) -> Finding {
        judge(&Check::of("roles.vault", "intake"), Service::Intake, Some("intake_vault"), seen)
    }

    #[test]
    fn the_statement_that_mends_it_is_that_of_the_servers_version() {
        assert_eq!(judged(&good()).state, State::Ok);
        for (seen, mend) in [
            (store::Vault { taken_on: false, ..good() }, "GRANT intake_vault TO intake_app"),
            (
                store::Vault { taken_on: false, is_16: true, ..good() },
                "GRANT intake_vault TO intake_app WITH INHERIT FALSE, SET TRUE",
            ),
            (store::Vault { inherited: true, ..good() }, "ALTER ROLE intake_app NOINHERIT"),
            (
                store::Vault { inherited: true, is_16: true, ..good() },
                "GRANT intake_vault TO intake_app WITH INHERIT FALSE",
            ),
        ] {
            let finding = judged(&seen);
            assert_eq!((finding.state, finding.mend.unwrap().en.as_str()), (State::Mend, mend));
        }
    }

    #[test]
    fn the_first_fault_is_told_and_a_few_rights_of_many() {
        let rights: Vec<String> = (1..=5).map(|number| format!("SELECT intake.t{number}")).collect();
        let finding = judged(&store::Vault { beyond: rights.clone(), read_by_app: rights, ..good() });
        assert_eq!(
            finding.found.en,
            "`intake_vault` may SELECT intake.t1, SELECT intake.t2, SELECT intake.t3, … (+2), which the vault does not need"
        );
    }

    #[test]
    fn where_no_role_is_named_somebody_should_look() {
        let check = Check::of("roles.vault", "intake");
        let read_by_app = vec!["SELECT vault.persons".to_owned()];
        let state = |seen| judge(&check, Service::Intake, None, &seen).state;
        assert_eq!(state(store::Vault { exists: false, read_by_app, ..good() }), State::Look);
        assert_eq!(state(store::Vault { exists: false, ..good() }), State::Ok, "another process names it");
        assert_eq!(state(store::Vault { sealed: false, ..good() }), State::Skip, "before the first migration");
    }
}
