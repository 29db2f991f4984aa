//! Neither the number of pieces nor the direct paths show in anything: what is read is the same.

use super::found::DIRECT;
use super::parallel::Pieces;
use super::read::{ReadOptions, read_in_pieces};
use crate::source::Inputs;
use std::path::Path;

const WHOLE: Pieces = Pieces { least: usize::MAX, most: Some(1) };

/// Everything that was read, with every place.
fn everything(files: &[(String, String)], pieces: Pieces, direct: bool, stop: bool) -> String {
    let mut inputs = Inputs::default();
    files.iter().for_each(|(name, text)| inputs.push(name.as_str(), text.as_str()));
    let options = ReadOptions { stop_file_at_malformed: stop, ..ReadOptions::default() };
    format!("{:#?}", read_in_pieces(&inputs, &options, pieces, direct))
}

#[track_caller]
fn same(files: &[(String, String)]) {
    for stop in [false, true] {
        let whole = everything(files, WHOLE, false, stop);
        let direct = everything(files, WHOLE, DIRECT, stop);
        let differs = whole.lines().zip(direct.lines()).filter(|(a, b)| a != b);
        let differs: Vec<_> = differs.take(3).collect();
        assert!(direct == whole, "by its trees: {}: {differs:#?}", files[0].0);
        for (least, most) in [(1, 2), (40, 7), (100, 1000)] {
            let pieces = everything(files, Pieces { least, most: Some(most) }, DIRECT, stop);
            assert_eq!(pieces, whole, "in {most} pieces of {least} bytes: {}", files[0].0);
        }
    }
}

fn one(name: &str, text: impl Into<String>) {
    same(&[(name.to_owned(), text.into())]);
}

fn objects(count: usize, extra: &str) -> Vec<String> {
    let object = |i: usize| match i % 5 {
        0 => format!(
            r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"p{i}","namespace":"é"}},"spec":{{"podSelector":{{"matchLabels":{{"app":"a{i}"}}}},"egress":[{{"to":[{{"ipBlock":{{"cidr":"10.0.0.0/8"}}}}]}},null]}}}}"#
        ),
        1 => format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"n{i}","labels":null}}}}"#),
        2 => format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"c{i}"}},"data":{{"x":"- a\n- b\n{{"}}}}"#
        ),
        _ => format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"w{i}","annotations":{{"a":"\",\n{{\"apiVersion\""}},"labels":{{"app":"a{i}"}}}},"spec":{{"containers":[{{"name":"c","ports":[{{"containerPort":80,"name":"http"}}]}}]}},"status":{{"podIP":"10.0.0.{i}"{extra}}}}}"#
        ),
    };
    (0..count).map(object).collect()
}

fn json(items: &[String]) -> String {
    format!("{{\n \"apiVersion\": \"v1\",\n \"items\": [\n  {}\n ],\n \"kind\": \"List\"\n}}\n", items.join(",\n  "))
}

/// In block style, with the dashes `indent` deep.
fn yaml(items: &[String], indent: usize) -> String {
    let mut out = "apiVersion: v1\nitems:\n".to_owned();
    let spaces = " ".repeat(indent);
    for item in items {
        let value: serde_yaml::Value = serde_json::from_str(item).unwrap();
        for (i, line) in serde_yaml::to_string(&value).unwrap().lines().enumerate() {
            let dash = if i == 0 { "- " } else { "  " };
            out.push_str(&format!("{spaces}{dash}{line}\n"));
        }
    }
    out + "kind: List\n"
}

