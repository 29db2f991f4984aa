//! Commands as they are typed.

use crate::args::InputArgs;

/// A command as it is typed for the same input. What was read from standard input has to come from there again.
pub(crate) fn command(words: &[String], input: &InputArgs) -> String {
    let mut all = vec!["netpol".to_owned()];
    all.extend(words.first().cloned());
    let mut option = |name: &str, value: String| all.extend([name.to_owned(), quoted(&value)]);
    input.files.iter().for_each(|f| option("-f", f.display().to_string()));
    input.kustomize.iter().for_each(|k| option("-k", k.display().to_string()));
    if input.namespace != "default" {
        option("-n", input.namespace.clone());
    }
    input.ignore_kind.iter().for_each(|k| option("--ignore-kind", k.clone()));
    input.ingress_controller.iter().for_each(|c| option("--ingress-controller", c.clone()));
    if input.profile.name != "generic" {
        option("--profile", input.profile.name.to_owned());
    }
    input.profile_set.iter().for_each(|(name, value)| option("--profile-set", format!("{name}={value}")));
    input.pod_cidr.iter().for_each(|c| option("--pod-cidr", c.to_string()));
    input.service_cidr.iter().for_each(|c| option("--service-cidr", c.to_string()));
    input.resolve.iter().flat_map(|r| &r.0).for_each(|(name, ip)| option("--resolve", format!("{name}={ip}")));
    all.extend(input.only_manifests.then(|| "--only-manifests".to_owned()));
    all.extend(input.keep_going.then(|| "--keep-going".to_owned()));
    all.extend(words.iter().skip(1).map(|w| quoted(w)));
    let piped = input.files.iter().any(|file| file.as_os_str() == "-");
    if piped { format!("… | {}", all.join(" ")) } else { all.join(" ") }
}

/// For a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_./:=-@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
