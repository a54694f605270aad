//! A tshark with our dissector.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The option that loads the dissector.
pub(crate) const SCRIPT: &str =
    concat!("lua_script:", env!("CARGO_MANIFEST_DIR"), "/../../lua/mbuf_trace.lua");

/// A user who is nobody: since 4.2, tshark loads no script of root's.
const NOBODY: u32 = 65_534;

/// How tshark is run.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    as_nobody: bool,
    /// A home without anybody's settings or plugins.
    home: PathBuf,
}

/// The tshark of this system. Where there is none the tests pass, but say so.
pub(crate) fn is_here() -> Option<Shell> {
    static FOUND: OnceLock<Option<Shell>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let version =
            Command::new("tshark").arg("--version").output().ok().filter(|out| out.status.success());
        let Some(version) = version else {
            let required = std::env::var_os("MTRACE_TEST_REQUIRE_TSHARK").is_some_and(|value| value == "1");
            assert!(!required, "tshark is missing, and MTRACE_TEST_REQUIRE_TSHARK=1 forbids that");
            eprintln!("*** tshark is not here: the tests of the dissector are SKIPPED ***");
            return None;
        };
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        let as_nobody = is_root && !version.starts_with("TShark (Wireshark) 4.0");
        let home = tempfile::tempdir().expect("a folder").keep();
        let shell = Shell { as_nobody, home };
        shell.share(&shell.home);
        Some(shell)
    });
    found.clone()
}

impl Shell {
    /// Lets whoever tshark runs as read this folder.
    pub(crate) fn share(&self, folder: &Path) {
        if self.as_nobody {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o777)).expect("permissions");
        }
    }

    /// What `tshark -r file arguments` prints. Nothing may go wrong, and no word about Lua on standard error.
    pub(crate) fn read(&self, file: &Path, arguments: &[&str]) -> String {
        self.read_with(&[SCRIPT], file, arguments)
    }

    /// The same with these scripts.
    pub(crate) fn read_with(&self, scripts: &[&str], file: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new("tshark");
        command.current_dir(crate::support::ROOT).stdin(Stdio::null());
        command.env("HOME", &self.home).env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        for variable in ["XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR"] {
            command.env_remove(variable);
        }
        command.args(scripts.iter().flat_map(|script| ["-X", *script]));
        command.args(["-n", "-r"]).arg(file).args(arguments);
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().expect("tshark runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert!(!errors.to_lowercase().contains("lua"), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A tree as it is compared: ours only, without what differs between versions of Wireshark. Snapshots but the
/// primary one are dissected from 4.2 on, and bytes are shown in other lengths.
pub(crate) fn show(text: &str) -> String {
    const OTHERS: [&str; 9] = [
        "Ethernet II",
        "802.1Q",
        "Internet Protocol",
        "Internet Control",
        "Transmission Control",
        "User Datagram",
        "Address Resolution",
        "Data (",
        "Frame ",
    ];
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut out = String::new();
    // How far the tree of another dissector that is being left out is indented.
    let mut other: Option<usize> = None;
    for line in text.lines().filter(|line| line.starts_with("mbuf_trace") || line.starts_with(' ')) {
        if OTHERS.iter().any(|name| line.trim_start().starts_with(name)) {
            other = Some(indent(line));
        } else if other.is_none_or(|other| indent(line) <= other) {
            other = None;
        }
        if other.is_some() {
            continue;
        }
        let line = line.trim_end().trim_end_matches(" (not dissected: see the preference all_snapshots)");
        if line.trim_start().starts_with("Bytes: ") {
            out.extend(line.chars().take(60));
        } else {
            out += line;
        }
        out.push('\n');
    }
    out
}
