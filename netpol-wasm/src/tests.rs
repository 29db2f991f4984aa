use crate::Workspace;
use serde_json::{Value, json};

const SHOP: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
";
const POLICY: &str = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";
const BROKEN: &str = "{apiVersion: v1, kind: Pod, metadata: {name: Not A Name}}\n";

fn value(json: String) -> Value {
    serde_json::from_str(&json).unwrap()
}

fn shop() -> Workspace {
    let mut workspace = Workspace::new();
    assert_eq!(value(workspace.open("shop.yaml", SHOP.to_owned())), json!({ "answer": null }));
    assert_eq!(value(workspace.open("policy.yaml", POLICY.to_owned())), json!({ "answer": null }));
    workspace
}

fn check(workspace: &mut Workspace, from: &str, to: &str, port: &str) -> Value {
    value(workspace.check(&json!({ "from": from, "to": to, "port": port }).to_string()))
}

fn keys(response: &Value) -> Vec<&str> {
    response.as_object().unwrap().keys().map(String::as_str).collect()
}

fn code(response: &Value) -> &str {
    response["error"]["code"].as_str().unwrap()
}

#[test]
fn a_verdict_comes_as_the_schema_has_it() {
    let mut workspace = shop();
    let response = check(&mut workspace, "shop/web", "shop/db", "5432");
    assert_eq!(keys(&response), ["answer"]);
    assert_eq!(response["answer"]["schema"], "netpol.check/v1");
    assert_eq!(response["answer"]["verdict"], "allow");
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "22")["answer"]["verdict"], "deny");
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "")["answer"]["verdict"], "mixed");
}

