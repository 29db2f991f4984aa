//! Writes the sentences of each language for the package: `messages FOLDER` puts `messages.en.js`
//! and `messages.zh.js` there.

use netpol_core::lang::{Lang, Templates};
use netpol_wasm::request_sentences;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::{env, error, fs};

#[derive(Serialize)]
struct Messages {
    #[serde(flatten)]
    templates: Templates,
    /// What can be wrong with a request.
    requests: BTreeMap<&'static str, String>,
}

fn main() -> Result<(), Box<dyn error::Error>> {
    let folder = env::args_os().nth(1).ok_or("usage: messages FOLDER")?;
    for lang in Lang::ALL {
        let messages = Messages { templates: lang.templates(), requests: request_sentences(lang) };
        let text = format!("export default {};\n", serde_json::to_string_pretty(&messages)?);
        fs::write(Path::new(&folder).join(format!("messages.{}.js", lang.tag())), text)?;
    }
    Ok(())
}
