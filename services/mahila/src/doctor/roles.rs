//! The role that serves may read and write rows, and nothing else; another one owns the tables.

use futures_util::future::join;
use platform::postgres;
use platform::settings::{DatabaseSettings, Service};
use sqlx::PgPool;

use super::finding::{Check, Finding};
use super::patient::Patient;
use super::text::{plain, text};
use super::{schema, store, vault};

pub(super) async fn findings(patient: &Patient, service: Service, db: &PgPool) -> Vec<Finding> {
    let (mut findings, owner) = Box::pin(join(app(patient, service, db), owner(patient, service))).await;
    findings.push(owner);
    findings
}

async fn app(patient: &Patient, service: Service, db: &PgPool) -> Vec<Finding> {
    let [app, journal, create, others] =
        ["roles.app", "roles.journal", "roles.create", "roles.others"].map(|name| Check::of(name, service));
    let role = match tokio::time::timeout(patient.patience, store::role(db)).await {
        Ok(Ok(role)) => role,
        Ok(Err(error)) => return vec![app.refused(&error)],
        Err(_) => return vec![app.within(patient.patience, std::future::pending()).await],
    };
    let first = attributes(&app, service, &role);
    let vault = vault::check(patient, service);
    if role.superuser || role.owns {
        let excused = |check: &Check| {
            check.skip(
                text!("whoever is superuser or owner may do everything", "superuser या मालिक (owner) सब कुछ कर सकता है"),
                text!("mend roles.app first", "पहले roles.app ठीक करें"),
            )
        };
        let mut findings = vec![first, excused(&journal), excused(&create), excused(&others)];
        findings.extend(vault.as_ref().map(excused));
        return findings;
    }
    let patience = patient.patience;
    let known = known(patient);
    let (journal, (create, others)) = join(
        journal.asked(patience, async {
            Ok(changes(&journal, &store::may_change(db).await?, store::may_write(db).await?, &role.name))
        }),
        join(
            create.asked(patience, async { Ok(creates(&create, &store::may_create(db).await?, &role.name)) }),
            others.asked(patience, async { Ok(visits(&others, &store::may_visit(db, &known).await?, &role.name)) }),
        ),
    )
    .await;
    let mut findings = vec![first, journal, create, others];
    if let Some(check) = vault {
        findings.push(vault::finding(&check, patient, service, db).await);
    }
    findings
}

/// Databases of the suite: by the settings, and by the names they have by default.
fn known(patient: &Patient) -> Vec<String> {
    let told = Service::ALL
        .into_iter()
        .filter_map(|service| schema::database_of(patient.settings.database.get(service)?.url.as_ref()?));
    let mut known: Vec<String> = told.chain(Service::ALL.map(|service| service.name().to_owned())).collect();
    known.sort();
    known.dedup();
    known
}

fn attributes(check: &Check, service: Service, role: &store::Role) -> Finding {
    let name = &role.name;
    if role.superuser {
        return check.mend(
            text!("`{name}` is a superuser", "`{name}` superuser है"),
            text!(
                "ALTER ROLE {name} NOSUPERUSER, or give database.{service}.url the role that only serves",
                "ALTER ROLE {name} NOSUPERUSER चलाएँ, या database.{service}.url में केवल सेवा वाली role दें",
            ),
        );
    }
    if role.owns {
        return check.mend(
            text!("`{name}` owns tables, a schema or the database", "`{name}` तालिकाओं, schema या डेटाबेस की मालिक (owner) है"),
            text!(
                "give database.{service}.url another role than the owner's, name it as `app_role` and run `mahila migrate {service}`",
                "database.{service}.url में मालिक (owner) से अलग role दें, उसे `app_role` में लिखें और `mahila migrate {service}` चलाएँ",
            ),
        );
    }
    if !role.too_much.is_empty() {
        let too_much = role.too_much.join(", ");
        return check.mend(
            text!("`{name}` has more than it needs: {too_much}", "`{name}` के पास ज़रूरत से अधिक अधिकार हैं: {too_much}"),
            text!(
                "take it away (ALTER ROLE {name} NO…, or REVOKE of the membership): the service reads and writes rows, no more",
                "उसे वापस लें (ALTER ROLE {name} NO…, या सदस्यता का REVOKE): सेवा केवल पंक्तियाँ पढ़ती-लिखती है",
            ),
        );
    }
    check.ok(text!("`{name}` is neither superuser nor owner", "`{name}` न superuser है, न मालिक (owner)"))
}

