//! `convert --to speedscope` against the JSON Schema that speedscope itself publishes, out of its npm package.

use crate::support::{at, fixtures, run, skip};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIRE: &str = "MTRACE_TEST_REQUIRE_NODE";

/// The schema, and why there is none. The package goes below cargo's target folder.
fn schema() -> Result<Value, String> {
    let source = at("tests/speedscope");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("speedscope");
    let path: PathBuf = folder.join("node_modules/speedscope/dist/release/file-format-schema.json");
    let wanted = ["package.json", "package-lock.json"];
    let same = |name: &str| fs::read(source.join(name)).ok() == fs::read(folder.join(name)).ok();
    if !(wanted.iter().all(|name| same(name)) && path.is_file()) {
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for name in wanted {
            fs::copy(source.join(name), folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
        }
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let output = Command::new("npm").args(install).current_dir(&folder).output();
        let output = output.map_err(|error| format!("npm: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().find(|line| line.contains("npm error")).unwrap_or("it does not say why");
            return Err(format!("npm cannot install speedscope: {said}"));
        }
    }
    let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

#[test]
fn every_profile_is_as_the_schema_of_speedscope_has_it() {
    let schema = match schema() {
        Ok(schema) => schema,
        Err(why) => return skip("speedscope's schema", &why, REQUIRE),
    };
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let mut profiles = 0;
    for name in fixtures().iter().filter(|name| !name.contains("other-link-type")) {
        let ran = run(&["convert", "--to", "speedscope", &format!("fixtures/{name}")]);
        let file: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        let wrong: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        profiles += file["profiles"].as_array().map_or(0, Vec::len);
        // That the schema sees what matters.
        let mut broken = file;
        broken["profiles"] = serde_json::json!([{"type": "evented", "unit": "none"}]);
        assert!(!validator.is_valid(&broken), "{name}");
    }
    assert!(profiles > 100, "only {profiles} profiles");
}
