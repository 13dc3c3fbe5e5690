//! The shape of the tree, kept by a test: who may point at whom, how long a file may be, which words are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file longer than this has two subjects (STYLE.md says 400; tests and tables may run on a little).
const MOST_LINES: usize = 640;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is two folders up")
}

#[test]
fn crates_point_only_where_the_architecture_allows() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("model", &[][..]),
        ("flow", &["model"]),
        ("acd", &["model"]),
        ("media", &["model"]),
        ("store", &["model"]),
        ("telephony", &["model", "media"]),
        ("engine", &["model", "flow", "acd"]),
        ("sim", &["model", "flow", "acd", "engine"]),
        ("api", &["model", "store", "flow"]),
        ("demo", &["model", "store", "telephony", "media", "flow"]),
        ("server", &["model", "flow", "acd", "media", "store", "telephony", "engine", "sim", "api", "demo"]),
    ]);
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<String> = packages.iter().map(|package| short(&package["name"])).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = short(&package["name"]);
        let Some(may) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in docs/ARCHITECTURE.md and this test"));
            continue;
        };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let normal = dependency["kind"].is_null();
            let to = short(&dependency["name"]);
            if normal && ours.contains(&to) && dependency["path"].is_string() && !may.contains(&to.as_str()) {
                wrong.push(format!("{name} -> {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that may not exist: {wrong:?}");
}

/// The name of a room: that of the package without the prefix, which not every package has.
fn short(name: &serde_json::Value) -> String {
    let name = name.as_str().expect("a package has a name");
    name.strip_prefix("perezvon-").unwrap_or(name).to_owned()
}

#[test]
fn pure_crates_name_no_runtime_no_database_and_no_clock() {
    let mut wrong = Vec::new();
    for pure in ["model", "flow", "acd", "engine", "sim"] {
        for file in files(&root().join("crates").join(pure).join("src"), &["rs"]) {
            let text = std::fs::read_to_string(&file).expect("source is UTF-8");
            for word in ["tokio", "sqlx", "Instant::now", "SystemTime", "std::net", "std::fs", "rand::"] {
                if text.lines().any(|line| line.contains(word) && !line.trim_start().starts_with("//")) {
                    wrong.push(format!("{}: {word}", file.display()));
                }
            }
        }
    }
    // Snapshot tests of the flow schema read and write one file.
    wrong.retain(|line| !(line.contains("crates/flow") && line.ends_with("std::fs")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_has_one_subject() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter_map(|file| {
            let lines = std::fs::read_to_string(&file).ok()?.lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn names_say_what_they_are() {
    let vague: BTreeSet<&str> = ["manager", "helper", "helpers", "util", "utils", "common", "misc"].into();
    let wrong: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|file| {
            let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_lowercase();
            vague.contains(stem.as_str())
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn tests_wait_on_events_and_nothing_is_left_half_done() {
    let mut wrong = Vec::new();
    for file in sources() {
        if file.ends_with("tests/tidy.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("source is UTF-8");
        let folder = |name: &str| file.components().any(|part| part.as_os_str() == name);
        let mut in_tests = folder("tests") || folder("e2e");
        for (number, line) in text.lines().enumerate() {
            in_tests |= line.contains("#[cfg(test)]");
            let sleeps: &[&str] = if in_tests { &["thread::sleep", "waitForTimeout", ".only("] } else { &[] };
            for word in ["todo!(", "unimplemented!(", "FIXME", "XXX"].iter().chain(sleeps) {
                if line.contains(word) {
                    wrong.push(format!("{}:{}: {word}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let page = std::fs::read_to_string(root().join("docs/dependencies.md")).expect("docs/dependencies.md");
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let table: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    let missing: Vec<&String> = table["workspace"]["dependencies"]
        .as_table()
        .expect("workspace dependencies")
        .keys()
        .filter(|name| !name.starts_with("perezvon-") && !page.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "not in docs/dependencies.md: {missing:?}");
}

/// Our own sources: Rust of all crates, and the web workspace without what npm brings or tools generate.
fn sources() -> Vec<PathBuf> {
    let mut all = files(&root().join("crates"), &["rs"]);
    all.extend(files(&root().join("web"), &["ts", "svelte", "mjs"]));
    all
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let skipped = ["node_modules", "dist", "target", "generated", "schema.d.ts", "generated.ts"];
        if skipped.iter().any(|skip| name == *skip) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            found.push(path);
        }
    }
    found.sort();
    found
}
