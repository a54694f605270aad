//! The dissector's script names nothing that Lua and Wireshark do not have. Reading a global that does not exist gives
//! nil and no error: a slip of the pen in a branch that only newer versions take went unseen that way.

use crate::support::{at, is_there};
use std::collections::BTreeSet;
use std::process::Command;

/// What the script may use of Lua 5.2, which all versions of Wireshark with Lua understand.
const OF_LUA: &[&str] = &[
    "getmetatable",
    "io",
    "ipairs",
    "math",
    "next",
    "os",
    "pairs",
    "pcall",
    "print",
    "require",
    "select",
    "setmetatable",
    "string",
    "table",
    "tonumber",
    "tostring",
    "type",
    "unpack",
];

/// And of Wireshark.
const OF_WIRESHARK: &[&str] = &[
    "ByteArray",
    "DATA_DIR",
    "Dissector",
    "DissectorTable",
    "Field",
    "FieldInfo",
    "Listener",
    "MENU_TOOLS_UNSORTED",
    "NSTime",
    "PI_COMMENTS_GROUP",
    "PI_ERROR",
    "PI_MALFORMED",
    "PI_NOTE",
    "PI_PROTOCOL",
    "PI_UNDECODED",
    "PI_WARN",
    "Pref",
    "Proto",
    "ProtoExpert",
    "ProtoField",
    "TextWindow",
    "UInt64",
    "base",
    "browser_open_url",
    "expert",
    "frametype",
    "ftypes",
    "get_preference",
    "get_version",
    "gui_enabled",
    "register_menu",
    "register_packet_menu",
    "register_stat_cmd_arg",
    "retap_packets",
    "set_plugin_info",
    "wtap",
    "wtap_encaps",
];

/// The globals that a script reads and writes, as `luac -l` lists its instructions. The name is in the comment, or where
/// there are too many constants, in that of the instruction that loads it into a register before.
fn globals(listing: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut read, mut written) = (BTreeSet::new(), BTreeSet::new());
    let mut loaded: Vec<(String, String)> = Vec::new();
    let quoted = |text: &str| Some(text.split_once('"')?.1.rsplit_once('"')?.0.to_owned());
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        let comment = line.split_once(';').map_or("", |(_, comment)| comment);
        match words.as_slice() {
            ["LOADK", register, ..] => {
                loaded.retain(|(known, _)| known != register);
                loaded.extend(quoted(comment).map(|name| ((*register).to_owned(), name)));
            }
            [code @ ("GETTABUP" | "SETTABUP"), _, b, c, ..] if comment.contains("_ENV") => {
                let (register, names) = if *code == "GETTABUP" { (c, &mut read) } else { (b, &mut written) };
                let by_register =
                    || loaded.iter().find(|(known, _)| known == register).map(|(_, name)| name.clone());
                names.insert(quoted(comment).or_else(by_register).expect("a name"));
            }
            _ => {}
        }
    }
    (read, written)
}

fn of_script(script: &std::path::Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let listed = Command::new("luac5.2").args(["-l", "-p"]).arg(script).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    globals(&String::from_utf8(listed.stdout).unwrap())
}

#[test]
fn every_global_exists() {
    if !is_there("luac5.2", "-v", "MTRACE_TEST_REQUIRE_LUAC") {
        return;
    }
    let (read, written) = of_script(&at("lua/mbuf_trace.lua"));
    assert_eq!(written, BTreeSet::new(), "other scripts in the same Wireshark would see them");
    let unknown: Vec<_> =
        read.iter().filter(|name| ![OF_LUA, OF_WIRESHARK].concat().contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    for name in ["Proto", "ProtoField", "register_menu", "pcall"] {
        assert!(read.contains(name), "the listing was understood: {read:?}");
    }
}

#[test]
fn one_that_does_not_is_found() {
    if !is_there("luac5.2", "-v", "MTRACE_TEST_REQUIRE_LUAC") {
        return;
    }
    let folder = crate::support::folder();
    let script = folder.path().join("slip.lua");
    // More constants than an instruction can name.
    let many: String = (0..300)
        .map(|number| format!("local _ = {{ [\"c{number}\"] = 1 }}\n"))
        .map(|line| format!("do {line} end\n"))
        .collect();
    std::fs::write(
        &script,
        format!(
            "local known = 1\n{many}local function f() return known + link end\nf()\nslip = 2\nreturn late"
        ),
    )
    .unwrap();
    let (read, written) = of_script(&script);
    assert_eq!(read.iter().map(String::as_str).collect::<Vec<_>>(), ["late", "link"]);
    assert_eq!(written.iter().map(String::as_str).collect::<Vec<_>>(), ["slip"]);
}
