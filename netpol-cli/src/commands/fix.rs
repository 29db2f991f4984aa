//! `netpol fix --allow FROM TO [PORT]` and `netpol fix --deny FROM TO [PORT]`

use crate::args::{Args, FixArgs, Output};
use crate::commands::check::analyse;
use crate::exit::{Exit, Failure};
use crate::render::{self, stream};
use crate::{input, progress};
use netpol_core::Inputs;
use netpol_core::diagnostic::Params;
use netpol_core::fix::{Fix, FixAnswer, FixQuery};
use netpol_core::lang::Phrase;
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Args, fix: &FixArgs) -> Result<Exit, Failure> {
    let query = match (&fix.allow, &fix.deny) {
        (Some(asked), _) => question(asked, FixQuery::allow),
        (None, Some(asked)) => question(asked, FixQuery::deny),
        (None, None) => None,
    };
    let Some(query) = query else { return Err(Failure::Other("fix needs --allow or --deny".to_owned())) };
    let (analysis, inputs) = analyse(args, input::load(&args.input)?)?;
    let ask = || analysis.fix(&inputs, &query);
    let answer = progress::during(args.lang(), Phrase::Deciding, ask).map_err(Failure::Query)?;
    let picked = match fix.pick {
        0 => None,
        pick => answer.fixes.get(pick - 1),
    };
    if picked.is_none() && (!answer.fixes.is_empty() || fix.pick == 0) {
        return Err(Failure::Other(format!("--pick {}: there are {} fixes", fix.pick, answer.fixes.len())));
    }
    let found = answer.done || picked.is_some();
    let written = match picked {
        Some(picked) if fix.write => write(args, fix, picked, &inputs)?,
        _ => Vec::new(),
    };
    let text = match (fix.output, picked) {
        (Output::Text, Some(picked)) if fix.write => {
            let written: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
            render::fix::written(picked, &written, args.lang())
        }
        (Output::Text, _) => {
            let new_file = picked.and_then(|picked| new_file(args, fix, picked)).map(|path| path.display().to_string());
            let editable = picked.is_none_or(|picked| is_editable(picked, &inputs));
            let new_file = new_file.as_deref().unwrap_or_default();
            render::fix::text(&answer, fix.pick, args.lang(), &inputs, editable.then_some(new_file))
        }
        (Output::Json, _) => render::json(&Told { answer: &answer, written: &written })?,
        (Output::Yaml, _) => render::yaml(&Told { answer: &answer, written: &written })?,
    };
    stream::print(args.color, &text)?;
    Ok(if found { Exit::Met } else { Exit::NotMet })
}

/// The answer, with the files that were written.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    answer: &'a FixAnswer,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    written: &'a [PathBuf],
}

fn question(asked: &[String], query: fn(&str, &str, &str) -> FixQuery) -> Option<FixQuery> {
    match asked {
        [from, to] => Some(query(from, to, "")),
        [from, to, port] => Some(query(from, to, port)),
        _ => None,
    }
}

/// Whether what was read are files that can be edited; a fix that only adds policies needs none.
fn is_editable(fix: &Fix, inputs: &Inputs) -> bool {
    let from_file = |file: &str| Path::new(file).is_file();
    match fix.policies.iter().all(|policy| policy.is_new) {
        true => inputs.texts().any(|(name, _)| from_file(name)),
        false => fix.policies.iter().filter_map(|policy| policy.file.as_deref()).all(from_file),
    }
}

/// Where the new policies of a fix go; none: there are none.
fn new_file(args: &Args, asked: &FixArgs, fix: &Fix) -> Option<PathBuf> {
    let name = fix.new_file()?;
    if let Some(path) = &asked.new_file {
        return Some(path.clone());
    }
    let edited = fix.policies.iter().find_map(|policy| policy.file.as_deref()).map(Path::new);
    let folder = match (edited, args.input.files.first()) {
        (Some(file), _) => file.parent().map(Path::to_path_buf),
        (None, Some(path)) if path.is_dir() => Some(path.clone()),
        (None, Some(path)) => path.parent().map(Path::to_path_buf),
        (None, None) => None,
    };
    let folder = folder.unwrap_or_default();
    let free = |name: &String| !folder.join(name).exists();
    let stem = name.trim_end_matches(".yaml");
    let names = std::iter::once(name.clone()).chain((2..).map(|number: u32| format!("{stem}-{number}.yaml")));
    names.into_iter().find(free).map(|name| folder.join(name))
}

