//! Each service is replaced, one container by another, under load. A call is sent once, and none fails: the client looks names up
//! again and lets go of who is leaving, and who is leaving serves on until everybody has.

use mahila_tests::house::SERVICES;

use crate::load::{Load, Manner};
use crate::town::Town;

pub async fn each_service_is_replaced_and_no_call_fails(town: &mut Town<'_>) {
    let load = Load::begin(town, Manner::Once);
    load.goes_on().await;
    for service in SERVICES {
        town.replace(service).await;
        load.goes_on().await;
        assert!(load.failures().is_empty(), "as {service} was replaced: {:#?}", load.failures());
    }
    load.end(town).await;
}
