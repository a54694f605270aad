//! `-E` has tshark's keys with tshark's meaning.

use super::tshark::is_here;
use crate::support::{fixture, run};

#[test]
fn as_tshark_lays_fields_out() {
    let Some(shell) = is_here() else { return };
    let fields = ["frame.number", "mbuf_trace.args", "mbuf_trace.drop", "mbuf_trace.line", "frame.len"];
    for name in ["nat-rev4.pcap", "drop-rev3.pcap"] {
        for options in [
            "",
            "header=y",
            "header=yes separator=,",
            "header=n separator=/s quote=d",
            "separator=/t quote=s",
            "separator=/ aggregator=/",
            "separator=;: aggregator=|x",
            "separator=/x aggregator=/s",
            "aggregator=/t",
            "occurrence=f quote=double",
            "occurrence=l header=y bom=n",
            "occurrence=all quote=n",
            "bom=y header=y",
            "header=y header=n separator=, separator=|",
        ] {
            let options = options.split_whitespace().flat_map(|option| ["-E", option]);
            let fields = fields.iter().flat_map(|field| ["-e", field]);
            let arguments: Vec<&str> = fields.chain(options).collect();
            let path = fixture(name);
            let tsharks = shell.read(&path, &[&["-T", "fields"], &arguments[..]].concat());
            let ours = run(&[&["print", path.to_str().unwrap()], &arguments[..]].concat());
            assert_eq!((ours.code, ours.text()), (0, &tsharks[..]), "{name} {arguments:?}");
        }
    }
}