/// Writes a fix: all files or none.
fn write(args: &Args, asked: &FixArgs, fix: &Fix, inputs: &Inputs) -> Result<Vec<PathBuf>, Failure> {
    if let Some(policy) = fix.policies.iter().find(|policy| render::fix::not_in_place(policy)) {
        let params = Params::from([("policy", format!("{}/{}", policy.namespace, policy.name))]);
        let why = args.lang().filled(Phrase::FixNotInPlace, &params);
        return Err(Failure::Other(format!("{why}\n{}", policy.yaml)));
    }
    let mut texts: Vec<(PathBuf, Option<Vec<u8>>, String)> = Vec::new();
    for (file, text) in fix.files(inputs) {
        let path = Path::new(&*file);
        if !path.is_file() {
            return Err(Failure::Other(format!("--write: `{file}` is no file that could be edited")));
        }
        let old = fs::read(path).map_err(|e| Failure::Other(format!("{file}: {e}")))?;
        if inputs.text(&file).is_none_or(|read| read.as_bytes() != old) {
            let why = "it is not UTF-8, or has changed since it was read";
            return Err(Failure::Other(format!("--write: `{file}` cannot be edited in place: {why}")));
        }
        texts.push((path.to_path_buf(), Some(old), text));
    }
    if let Some(path) = new_file(args, asked, fix) {
        if path.exists() {
            let hint = "name another with --new-file";
            return Err(Failure::Other(format!("--write: `{}` is there already; {hint}", path.display())));
        }
        texts.push((path, None, fix.new_text()));
    }
    let named = texts.iter().map(|(path, ..)| path.clone()).collect();
    for (path, ..) in texts.iter_mut().filter(|(_, old, _)| old.is_some()) {
        // Through a link, to the file itself.
        *path = path.canonicalize().map_err(|e| Failure::Other(format!("{}: {e}", path.display())))?;
    }
    replace_all(&texts).map_err(Failure::Other)?;
    Ok(named)
}

/// Puts every text beside its place first, and then all in their places; if that fails for one, those
/// before it get back what they had.
fn replace_all(texts: &[(PathBuf, Option<Vec<u8>>, String)]) -> Result<(), String> {
    let beside = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        path.with_file_name(format!(".{name}.netpol-{}", std::process::id()))
    };
    let mut ready: Vec<(PathBuf, &Path)> = Vec::new();
    let failed = |path: &Path, error: &std::io::Error| format!("{}: {error}", path.display());
    let mut outcome = Ok(());
    for (path, old, text) in texts {
        let temporary = beside(path);
        let made = fs::File::create_new(&temporary).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            if old.is_some() {
                fs::set_permissions(&temporary, fs::metadata(path)?.permissions())?;
            }
            file.sync_all()
        });
        ready.push((temporary, path));
        if let Err(error) = made {
            outcome = Err(failed(path, &error));
            break;
        }
    }
    let mut done = 0;
    while let (Ok(()), Some((temporary, path))) = (&outcome, ready.get(done)) {
        match fs::rename(temporary, path) {
            Ok(()) => done += 1,
            Err(error) => outcome = Err(failed(path, &error)),
        }
    }
    if outcome.is_err() {
        for (path, old, _) in texts.iter().take(done) {
            let restored = match old {
                Some(bytes) => fs::write(path, bytes),
                None => fs::remove_file(path),
            };
            if let (Err(error), Err(text)) = (restored, &mut outcome) {
                text.push_str(&format!("; not restored: {}", failed(path, &error)));
            }
        }
        // What is not there needs no removal.
        ready.iter().skip(done).for_each(|(temporary, _)| drop(fs::remove_file(temporary)));
    }
    outcome
}
