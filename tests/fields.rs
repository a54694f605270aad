//! Chosen fields of each packet: `print -e`, and how their values are told apart.

use crate::support::{capture_of, folder, run, run_with_input};

#[test]
fn names_on_top_and_a_cell_a_field() {
    let ran =
        run(&["print", "--csv", "-e", "frame.number", "-e", "mbuf_trace.args", "fixtures/nat-rev4.pcap"]);
    let mut rows = csv::Reader::from_reader(ran.text().as_bytes());
    assert_eq!(rows.headers().unwrap(), &csv::StringRecord::from(vec!["frame.number", "mbuf_trace.args"]));
    let first = rows.records().next().unwrap().unwrap();
    assert_eq!(&first[1], "em0;em0;in, em0;PF_PASS;out, em1;PF_PASS;em1");
    assert_eq!(ran.text().lines().count(), 5, "a line a packet");
}

#[test]
fn objects_have_lists_of_values_with_types() {
    let fields = ["frame.number", "mbuf_trace.args", "ip.ttl", "ip.src", "mbuf_trace.drop", "frame.number"];
    let fields = fields.iter().flat_map(|field| ["-e", field]);
    let arguments: Vec<&str> =
        ["print", "--json", "fixtures/nat-rev4.pcap"].into_iter().chain(fields).collect();
    let ran = run(&arguments);
    let first: serde_json::Value = serde_json::from_str(ran.text().lines().next().unwrap()).unwrap();
    assert_eq!(
        first,
        serde_json::json!({
            "frame.number": [1],
            "mbuf_trace.args": ["em0", "em0", "in, em0", "PF_PASS", "out, em1", "PF_PASS", "em1"],
            "ip.ttl": [64, 64, 63, 63, 63],
            "ip.src": ["192.168.1.10", "192.168.1.10", "192.168.1.10", "203.0.113.1", "203.0.113.1"],
            "mbuf_trace.drop": [],
        })
    );
    assert_eq!(ran.text().lines().next().unwrap().matches("frame.number").count(), 1);
    let other =
        ["frame.time", "frame.time_epoch", "mbuf_trace.incomplete", "ip", "mbuf_trace.bytes", "eth.src"];
    let other = other.iter().flat_map(|field| ["-e", field]);
    let arguments: Vec<&str> =
        ["print", "--json", "--first", "1", "fixtures/nat-rev4.pcap"].into_iter().chain(other).collect();
    let first: serde_json::Value = serde_json::from_str(run(&arguments).text()).unwrap();
    assert_eq!(first["frame.time"], serde_json::json!(["2026-01-14T08:11:40.250033017Z"]));
    assert_eq!(first["frame.time_epoch"], serde_json::json!(["1768378300.250033017"]));
    assert_eq!(first["mbuf_trace.incomplete"], serde_json::json!([false]));
    assert_eq!(first["ip"][0], true);
    assert!(first["mbuf_trace.bytes"][0].as_str().unwrap().starts_with("000c294e"));
    assert_eq!(first["eth.src"][0], "00:0c:29:4e:01:10");
}

#[test]
fn with_several_files_each_packet_says_which() {
    let files = ["fixtures/ping-rev3.pcap", "fixtures/nat-rev4.pcap"];
    let print = |more: &[&str]| {
        run(&[&["print", "--first", "1", "-e", "frame.number"], more, &files[..]].concat()).text().to_owned()
    };
    assert_eq!(print(&["--csv"]), format!("file,frame.number\n{},1\n{},1\n", files[0], files[1]));
    assert_eq!(print(&["--csv", "-E", "file=n"]), "frame.number\n1\n1\n");
    assert_eq!(
        print(&["--json"]),
        format!(
            "{{\"file\":\"{}\",\"frame.number\":[1]}}\n{{\"file\":\"{}\",\"frame.number\":[1]}}\n",
            files[0], files[1]
        )
    );
    assert_eq!(print(&[]), "1\n1\n");
    assert_eq!(
        print(&["-E", "file=y", "-E", "header=y"]),
        format!("file\tframe.number\n{}\t1\n{}\t1\n", files[0], files[1])
    );
    let one = run(&["print", "--csv", "--first", "1", "-e", "frame.number", files[0]]);
    assert_eq!(one.text(), "frame.number\n1\n");
}