#[test]
fn every_question_has_its_answer() {
    let mut workspace = shop();
    let asked = [
        ("netpol.matrix/v1", workspace.matrix(r#"{"by": "pod", "port": "5432"}"#)),
        ("netpol.egress/v1", workspace.egress(r#"{"from": "shop/web"}"#)),
        ("netpol.egress/v1", workspace.egress(r#"{"to": "world"}"#)),
        ("netpol.graph/v1", workspace.graph(r#"{"by": "namespace"}"#)),
        ("netpol.paths/v1", workspace.paths(r#"{"from": "world", "to": "shop/db", "viaPort": "1-1024"}"#)),
        ("netpol.vocabulary/v1", workspace.vocabulary()),
        ("netpol.workspace/v1", workspace.state()),
    ];
    for (schema, response) in asked {
        assert_eq!(value(response)["answer"]["schema"], schema);
    }
}

#[test]
#[cfg(feature = "authoring")]
fn every_question_of_authors_has_its_answer() {
    let mut workspace = shop();
    let asked =
        [("netpol.ingress/v1", workspace.ingress(r#"{"to": "shop/db"}"#)), ("netpol.summary/v1", workspace.summary())];
    for (schema, response) in asked {
        assert_eq!(value(response)["answer"]["schema"], schema);
    }
}

#[test]
fn files_are_edited_and_closed() {
    let mut workspace = shop();
    workspace.edit("policy.yaml", POLICY.replace("5432", "22"));
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "22")["answer"]["verdict"], "allow");
    workspace.close("policy.yaml");
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "80")["answer"]["verdict"], "allow");
    assert_eq!(code(&value(workspace.close("policy.yaml"))), "not-open");
    assert_eq!(code(&value(workspace.edit("policy.yaml", String::new()))), "not-open");
    assert_eq!(code(&value(workspace.open("shop.yaml", String::new()))), "already-open");
    assert_eq!(value(workspace.state())["answer"]["files"], json!(["shop.yaml"]));
}

#[test]
fn a_policy_is_switched_off_and_on() {
    let mut workspace = shop();
    assert_eq!(value(workspace.switch_policy("shop", "db", false, None)), json!({ "answer": null }));
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "22")["answer"]["verdict"], "allow");
    let state = value(workspace.state());
    let expected = json!([{
        "kind": "NetworkPolicy", "namespace": "shop", "name": "db", "file": "policy.yaml", "line": 1, "on": false
    }]);
    assert_eq!(state["answer"]["policies"], expected);
    assert_eq!(code(&value(workspace.switch_policy("shop", "web", true, None))), "no-policy");
}

#[test]
fn a_policy_of_the_administrative_tiers_is_switched_by_its_kind() {
    let mut workspace = shop();
    let deny = "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: db}, \
        spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}";
    workspace.open("admin.yaml", deny.to_owned());
    let verdict = |workspace: &mut Workspace| {
        check(workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"].as_str().map(str::to_owned)
    };
    assert_eq!(verdict(&mut workspace).as_deref(), Some("deny"));
    let kind = || Some("ClusterNetworkPolicy".to_owned());
    assert_eq!(value(workspace.switch_policy("", "db", false, kind())), json!({ "answer": null }));
    assert_eq!(verdict(&mut workspace).as_deref(), Some("allow"));
    let state = value(workspace.state());
    let on: Vec<_> = state["answer"]["policies"].as_array().unwrap().iter().map(|p| (&p["kind"], &p["on"])).collect();
    assert_eq!(on, [(&json!("ClusterNetworkPolicy"), &json!(false)), (&json!("NetworkPolicy"), &json!(true))]);
    workspace.switch_policy("", "db", true, kind());
    assert_eq!(verdict(&mut workspace).as_deref(), Some("deny"));
    assert_eq!(code(&value(workspace.switch_policy("", "db", true, None))), "no-policy");
}

#[cfg(feature = "authoring")]
#[test]
fn a_policy_that_is_switched_off_is_a_change() {
    let mut workspace = shop();
    workspace.set_baseline();
    workspace.switch_policy("shop", "db", false, None);
    assert_eq!(value(workspace.diff())["answer"]["same"], false);
    workspace.switch_policy("shop", "db", true, None);
    assert_eq!(value(workspace.diff())["answer"]["same"], true);
}

#[cfg(feature = "authoring")]
#[test]
fn without_a_baseline_there_is_nothing_to_compare_with() {
    let mut workspace = shop();
    assert_eq!(code(&value(workspace.diff())), "no-baseline");
    workspace.open("broken.yaml", BROKEN.to_owned());
    assert_eq!(code(&value(workspace.set_baseline())), "input-errors");
}

#[test]
fn options_reach_the_engine() {
    let mut workspace = shop();
    workspace.configure(r#"{"namespace": "shop", "profile": "np-guard"}"#);
    let answer = check(&mut workspace, "web", "db", "5432");
    assert_eq!(answer["answer"]["verdict"], "allow");
    assert_eq!(answer["answer"]["basis"]["profile"], "np-guard");
    workspace.configure("{}");
    let cilium = "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: x, namespace: shop}}";
    workspace.open("cilium.yaml", cilium.to_owned());
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "undefined");
    workspace.configure(r#"{"ignoreKinds": ["CiliumNetworkPolicy"]}"#);
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "allow");
    let block = POLICY.replace("podSelector: {matchLabels: {app: web}}}", "ipBlock: {cidr: 10.0.0.0/9}}");
    workspace.close("cilium.yaml");
    workspace.edit("policy.yaml", block);
    workspace.configure("{}");
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "undefined");
    workspace.configure(r#"{"podCidrs": ["10.1.0.0/16"]}"#);
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "allow");
}

#[test]
#[cfg(feature = "authoring")]
fn named_controllers_carry_the_entries() {
    let mut workspace = shop();
    let entry = "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: db, namespace: shop}, spec: {defaultBackend: {service: {name: db, port: {number: 5432}}}}}
";
    workspace.open("entry.yaml", entry.to_owned());
    let verdict = |workspace: &mut Workspace| value(workspace.ingress("{}"))["answer"]["entries"][0]["verdict"].clone();
    // Some pod of another namespace, which the policy does not let in.
    assert_eq!(verdict(&mut workspace), "deny");
    workspace.configure(r#"{"ingressControllers": ["shop/web"]}"#);
    assert_eq!(verdict(&mut workspace), "allow");
    assert!(!workspace.summary().contains("entry-denied"));
    workspace.configure(r#"{"ingressControllers": ["203.0.113.7"]}"#);
    assert_eq!(verdict(&mut workspace), "deny");
    assert!(workspace.summary().contains("entry-denied"));
    // One that is not there is said where it counts, and nowhere else.
    workspace.configure(r#"{"ingressControllers": ["shop/gone"]}"#);
    assert_eq!(code(&value(workspace.ingress("{}"))), "unknown-name");
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "allow");
    workspace.configure("{}");
    assert_eq!(verdict(&mut workspace), "deny");
}

#[test]
fn a_question_that_makes_no_sense_is_an_error() {
    let mut workspace = shop();
    let response = check(&mut workspace, "shop/web", "shop/dbb", "");
    assert_eq!(keys(&response), ["error"]);
    assert_eq!(code(&response), "unknown-name");
    assert_eq!(response["error"]["params"]["nearest"], "shop/db");
}

#[test]
fn the_language_is_that_of_the_options() {
    let mut workspace = Workspace::new();
    assert_eq!(workspace.language(), "en");
    workspace.configure(r#"{"lang": "zh_CN.UTF-8"}"#);
    assert_eq!(workspace.language(), "zh");
    assert_eq!(code(&value(workspace.configure(r#"{"lang": "tlh"}"#))), "unknown-language");
    assert_eq!(workspace.language(), "zh");
    workspace.configure("{}");
    assert_eq!(workspace.language(), "en");
}

#[test]
fn errors_in_the_manifests_are_data() {
    let mut workspace = shop();
    assert_eq!(value(workspace.state())["answer"]["usable"], true);
    workspace.open("broken.yaml", BROKEN.to_owned());
    let stopped = check(&mut workspace, "shop/web", "shop/db", "5432");
    assert_eq!(keys(&stopped), ["diagnostics", "error"]);
    assert_eq!(code(&stopped), "input-errors");
    let finding = &stopped["diagnostics"][0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["code"], "invalid-name");
    assert_eq!(finding["place"]["file"], "broken.yaml");
    let state = value(workspace.state());
    assert_eq!(state["answer"]["usable"], false);
    assert_eq!(state["answer"]["diagnostics"], stopped["diagnostics"]);
    // Completion works on from the last state that could be used.
    assert_eq!(value(workspace.vocabulary())["answer"]["workloads"], json!(["shop/db", "shop/web"]));

    workspace.configure(r#"{"keepGoing": true}"#);
    let kept = check(&mut workspace, "shop/web", "shop/db", "5432");
    assert_eq!(keys(&kept), ["answer"]);
    assert_eq!(kept["answer"]["verdict"], "allow");
    assert_eq!(kept["answer"]["basis"]["left_out"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_request_of_another_form_is_an_error() {
    let mut workspace = shop();
    for (options, expected) in [
        (r#"{"podCidr": "10.0.0.0/8"}"#, "invalid-request"),
        (r#"{"profile": "none"}"#, "unknown-profile"),
        (r#"{"lang": "tlh"}"#, "unknown-language"),
        (r#"{"podCidrs": ["10.0.0.0/33"]}"#, "invalid-cidr"),
        (r#"{"serviceCidrs": ["x"]}"#, "invalid-cidr"),
        (r#"{"namespace": "No Namespace"}"#, "invalid-namespace"),
        (r#"{"ignoreKinds": ["Pod"]}"#, "unknown-kind"),
    ] {
        assert_eq!(code(&value(workspace.configure(options))), expected, "{options}");
    }
    for text in ["", "{", "null", "[]", "{}", "\u{0}", r#"{"from": "a", "to": "b", "ports": "1"}"#] {
        assert_eq!(code(&value(workspace.check(text))), "invalid-request", "{text:?}");
    }
    assert_eq!(code(&value(workspace.matrix(r#"{"by": "node"}"#))), "invalid-request");
    assert_eq!(code(&value(workspace.graph(r#"{"by": "pod"}"#))), "invalid-request");
    // None of this has changed anything.
    assert_eq!(check(&mut workspace, "shop/web", "shop/db", "5432")["answer"]["verdict"], "allow");
}

#[test]
fn the_same_questions_have_the_same_bytes() {
    let question = r#"{"from": "*/*", "to": "*/*"}"#;
    assert_eq!(shop().check(question), shop().check(question));
    assert_eq!(shop().matrix("{}"), shop().matrix("{}"));
}

#[test]
fn the_page_offers_every_profile() {
    let offered = include_str!("../web/src/engine/profiles.ts").split('"').skip(1).step_by(2);
    assert_eq!(offered.collect::<Vec<_>>(), netpol_core::Profile::names().collect::<Vec<_>>());
}
