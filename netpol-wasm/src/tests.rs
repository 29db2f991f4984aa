use crate::check;
use serde_json::{Value, json};

const SHOP: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";
const BROKEN: &str = "{apiVersion: v1, kind: Pod, metadata: {name: Not A Name}}\n";

/// Asks with SHOP; `more` adds fields or replaces them.
fn ask(more: Value) -> Value {
    let mut request = json!({
        "files": [{ "name": "shop.yaml", "text": SHOP }],
        "from": "shop/web", "to": "shop/db", "port": "5432",
    });
    if let (Some(request), Value::Object(more)) = (request.as_object_mut(), more) {
        request.extend(more);
    }
    serde_json::from_str(&check(&request.to_string())).unwrap()
}

fn keys(response: &Value) -> Vec<&str> {
    response.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_verdict_comes_as_the_schema_has_it() {
    let response = ask(json!({}));
    assert_eq!(keys(&response), ["answer"]);
    assert_eq!(response["answer"]["schema"], "netpol.check/v1");
    assert_eq!(response["answer"]["verdict"], "allow");
    assert_eq!(ask(json!({ "port": "22" }))["answer"]["verdict"], "deny");
    assert_eq!(ask(json!({ "port": "" }))["answer"]["verdict"], "mixed");
}

#[test]
fn options_reach_the_engine() {
    let defaults = ask(json!({ "namespace": "shop", "from": "web", "to": "db", "profile": "np-guard" }));
    assert_eq!(defaults["answer"]["verdict"], "allow");
    assert_eq!(defaults["answer"]["basis"]["profile"], "np-guard");
    let cilium = format!(
        "{SHOP}---\n{{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {{name: x, namespace: shop}}}}\n"
    );
    let files = json!([{ "name": "shop.yaml", "text": cilium }]);
    assert_eq!(ask(json!({ "files": files }))["answer"]["verdict"], "undefined");
    let ignored = ask(json!({ "files": files, "ignoreKinds": ["CiliumNetworkPolicy"] }));
    assert_eq!(ignored["answer"]["verdict"], "allow");
    let block = SHOP.replace("podSelector: {matchLabels: {app: web}}}", "ipBlock: {cidr: 10.0.0.0/9}}");
    let files = json!([{ "name": "shop.yaml", "text": block }]);
    assert_eq!(ask(json!({ "files": files }))["answer"]["verdict"], "undefined");
    assert_eq!(ask(json!({ "files": files, "podCidrs": ["10.1.0.0/16"] }))["answer"]["verdict"], "allow");
}

#[test]
fn a_question_that_makes_no_sense_is_an_error_in_the_language_asked_for() {
    let english = ask(json!({ "to": "shop/dbb" }));
    assert_eq!(keys(&english), ["error"]);
    assert_eq!(english["error"]["code"], "unknown-name");
    assert_eq!(english["error"]["params"]["nearest"], "shop/db");
    let chinese = ask(json!({ "to": "shop/dbb", "lang": "zh_CN.UTF-8" }));
    assert_eq!(chinese["error"]["code"], "unknown-name");
    assert!(!chinese["error"]["message"].as_str().unwrap().is_ascii());
}

#[test]
fn errors_in_the_manifests_are_data() {
    let files = json!([{ "name": "shop.yaml", "text": SHOP }, { "name": "broken.yaml", "text": BROKEN }]);
    let stopped = ask(json!({ "files": files }));
    assert_eq!(keys(&stopped), ["diagnostics"]);
    let finding = &stopped["diagnostics"][0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["code"], "invalid-name");
    assert_eq!(finding["place"]["file"], "broken.yaml");
    assert!(finding["message"].as_str().is_some_and(|m| !m.is_empty()), "{finding}");

    let kept = ask(json!({ "files": files, "keepGoing": true }));
    assert_eq!(keys(&kept), ["answer", "diagnostics"]);
    assert_eq!(kept["answer"]["verdict"], "allow");
    assert_eq!(kept["answer"]["basis"]["left_out"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_request_of_another_form_is_an_error() {
    for (more, code) in [
        (json!({ "podCidr": "10.0.0.0/8" }), "invalid-request"),
        (json!({ "files": "shop.yaml" }), "invalid-request"),
        (json!({ "profile": "none" }), "unknown-profile"),
        (json!({ "lang": "tlh" }), "unknown-language"),
        (json!({ "podCidrs": ["10.0.0.0/33"] }), "invalid-pod-cidr"),
    ] {
        let response = ask(more);
        assert_eq!(response["error"]["code"], code, "{response}");
        assert!(response["error"]["message"].as_str().is_some_and(|m| !m.is_empty()));
    }
    for text in ["", "{", "null", "[]", "{}", "\u{0}"] {
        let response: Value = serde_json::from_str(&check(text)).unwrap();
        assert_eq!(response["error"]["code"], "invalid-request", "{text:?}");
    }
}

#[test]
fn the_same_request_has_the_same_bytes() {
    let request = json!({ "files": [{ "name": "a", "text": SHOP }], "from": "*/*", "to": "*/*" }).to_string();
    assert_eq!(check(&request), check(&request));
}