/// Cells that hold what separates them come back whole.
#[test]
fn hostile_values_stay_apart() {
    let texts = ["a;b", "quo\"te", "back\\slash", "\\;", "=1+1", "line\nbreak", " space ", "a,b", "", "é→"];
    let packets: Vec<Vec<&str>> = texts.iter().map(|text| vec![*text]).chain([texts.to_vec()]).collect();
    let capture = capture_of(&packets);
    let json = run_with_input(&["print", "--json", "-e", "mbuf_trace.text"], &capture);
    let lists: Vec<Vec<String>> = json
        .text()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["mbuf_trace.text"].clone())
        .map(|list| serde_json::from_value(list).unwrap())
        .collect();
    assert_eq!(lists, packets);
    for options in [&[][..], &["-E", "separator=;", "-E", "aggregator=,"], &["-E", "quote=d"]] {
        let arguments =
            [&["print", "--csv", "-e", "mbuf_trace.text", "-e", "frame.number"], options].concat();
        let ran = run_with_input(&arguments, &capture);
        let separator = if options.contains(&"separator=;") { b';' } else { b',' };
        let aggregator = if separator == b';' { ',' } else { ';' };
        let mut rows = csv::ReaderBuilder::new().delimiter(separator).from_reader(ran.text().as_bytes());
        let cells: Vec<String> = rows.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(cells.len(), packets.len(), "{options:?}");
        for (cell, values) in cells.iter().zip(&packets) {
            // A formula is none, and of several words only the first could be one.
            let cell = cell.strip_prefix("'=").map_or(cell.clone(), |rest| format!("={rest}"));
            assert_eq!(split(&cell, aggregator), *values, "{options:?} {cell}");
        }
        assert!(!ran.text().contains("\n="), "{options:?}");
    }
}

/// The values of a cell of `--csv`, as docs/print.md says.
fn split(cell: &str, aggregator: char) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        let last = values.last_mut().unwrap();
        match letter {
            '\\' => match letters.next().unwrap() {
                'n' => last.push('\n'),
                letter => last.push(letter),
            },
            letter if letter == aggregator => values.push(String::new()),
            letter => last.push(letter),
        }
    }
    values
}

#[test]
fn what_options_cannot_be_is_told() {
    let field = ["print", "-e", "frame.number", "fixtures/ping-rev3.pcap"];
    for bad in [
        "header",
        "header=x",
        "separator=",
        "aggregator=",
        "quote=x",
        "occurrence=",
        "bom=",
        "foo=y",
        "separator=\n",
    ] {
        let ran = run(&[&field[..], &["-E", bad]].concat());
        assert_eq!((ran.code, ran.text()), (2, ""), "{bad}");
    }
    for bad in [&["--csv"][..], &["-E", "header=y"]] {
        assert_eq!(run(&[&["print", "fixtures/ping-rev3.pcap"], bad].concat()).code, 2, "{bad:?}");
    }
    for bad in [&["--csv", "--json"][..], &["--json", "-E", "header=y"]] {
        assert_eq!(run(&[&field[..], bad].concat()).code, 2, "{bad:?}");
    }
}

#[test]
fn a_mark_for_excel() {
    let mark = [0xef, 0xbb, 0xbf];
    let csv = |more: &[&str]| run(&[&["convert", "fixtures/ping-rev3.pcap"], more].concat());
    assert_eq!(csv(&["--to", "csv", "--bom"]).stdout, [&mark[..], &csv(&["--to", "csv"]).stdout].concat());
    assert_eq!(csv(&["--to", "ndjson", "--bom"]).code, 2);
    let folder = folder();
    let path = folder.path().join("t.csv");
    assert_eq!(csv(&["--bom", "-o", path.to_str().unwrap()]).code, 0);
    assert!(std::fs::read(path).unwrap().starts_with(&mark));
    let field = ["print", "--csv", "-E", "bom=y", "-e", "frame.number", "fixtures/ping-rev3.pcap"];
    let marked = run(&[&field[..], &["fixtures/nat-rev4.pcap"]].concat()).stdout;
    assert_eq!(marked.windows(3).filter(|bytes| *bytes == mark).count(), 1);
    assert!(marked.starts_with(&mark));
}
