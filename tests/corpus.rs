//! Public captures with odd features, where the folder `CAPTURE_CORPUS` names has them and an `index.tsv`
//! that says what a good reader makes of each.

use crate::support::{run, skip};
use std::path::Path;

#[test]
fn every_file_reads_as_its_index_says() {
    let Some(folder) = std::env::var_os("CAPTURE_CORPUS") else {
        return skip("corpus", "CAPTURE_CORPUS names no folder of captures", "MTRACE_TEST_REQUIRE_CORPUS");
    };
    let folder = Path::new(&folder);
    let index = std::fs::read_to_string(folder.join("index.tsv")).expect("index.tsv");
    let mut lines = index.lines();
    let columns: Vec<&str> = lines.next().expect("a heading").split('\t').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).expect("a column");
    let (file, expected, packets) = (column("file"), column("expected"), column("packets"));
    let mut wrong = Vec::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let path = folder.join(fields[file]);
        let ran = run(&["info", "--json", path.to_str().unwrap()]);
        let code = match fields[expected] {
            "opens" => 0,
            "truncated" => 1,
            _ => 3,
        };
        let found: Option<u64> = serde_json::from_slice::<serde_json::Value>(&ran.stdout)
            .ok()
            .and_then(|info| info["packets"].as_u64());
        let wanted = (code != 3).then(|| fields[packets].parse().unwrap());
        if (ran.code, found) != (code, wanted) {
            wrong.push(format!(
                "{}: {} {found:?}, not {code} {wanted:?}: {}",
                fields[file], ran.code, ran.stderr
            ));
        }
        assert!(code == 0 || !ran.stderr.is_empty(), "{}: no message", fields[file]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
