//! The generator of synthetic clusters: what it writes is what kubectl would print, the same each
//! time, without errors, and as its profiles promise.

#[path = "../benches/support/mod.rs"]
mod support;

use netpol_core::{Inputs, ReadOptions, read};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use support::stats::Statistics;
use support::{Cluster, Format, Profile, Style};

/// Few enough to be quick; among them clusters of one namespace, and of a part of one.
const SIZES: [usize; 3] = [1, 37, 230];

const STYLES: [Style; 4] = [
    Style { format: Format::Json, slim: false },
    Style { format: Format::Json, slim: true },
    Style { format: Format::Yaml, slim: false },
    Style { format: Format::Yaml, slim: true },
];

fn small_clusters() -> impl Iterator<Item = Cluster> {
    Profile::ALL.into_iter().flat_map(|p| SIZES.map(|pods| Cluster::new(p).with_pods(pods)))
}

#[test]
fn is_read_without_a_finding() {
    for cluster in small_clusters() {
        for style in STYLES {
            let mut inputs = Inputs::default();
            inputs.push("cluster", cluster.text(style));
            let snapshot = read(&inputs, &ReadOptions::default());
            let findings = &snapshot.report().diagnostics;
            assert!(findings.is_empty(), "{cluster:?} {style:?}: {findings:#?}");
        }
    }
}

#[test]
fn has_as_many_objects_as_it_says_and_each_is_another() {
    for cluster in small_clusters() {
        let list: Value = serde_json::from_str(&cluster.json()).unwrap();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut uids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        for item in list["items"].as_array().unwrap() {
            let kind = item["kind"].as_str().unwrap();
            *kinds.entry(kind).or_default() += 1;
            assert!(uids.insert(item["metadata"]["uid"].as_str().unwrap()), "{item}");
            if kind == "Pod" {
                assert!(addresses.insert(item["status"]["podIP"].as_str().unwrap()), "{item}");
            }
        }
        let size = cluster.size();
        let count = |kind| kinds.get(kind).copied().unwrap_or_default();
        assert_eq!(
            (count("Namespace"), count("Pod"), count("NetworkPolicy")),
            (size.namespaces, size.pods, size.policies),
            "{cluster:?}"
        );
        assert_eq!(size.pods, cluster.pods);
    }
}

#[test]
fn json_is_indented_by_four_and_its_keys_are_sorted() {
    for cluster in small_clusters() {
        let text = cluster.json();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        value.sort_all_objects();
        let mut expected = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut expected, formatter)).unwrap();
        expected.push(b'\n');
        assert!(text.as_bytes() == expected, "{cluster:?}");
    }
}

#[test]
fn yaml_says_what_json_says() {
    for cluster in small_clusters() {
        for slim in [false, true] {
            let json = cluster.text(Style { format: Format::Json, slim });
            let yaml = cluster.text(Style { format: Format::Yaml, slim });
            let from_json: Value = serde_json::from_str(&json).unwrap();
            let from_yaml: Value = serde_yaml::from_str(&yaml).unwrap();
            assert!(from_json == from_yaml, "{cluster:?}");
        }
    }
}

#[test]
fn slim_is_slim() {
    let cluster = Cluster::new(Profile::Plain).with_pods(100);
    let slim = cluster.text(Style { slim: true, ..Style::default() });
    assert!(slim.len() * 3 < cluster.json().len() * 2, "{} of {}", slim.len(), cluster.json().len());
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    // The other profiles draw nothing: their clusters are one each.
    let seeded = [Profile::RhProd, Profile::AntreaCross, Profile::Plain, Profile::Burner, Profile::UniqueLabels];
    for profile in Profile::ALL {
        let cluster = Cluster::new(profile).with_pods(1_000);
        for style in STYLES {
            assert!(cluster.text(style) == cluster.text(style), "{profile:?}");
        }
        assert_eq!(cluster.json() != cluster.with_seed(7).json(), seeded.contains(&profile), "{profile:?}");
    }
}

#[test]
fn profiles_have_the_size_that_they_are_known_by() {
    let sizes = Profile::ALL.map(|profile| {
        let size = Cluster::new(profile).size();
        (profile.name(), size.namespaces, size.pods, size.policies)
    });
    let expected = [
        ("rh-prod", 604, 5_413, 13_678),
        ("antrea-small", 25_000, 100_000, 75_000),
        ("antrea-one-ns", 1, 10_000, 10_000),
        ("antrea-cross", 1_000, 100_000, 10_000),
        ("plain", 50, 10_000, 1_000),
        ("burner", 240, 2_400, 4_800),
        ("unique-labels", 10, 10_000, 1_000),
    ];
    assert_eq!(sizes, expected);
    for profile in Profile::ALL {
        assert_eq!(Profile::by_name(profile.name()), Some(profile));
        assert!(!profile.description().is_empty());
    }
}

/// The published numbers of the production cluster, whatever the seed.
#[test]
fn rh_prod_is_distributed_as_published() {
    let near = |found: f64, published: f64| (found / published - 1.0).abs() <= 0.15;
    for seed in [support::SEED, 1, 2] {
        let statistics = Statistics::of(Cluster::new(Profile::RhProd).with_seed(seed));
        let Statistics { subjects, peers, blocks, ports, .. } = &statistics;
        assert!(near(statistics.share_of_nothing(), 0.26), "{statistics}");
        assert_eq!((subjects.median(), subjects.max()), (6, 154), "{statistics}");
        assert!(near(subjects.mean(), 13.14), "{statistics}");
        assert_eq!((peers.median(), peers.max()), (2, 3_578), "{statistics}");
        assert!(near(peers.mean(), 35.43), "{statistics}");
        assert!((60..=80).contains(&peers.count(3_578)), "{statistics}");
        assert!(blocks.median() <= 1 && blocks.max() == 21, "{statistics}");
        assert!(ports.median() <= 1 && ports.max() == 5, "{statistics}");
    }
}

#[test]
fn antrea_profiles_select_what_they_say() {
    let small = Statistics::of(Cluster::new(Profile::AntreaSmall).with_pods(400));
    assert_eq!((small.subjects.median(), small.subjects.max(), small.nothing), (1, 1, 0), "{small}");
    let one = Statistics::of(Cluster::new(Profile::AntreaOneNamespace).with_pods(100));
    assert_eq!((one.subjects.count(100), one.peers.count(1), one.blocks.count(1)), (100, 100, 100), "{one}");
    let cross = Statistics::of(Cluster::new(Profile::AntreaCross).with_pods(500));
    assert_eq!((cross.subjects.count(5), cross.peers.count(10), cross.ports.count(2)), (50, 50, 50), "{cross}");
}
