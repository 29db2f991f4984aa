//! `netpol profiles`

use crate::args::{Args, ProfilesArgs, TableOutput};
use crate::exit::{Exit, Failure};
use crate::render::table::Table;
use crate::render::{self, stream};
use netpol_core::{Profile, ProfileOption};
use serde::Serialize;
use std::collections::BTreeMap;

/// A profile with the values of its options.
#[derive(Serialize)]
struct Values {
    profile: &'static str,
    options: BTreeMap<&'static str, &'static str>,
    /// Settings of the plugin's own, with the values that they can have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    settings: BTreeMap<&'static str, Vec<&'static str>>,
}

pub(crate) fn run(args: &Args, profiles: &ProfilesArgs) -> Result<Exit, Failure> {
    let shown = match &profiles.only {
        Some(only) => vec![only.clone()],
        None => Profile::PLUGINS.to_vec(),
    };
    let values: Vec<Values> = shown.iter().map(values).collect();
    let text = match profiles.output {
        TableOutput::Table => table(&shown).text() + &settings(&values),
        TableOutput::Markdown => table(&shown).markdown(),
        TableOutput::Csv => table(&shown).csv()?,
        TableOutput::Json => render::json(&values)?,
        TableOutput::Yaml => render::yaml(&values)?,
    };
    stream::print(args.color, &text)?;
    Ok(Exit::Met)
}

fn values(profile: &Profile) -> Values {
    let options = ProfileOption::ALL.iter().map(|option| (option.code(), profile.value(*option)));
    let mut settings: BTreeMap<_, Vec<_>> = BTreeMap::new();
    profile.settings().for_each(|(setting, value)| settings.entry(setting).or_default().push(value));
    Values { profile: profile.name, options: options.collect(), settings }
}

/// A row an option, a column a profile.
fn table(profiles: &[Profile]) -> Table {
    let mut table = Table::new(std::iter::once("option").chain(profiles.iter().map(|profile| profile.name)));
    for option in ProfileOption::ALL {
        let values = profiles.iter().map(|profile| profile.value(*option).to_owned());
        table.push(std::iter::once(option.code().to_owned()).chain(values));
    }
    table
}

/// The settings of each plugin's own.
fn settings(profiles: &[Values]) -> String {
    let mut out = String::new();
    for Values { profile, settings, .. } in profiles {
        for (setting, values) in settings {
            out.push_str(&format!("--profile {profile} --profile-set {setting}={}\n", values.join("|")));
        }
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}