fn changes(check: &Check, may_change: &[String], may_write: bool, name: &str) -> Finding {
    if !may_change.is_empty() {
        let rights = may_change.join(", ");
        return check.mend(
            text!("`{name}` may {rights}", "`{name}` कर सकती है: {rights}"),
            text!(
                "run `mahila migrate` with `app_role`, which takes away what the journal's role must not have; see who granted it",
                "`app_role` के साथ `mahila migrate` चलाएँ, जो अनुचित अधिकार हटाता है; देखें किसने दिया था",
            ),
        );
    }
    if !may_write {
        return check.mend(
            text!("`{name}` may not add to the journal", "`{name}` journal में जोड़ नहीं सकती"),
            text!(
                "run `mahila migrate` with `app_role`, which grants it",
                "`app_role` के साथ `mahila migrate` चलाएँ, जो यह अधिकार देता है"
            ),
        );
    }
    check.ok(text!("it may add and never change", "जोड़ सकती है, बदल नहीं सकती"))
}

fn creates(check: &Check, may_create: &[String], name: &str) -> Finding {
    if may_create.is_empty() {
        return check.ok(text!("it may make no tables", "तालिका नहीं बना सकती"));
    }
    let places = may_create.join(", ");
    check.mend(
        text!("`{name}` may make things in: {places}", "`{name}` इनमें नई चीज़ें बना सकती है: {places}"),
        text!(
            "REVOKE CREATE ON SCHEMA … (or ON DATABASE) FROM {name}, and from PUBLIC",
            "REVOKE CREATE ON SCHEMA … (या ON DATABASE) FROM {name} चलाएँ, और PUBLIC से भी",
        ),
    )
}

fn visits(check: &Check, may_visit: &[String], name: &str) -> Finding {
    if may_visit.is_empty() {
        return check.ok(text!("it may enter no other service's database", "किसी और सेवा के डेटाबेस में नहीं जा सकती"));
    }
    let databases = may_visit.join(", ");
    check.mend(
        text!("`{name}` may connect to: {databases}", "`{name}` इनसे जुड़ सकती है: {databases}"),
        text!(
            "REVOKE CONNECT ON DATABASE … FROM PUBLIC (and from {name}), then GRANT it to that service's roles",
            "REVOKE CONNECT ON DATABASE … FROM PUBLIC (और {name}) चलाएँ, फिर उस सेवा की roles को GRANT करें",
        ),
    )
}

/// Where the owner's address is given (for `migrate`), it must be the owner's.
async fn owner(patient: &Patient, service: Service) -> Finding {
    let check = Check::of("roles.owner", service);
    let settings = patient.settings.database.get(service).filter(|settings| settings.owner_url.is_some());
    let Some(settings) = settings else {
        return check.skip(
            text!(
                "there is no owner_url here, and to serve none is needed",
                "यहाँ owner_url नहीं है, और सेवा के लिए ज़रूरी भी नहीं"
            ),
            text!("look at it with the settings of `mahila migrate`", "इसे `mahila migrate` की सेटिंग के साथ देखें"),
        );
    };
    let as_owner = DatabaseSettings {
        url: settings.owner_url.clone(),
        max_connections: 1,
        acquire_timeout: patient.patience,
        ..settings.clone()
    };
    let same = settings.url.is_some() && settings.url == settings.owner_url;
    check
        .within(patient.patience, async {
            let pool = match postgres::pool(&as_owner, "mahila doctor").await {
                Ok(pool) => pool,
                Err(error) => {
                    return check.mend(
                        plain(format!("owner_url: {error}")),
                        text!(
                            "correct owner_url: `mahila migrate` needs it",
                            "owner_url सुधारें: `mahila migrate` को यह चाहिए"
                        ),
                    );
                }
            };
            let owns = store::owns_tables(&pool).await;
            pool.close().await;
            match owns {
                Err(error) => check.refused(&error),
                Ok(None) => check.skip(
                    text!("the tables are not there yet", "तालिकाएँ अभी नहीं बनी हैं"),
                    text!("mend schema.migrations first", "पहले schema.migrations ठीक करें"),
                ),
                Ok(Some(true)) if !same => check.ok(text!("owner_url is the owner's", "owner_url मालिक (owner) का है")),
                Ok(Some(owns)) => check.mend(
                    if owns {
                        text!("owner_url and url are one and the same", "owner_url और url एक ही हैं")
                    } else {
                        text!(
                            "the role of owner_url does not own the tables",
                            "owner_url की role तालिकाओं की मालिक (owner) नहीं है"
                        )
                    },
                    text!(
                        "let one role own the tables (owner_url) and another serve (url)",
                        "एक role तालिकाओं की मालिक हो (owner_url) और दूसरी सेवा करे (url)",
                    ),
                ),
            }
        })
        .await
}
