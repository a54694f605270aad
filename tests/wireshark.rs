//! `wireshark`: installing the dissector, and what the doctor says of all sorts of Wireshark.

use crate::support::{Ran, fixture_bytes, run, tool};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A home of its own, and programs that come before all others.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["home", "bin", "global"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn dissector(&self) -> PathBuf {
        self.path("home/.local/lib/wireshark/plugins/mbuf_trace.lua")
    }

    fn profile(&self, name: &str) -> PathBuf {
        self.path("home/.config/wireshark/profiles/mbuf_trace").join(name)
    }

    /// Makes a command run in this world. `path` is where programs are looked for behind ours.
    fn prepare<'a>(&self, command: &'a mut Command, path: &str) -> &'a mut Command {
        let path = format!("{}:{path}", self.path("bin").display());
        command.env("HOME", self.path("home")).env("PATH", path);
        for variable in ["XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR"] {
            command.env_remove(variable);
        }
        command
    }

    /// `mtrace-tool wireshark`, with no other programs than those of this world.
    fn wireshark(&self, arguments: &[&str]) -> Ran {
        let mut command = tool();
        self.prepare(&mut command, "/nonexistent").arg("wireshark").args(arguments);
        command.output().expect("the tool runs").into()
    }

    /// The same with the programs of this system, a real tshark among them.
    fn with_system(&self, arguments: &[&str]) -> Ran {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = tool();
        self.prepare(&mut command, &path).arg("wireshark").args(arguments);
        command.output().expect("the tool runs").into()
    }

    /// Puts a program of this name there: a shell script that only needs what the shell has.
    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    }

    /// A tshark that says this of itself, loads plugins like this, and reads captures like this.
    fn tshark(&self, version: &str, plugins: &str, reading: &str) {
        let home = self.path("home").display().to_string();
        let global = self.path("global").display().to_string();
        self.program(
            "tshark",
            &format!(
                "case \"$1 $2\" in\n\
                 '--version ') printf '%b' '{version}' ;;\n\
                 '-G folders')\n\
                 printf 'Personal configuration:\\t{home}/.config/wireshark\\n'\n\
                 printf 'Personal Plugins:    \\t{home}/.local/lib/wireshark/plugins/4.0\\n'\n\
                 printf 'Personal Lua Plugins:\\t{home}/.local/lib/wireshark/plugins\\n'\n\
                 printf 'Global Lua Plugins:  \\t{global}\\n' ;;\n\
                 '-G plugins') {plugins} ;;\n\
                 *) {reading} ;;\n\
                 esac"
            ),
        );
    }

    /// A tshark with which nothing is wrong.
    fn good_tshark(&self, version: &str) {
        let loaded =
            format!("printf 'mbuf_trace.lua\\t\\tlua script\\t%s\\n' '{}'", self.dissector().display());
        self.tshark(version, &loaded, &good_reading());
    }
}

/// What a tshark of this version says.
fn version(number: &str, lua: &str) -> String {
    format!("TShark (Wireshark) {number} (Git v{number}).\\n\\nCompiled with libpcap, {lua}, with zlib.\\n")
}

const LUA: &str = "with Lua\\n5.4.6";

/// Prints what the dissector would, which is what this tool prints.
fn good_reading() -> String {
    let fields = ["-e", "frame.number", "-e", "mbuf_trace.revision", "-e", "mbuf_trace.path"];
    let ran = run(&[["print"].as_slice(), &fields, &["fixtures/ping-rev4.pcap"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    format!("printf '%s' '{}'", ran.text())
}

/// Whether the tests run as root: then files they make are root's.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let file = tempfile::tempfile().expect("a file");
    file.metadata().expect("metadata").uid() == 0
}

/// The line of the doctor's answer that is about this.
fn finding<'a>(ran: &'a Ran, name: &str) -> &'a str {
    let is_it = |line: &&str| line.split_whitespace().nth(1) == Some(name);
    ran.text().lines().find(is_it).unwrap_or_else(|| panic!("nothing on {name}: {}", ran.all()))
}

#[test]
fn the_dissector_is_printed() {
    let ran = run(&["wireshark", "lua"]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.stdout, include_bytes!("../lua/mbuf_trace.lua"));
}

