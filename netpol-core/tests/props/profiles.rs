//! The engine against the naive oracle under the profile of every network plugin, and under every
//! value of every option by itself.

use super::oracle::Options;
use super::{Tally, agrees, config, part_of_clusters, random, services, through_services};
use netpol_core::{Profile, ProfileOption};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;

/// What a plugin does, with a name for it.
struct Setting {
    name: String,
    options: Options,
}

/// The options of a profile, for the oracle.
pub(super) fn options_of(profile: &Profile) -> Options {
    let all = ProfileOption::ALL.iter();
    all.fold(Options::default(), |options, option| options.with(option.code(), profile.value(*option)))
}

fn plugins() -> Vec<Setting> {
    let of = |profile: &Profile| Setting { name: profile.name.to_owned(), options: options_of(profile) };
    Profile::PLUGINS.iter().filter(|profile| **profile != Profile::GENERIC).map(of).collect()
}

/// The specification with one option at another value.
fn single_options() -> Vec<Setting> {
    let generic = options_of(&Profile::GENERIC);
    let changed = Options::all().filter(|(option, value)| generic.get(option) != *value);
    let of = |(option, value)| Setting {
        name: format!("{option}: {value}"),
        options: Options::default().with(option, value),
    };
    changed.map(of).collect()
}

#[test]
fn the_oracle_knows_every_value_of_every_option() {
    let of_engine = ProfileOption::ALL.iter().flat_map(|o| o.values().iter().map(|value| (o.code(), *value)));
    let mut of_engine: Vec<_> = of_engine.collect();
    let mut of_oracle: Vec<_> = Options::all().collect();
    of_engine.sort_unstable();
    of_oracle.sort_unstable();
    assert_eq!(of_engine, of_oracle);
    // And the specification's value of each.
    assert!(ProfileOption::ALL.iter().all(|o| Options::default().get(o.code()) == Profile::GENERIC.value(*o)));
}

/// Some clusters under each setting; what differs is told of all settings.
fn under_each(settings: &[Setting], cases: u32, look: impl Fn(&Setting, &mut TestRunner) -> Result<(), String>) {
    let failures = settings.iter().filter_map(|setting| {
        let mut runner = TestRunner::new(config(cases));
        look(setting, &mut runner).err().map(|error| format!("{}: {error}", setting.name))
    });
    let failures: Vec<String> = failures.collect();
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), settings.len(), failures.join("\n"));
}

fn agree_under(settings: &[Setting]) {
    under_each(settings, (part_of_clusters(10) / 4).max(20), |Setting { name, options }, runner| {
        let seen = RefCell::new(Tally::new());
        let result = runner.run(&random::cluster(), |mut cluster| {
            cluster.options = options.clone();
            agrees(&cluster, &mut seen.borrow_mut())
        });
        println!("{name}: packets by verdict: {:?}", seen.into_inner());
        result.map_err(|error| error.to_string())
    });
}

fn services_agree_under(settings: &[Setting]) {
    under_each(settings, (part_of_clusters(10) / 8).max(10), |Setting { options, .. }, runner| {
        let strategy = random::cluster().prop_flat_map(|cluster| (services::service(&cluster), Just(cluster)));
        let result = runner.run(&strategy, |(service, mut cluster)| {
            cluster.options = options.clone();
            through_services::look(&cluster, &service, &RefCell::default())
        });
        result.map_err(|error| error.to_string())
    });
}

#[test]
fn plugins_decide_as_the_oracle_does() {
    agree_under(&plugins());
}

#[test]
fn single_options_decide_as_the_oracle_does() {
    agree_under(&single_options());
}

#[test]
fn services_lead_where_the_oracle_says_on_every_plugin() {
    services_agree_under(&plugins());
}

#[test]
fn services_lead_where_the_oracle_says_with_single_options() {
    services_agree_under(&single_options());
}
