//! The programs of Wireshark that are here, and what they say of themselves.

use super::process;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where an application is on macOS, which puts nothing into `PATH`.
const APPLICATION: &str = "/Applications/Wireshark.app/Contents/MacOS";

/// A program that was found.
#[derive(Debug)]
pub(super) struct Program {
    /// Where.
    pub(super) path: PathBuf,
    /// What `--version` says, or why it says nothing.
    pub(super) about: Result<About, String>,
}

impl Program {
    /// The first executable of this name in `PATH`, or else where it usually is.
    fn find(name: &str) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let application = cfg!(target_os = "macos").then(|| PathBuf::from(APPLICATION));
        let folders = std::env::split_paths(&path).chain(application);
        let path = folders.map(|folder| folder.join(name)).find(|path| is_executable(path))?;
        let about = match process::run(&path, &["--version"]) {
            Ok(ran) if ran.success => Ok(About::parse(&ran.stdout)),
            Ok(ran) => Err(format!("`--version` failed: {}", ran.stderr.trim())),
            Err(error) => Err(error.to_string()),
        };
        Some(Self { path, about })
    }

    /// The one that answers questions; the other has windows.
    pub(super) fn wireshark() -> Option<Self> {
        Self::find("tshark").or_else(|| Self::find("wireshark"))
    }

    /// Whether it is tshark, which can be asked for more than its version.
    pub(super) fn is_tshark(&self) -> bool {
        self.path.ends_with("tshark")
    }
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| there.is_file() && there.permissions().mode() & 0o111 != 0)
}

/// What `--version` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct About {
    /// Its first line.
    pub(super) line: String,
    /// The version, where it can be found in that line.
    pub(super) version: Option<Version>,
    /// Whether it was built with Lua.
    pub(super) lua: Lua,
}

/// Major and minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u32, pub(super) u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Lua, as far as `--version` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lua {
    /// This version of it.
    With(String),
    /// Built without it.
    Without,
    /// Not a word.
    Unknown,
}

impl About {
    fn parse(text: &str) -> Self {
        let line = text.lines().next().unwrap_or_default().trim().to_owned();
        let version = line.split_whitespace().find_map(parse_version);
        // Lines are wrapped, so a name and its version may stand on two.
        let words: Vec<&str> = text.split_whitespace().collect();
        let lua = words.windows(3).find_map(|words| match words {
            ["without", "Lua" | "Lua," | "Lua.", _] => Some(Lua::Without),
            ["with", "Lua", version] => Some(Lua::With(version.trim_end_matches([',', '.']).to_owned())),
            _ => None,
        });
        Self { line, version, lua: lua.unwrap_or(Lua::Unknown) }
    }
}

/// `4.0.17`, `4.6.0rc1` or `4.2.2-1~bpo` as major and minor.
fn parse_version(word: &str) -> Option<Version> {
    let mut parts = word.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
    Some(Version(major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let debian = "TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u3).\n\n\
                      with libpcap, with libnl 3, with Lua\n5.2.4, with GnuTLS 3.7.9, with MaxMind.\n";
        let about = About::parse(debian);
        assert_eq!(about.version, Some(Version(4, 0)));
        assert_eq!(about.lua, Lua::With("5.2.4".into()));
        let freebsd = "TShark (Wireshark) 4.4.9.\n\nCompiled with libpcap, without Lua, with GnuTLS.";
        let about = About::parse(freebsd);
        assert_eq!((about.version, about.lua), (Some(Version(4, 4)), Lua::Without));
        let newer = "Wireshark 4.6.0rc1 (v4.6.0rc1).\n with Lua 5.4.7 (with UfW patches), with x";
        let about = About::parse(newer);
        assert_eq!((about.version, about.lua), (Some(Version(4, 6)), Lua::With("5.4.7".into())));
        let about = About::parse("");
        assert_eq!((about.version, about.lua), (None, Lua::Unknown));
    }
}