#[test]
fn install_and_uninstall() {
    let world = World::new();
    world.good_tshark(&version("4.4.9", LUA));
    let ran = world.wireshark(&["install"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.all());
    assert!(ran.text().contains(&format!("wrote {}", world.dissector().display())), "{}", ran.text());
    let installed = fs::read(world.dissector()).expect("it is there");
    assert!(installed.starts_with(include_bytes!("../lua/mbuf_trace.lua")));
    assert_eq!(
        fs::read_dir(world.dissector().parent().unwrap()).unwrap().count(),
        1,
        "and nothing beside it"
    );
    assert!(!world.profile("preferences").exists(), "nobody asked for it");

    let ran = world.wireshark(&["install", "--profile"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.text().contains("mbuf_trace.lua is there already"), "{}", ran.text());
    let preferences = fs::read_to_string(world.profile("preferences")).expect("a profile");
    assert!(preferences.contains("\"Path\", \"%Cus:mbuf_trace.path:0:R\""), "{preferences}");
    assert!(world.profile("colorfilters").is_file());

    let ran = world.wireshark(&["uninstall"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.all());
    assert!(!world.dissector().exists() && !world.profile("").exists());
    let ran = world.wireshark(&["uninstall"]);
    assert_eq!(ran.code, 0);
    assert!(ran.text().contains("nothing to remove"), "{}", ran.text());
}

#[test]
fn files_of_others_stay() {
    let world = World::new();
    world.good_tshark(&version("4.4.9", LUA));
    let foreign = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    foreign(&world.dissector(), "-- somebody else's\n");
    let ran = world.wireshark(&["install", "--profile"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(world.dissector()).unwrap(), "-- somebody else's\n");
    assert!(!world.profile("").exists(), "nothing is written unless everything can be");
    let ran = world.wireshark(&["uninstall"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(world.dissector().exists());

    let ran = world.wireshark(&["install", "--profile", "--force"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    // A profile that Wireshark has changed is the user's, and so is what else is in its folder.
    foreign(&world.profile("preferences"), "# Configuration file for Wireshark 4.4.9.\n");
    foreign(&world.profile("recent"), "gui.toolbar_main_show: TRUE\n");
    let ran = world.wireshark(&["uninstall"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(world.profile("preferences").exists() && world.profile("recent").exists());
    assert!(!world.profile("colorfilters").exists() && !world.dissector().exists());
}

#[test]
fn other_folders_and_links() {
    let world = World::new();
    let folder = world.path("some/where");
    let ran = world.wireshark(&["install", "--dir", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.stderr.contains("there is no Wireshark yet"), "{}", ran.stderr);
    let installed = folder.join("mbuf_trace.lua");
    assert!(installed.is_file() && !world.dissector().exists());

    // Without a Wireshark to ask, the folder is the one that all versions look into.
    let ran = world.wireshark(&["install"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(world.dissector().is_file());
    let ran = world.wireshark(&["uninstall", "--dir", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!installed.exists() && world.dissector().exists());

    // What a link points to is not ours to replace.
    let own = world.path("own.lua");
    fs::copy(world.dissector(), &own).unwrap();
    std::os::unix::fs::symlink(&own, &installed).unwrap();
    let ran = world.wireshark(&["install", "--dir", folder.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    let ran = world.wireshark(&["install", "--dir", own.to_str().unwrap()]);
    assert_eq!(ran.code, 3, "a file is no folder: {}", ran.all());
    let mut homeless = tool();
    let ran: Ran = homeless
        .args(["wireshark", "install"])
        .env_clear()
        .env("PATH", "/nonexistent")
        .output()
        .unwrap()
        .into();
    assert_eq!(ran.code, 2, "{}", ran.all());
}

#[test]
fn a_healthy_wireshark() {
    let world = World::new();
    // As root, later versions would load nothing.
    world.good_tshark(&version("4.0.17", LUA));
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(finding(&ran, "dissector").starts_with("problem"));
    assert!(ran.text().contains("mtrace-tool wireshark install\n"), "{}", ran.text());
    world.wireshark(&["install"]);
    let ran = world.wireshark(&["doctor"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.all());
    for name in ["wireshark", "lua", "folder", "dissector", "loading", "reading"] {
        assert!(finding(&ran, name).starts_with("ok"), "{}", ran.text());
    }
    assert!(finding(&ran, "lua").contains("5.4.6"));
    let ran = world.wireshark(&["doctor", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    assert_eq!(json["ok"], true);
    assert_eq!(json["checks"][0]["name"], "wireshark");

    // Printed by hand it is as good; of another version it is not.
    let lua = include_bytes!("../lua/mbuf_trace.lua");
    fs::write(world.dissector(), lua).unwrap();
    assert_eq!(world.wireshark(&["doctor"]).code, 0);
    fs::write(world.dissector(), [lua.as_slice(), b"-- changed\n"].concat()).unwrap();
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.text().contains("install --force"), "{}", ran.text());
}

#[test]
fn a_wireshark_that_is_missing_old_or_without_lua() {
    let world = World::new();
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(finding(&ran, "wireshark").contains("neither tshark nor wireshark"));

    world.good_tshark(&version("4.4.9", "without Lua"));
    world.wireshark(&["install"]);
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(finding(&ran, "lua").starts_with("problem"));
    assert!(finding(&ran, "loading").starts_with("skipped"));
    let ran = world.wireshark(&["install"]);
    assert!(ran.stderr.contains("without Lua"), "{}", ran.all());

    world.good_tshark(&version("3.6.2", "with Lua 5.2.4"));
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(finding(&ran, "wireshark").contains("needs 4.0 or later"), "{}", ran.text());

    // Only the program with windows: it is asked for its version and nothing else.
    fs::remove_file(world.path("bin/tshark")).unwrap();
    let text = version("4.4.9", LUA).replace("TShark (Wireshark)", "Wireshark");
    let script =
        format!("[ \"$*\" = --version ] || {{ : > \"$HOME/window\"; exit 1; }}\nprintf '%b' '{text}'");
    world.program("wireshark", &script);
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(finding(&ran, "folder").starts_with("note"));
    assert!(finding(&ran, "reading").starts_with("skipped"));
    assert!(!world.path("home/window").exists(), "it was asked for more");
}

#[test]
fn a_wireshark_that_loads_nothing() {
    let world = World::new();
    world.tshark(&version("4.2.2", LUA), ":", &good_reading());
    world.wireshark(&["install"]);
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(finding(&ran, "loading").starts_with("problem"));
    assert!(finding(&ran, "reading").starts_with("skipped"));
    if is_root() {
        let global = format!("install --dir {}", world.path("global").display());
        assert!(ran.text().contains(&global), "{}", ran.text());
        // In everybody's folder even root's Wireshark finds it.
        let loaded = world.path("global/mbuf_trace.lua");
        let plugins = format!("printf 'mbuf_trace.lua\\t\\tlua script\\t%s\\n' '{}'", loaded.display());
        world.tshark(&version("4.2.2", LUA), &plugins, &good_reading());
        world.wireshark(&["uninstall"]);
        world.wireshark(&["install", "--dir", world.path("global").to_str().unwrap()]);
        let ran = world.wireshark(&["doctor"]);
        assert_eq!(ran.code, 0, "{}", ran.all());
    }
}

/// Whatever a program says gets to the terminal in one harmless line.
#[test]
fn a_wireshark_that_misbehaves() {
    let world = World::new();
    let harmless = |ran: &Ran| {
        assert_eq!(ran.code, 1, "{}", ran.all());
        let bad = |byte: &u8| *byte != b'\n' && (*byte < b' ' || *byte == 0x7f);
        assert!(!ran.stdout.iter().any(bad) && !ran.stderr.bytes().any(|byte| bad(&byte)), "{}", ran.all());
    };
    world.good_tshark(&version("4.0.17", LUA));
    world.wireshark(&["install"]);

    let complaint = "printf 'tshark: Lua: syntax error: \\033]0;x\\007 unexpected symbol\\n' >&2";
    world.tshark(&version("4.0.17\\033[31m", LUA), complaint, ":");
    let ran = world.wireshark(&["doctor"]);
    harmless(&ran);
    assert!(finding(&ran, "loading").contains("unexpected symbol"), "{}", ran.text());
    assert!(finding(&ran, "wireshark").contains("\\x1b[31m"), "{}", ran.text());

    let loaded = format!("printf 'mbuf_trace.lua\\t\\tlua script\\t%s\\n' '{}'", world.dissector().display());
    world.tshark(&version("4.0.17", LUA), &loaded, "printf '1\\t3\\t\\033[2Jwrong\\n'");
    let ran = world.wireshark(&["doctor"]);
    harmless(&ran);
    assert!(finding(&ran, "reading").contains("\\x1b[2Jwrong"), "{}", ran.text());
    harmless(&world.wireshark(&["doctor", "--json"]));

    let failing = "printf 'tshark: Some fields are not valid:\\n\\tmbuf_trace.path\\n' >&2; exit 1";
    world.tshark(&version("4.0.17", LUA), &loaded, failing);
    let ran = world.wireshark(&["doctor"]);
    harmless(&ran);
    assert!(
        finding(&ran, "reading").contains("Some fields are not valid: mbuf_trace.path"),
        "{}",
        ran.text()
    );

    world.program("tshark", "printf 'cannot open shared object\\033[0m\\n' >&2; exit 127");
    let ran = world.wireshark(&["doctor"]);
    harmless(&ran);
    assert!(finding(&ran, "wireshark").contains("cannot open shared object"), "{}", ran.text());
}

#[test]
fn other_dissectors_are_named() {
    let world = World::new();
    world.good_tshark(&version("4.0.17", LUA));
    world.wireshark(&["install"]);
    let rival = world.dissector().with_file_name("mtrace.lua");
    fs::write(&rival, "local p = Proto(\"mbuf_trace\", \"another\")\n").unwrap();
    let ran = world.wireshark(&["doctor"]);
    assert_eq!(ran.code, 0, "it may still be the second: {}", ran.all());
    assert!(finding(&ran, "rival").contains("mtrace.lua"), "{}", ran.text());
}

/// The Wireshark of this system: what `install` writes is loaded, and columns and colours are accepted.
#[test]
fn the_real_tshark() {
    const REQUIRE: &str = "MTRACE_TEST_REQUIRE_TSHARK";
    if !Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success()) {
        let required = std::env::var_os(REQUIRE).is_some_and(|value| value == "1");
        assert!(!required, "tshark is not installed, and {REQUIRE} is set");
        let _ = writeln!(std::io::stderr(), "SKIPPED wireshark with the real tshark: it is not installed");
        return;
    }
    let world = World::new();
    let ran = world.with_system(&["install", "--profile"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(world.dissector().is_file(), "{}", ran.all());
    let ran = world.with_system(&["doctor"]);
    if is_root() && ran.text().contains("loads neither personal plugins") {
        assert_eq!(ran.code, 1, "{}", ran.all());
        return;
    }
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(finding(&ran, "reading").starts_with("ok"), "{}", ran.text());

    let path = world.path("drop.pcap");
    fs::write(&path, fixture_bytes("drop-rev4.pcap")).unwrap();
    let tshark = |more: &[&str]| {
        let mut command = Command::new("tshark");
        let system = std::env::var("PATH").unwrap_or_default();
        world.prepare(&mut command, &system).args(["-C", "mbuf_trace", "--color", "-n", "-r"]).arg(&path);
        let output = command.args(more).output().expect("tshark runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let complaints: Vec<&str> =
            stderr.lines().filter(|line| !line.starts_with("Running as user")).collect();
        assert!(output.status.success() && complaints.is_empty(), "{stderr}");
        String::from_utf8(output.stdout).expect("text")
    };
    let columns = tshark(&[]);
    assert!(columns.contains("ip_input > pf_test"), "a column with the path: {columns}");
    let rules = tshark(&["-T", "fields", "-e", "frame.coloring_rule.name"]);
    assert!(rules.contains("mbuf_trace: dropped"), "colouring rules: {rules}");

    let ran = world.with_system(&["uninstall"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(!world.dissector().exists() && !world.profile("preferences").exists());
}