#[test]
fn lists_in_pieces() {
    let items = objects(60, "");
    one("a.json", json(&items));
    one("a.json", json(&items).replace('\n', ""));
    one("a.json", json(&items).replace("\n  {", "\n{"));
    one("a.json", format!("{}{}", json(&items[..30]), json(&items[20..])));
    one("bom.json", format!("\u{feff}{}", json(&items)));
    for indent in [0, 2, 3] {
        one("a.yaml", yaml(&items, indent));
        one("b.yaml", format!("---\n{}---\n{}", yaml(&items[..30], indent), yaml(&items[20..], indent)));
        one("crlf.yaml", yaml(&items, indent).replace('\n', "\r\n"));
        one(
            "c.yaml",
            yaml(&items, indent).replace("labels: null", "labels:").replace("kind: Pod\n", "kind: Pod # é\n"),
        );
    }
}

#[test]
fn what_is_wrong_in_one_piece() {
    // A port that is a text, an address that is none, a repeated key, a cut text.
    for extra in [r#","phase":1"#, r#","hostIP":"x""#, r#","podIP":"10.0.0.1""#] {
        let items = objects(40, "").into_iter().chain(objects(9, extra)).chain(objects(40, "")).collect::<Vec<_>>();
        one("a.json", json(&items));
        one("a.json", json(&items).replace("\"kind\": \"List\"", "\"kind\": \"Pod\""));
        one("a.json", &json(&items)[..4000]);
        one("a.json", json(&items).replace("w23", "\"w23"));
        one("a.json", json(&items).replace("},\n  {", "}\n  {"));
    }
    let items = objects(40, "");
    for (old, new) in [
        ("kind: List", "kind: Lost"),
        ("kind: List\n", "kind: List\nkind: List\n"),
        ("kind: List\n", "...\n"),
        ("kind: List\n", ""),
        ("items:\n", "items: &a\n"),
        ("items:\n", "metadata: \"\nitems:\n"),
        ("name: w13", "name: \"w13"),
        ("name: w13", "name: *w"),
        ("name: w13", "name: &w w13"),
        ("name: w13", "name: W_13"),
        ("name: w13", "name: |\n      w13\n\n      # no comment\n\n"),
        ("name: w13", "name: {{ .Values.name }}"),
        ("name: w13", "name: w8"),
        ("name: n11", "name:"),
        ("- apiVersion: v1\n  kind: Namespace", "- \n  kind: Namespace"),
        ("- apiVersion: v1\n", "# a\n- apiVersion: v1\n# b\n\n"),
        ("- apiVersion: v1\n", "...\n- apiVersion: v1\n"),
        ("apiVersion: v1\nitems", "%YAML 1.2\n---\napiVersion: v1\nitems"),
    ] {
        one("a.yaml", yaml(&items, 0).replace(old, new));
        one("b.yaml", yaml(&items, 2).replace(old, new));
    }
    let nulls = "  - kind: Pod\n    apiVersion: v1\n    metadata:\n".repeat(20);
    one("nulls.yaml", format!("apiVersion: v1\nitems:\n{nulls}kind: List\n"));
}

#[test]
fn files_and_documents_in_pieces() {
    let items = objects(60, "");
    let documents = |items: &[String]| items.iter().map(|i| format!("---\n{i}\n")).collect::<String>();
    let mut files: Vec<(String, String)> = Vec::new();
    for (i, part) in items.chunks(7).enumerate() {
        files.push((format!("{i}.yaml"), documents(part)));
        files.push((format!("{i}.json"), json(part)));
    }
    files.insert(3, ("broken.yaml".to_owned(), format!("{}---\na: [\n{}", documents(&items[..9]), documents(&items))));
    same(&files);
    files.iter().for_each(|file| same(std::slice::from_ref(file)));
}

#[test]
fn the_test_data_in_pieces() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suites = root.join("../../shared/conformance");
    let mut files = Vec::new();
    for folder in [root.join("tests"), root.join("../examples"), suites] {
        collect(&folder, &mut files);
    }
    assert!(files.len() > 100);
    files.iter().for_each(|file| same(std::slice::from_ref(file)));
    files.chunks(50).for_each(same);
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json")
            && let Ok(text) = std::fs::read_to_string(&path)
            && text.len() < 100_000
        {
            files.push((path.display().to_string(), text));
        }
    }
}
