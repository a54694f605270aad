//! `wireshark doctor`: whether Wireshark is here, can load the dissector and does, and what to do if not.

use super::folders::Folders;
use super::health::{Health, quoted};
use super::ours::{self, State};
use super::process;
use super::program::{About, Lua, Program, Version};
use super::{DISSECTOR, DISSECTOR_NAME};
use crate::args::DoctorArgs;
use crate::failure::{Failure, Status};
use crate::messages::Name;
use crate::signals;
use capture_file::{Item, Reader};
use mbuf_trace::{Detector, Text};
use std::io::{Cursor, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use trace_view::Counted;

/// The capture that Wireshark is given to read.
const CAPTURE: &[u8] = include_bytes!("../../../../../fixtures/ping-rev4.pcap");

/// The oldest version that the dissector runs in.
const OLDEST: Version = Version(4, 0);
/// From this version on, Wireshark loads no personal plugins for root.
const WARY_OF_ROOT: Version = Version(4, 2);
/// Longest plugin that is searched for another dissector of our name.
const LONGEST_PLUGIN: u64 = 4 << 20;

pub(super) fn run(args: &DoctorArgs) -> Result<Status, Failure> {
    let health = examine()?;
    super::print(&if args.json { health.json()? } else { health.text() })?;
    Ok(if health.is_good() { Status::Done } else { Status::Faults })
}

fn examine() -> Result<Health, Failure> {
    let mut health = Health::default();
    let Some(program) = Program::wireshark() else {
        health.problem(
            "wireshark",
            &"neither tshark nor wireshark is here",
            how_to_get(std::env::consts::OS),
        );
        return Ok(health);
    };
    let has_lua = judge_program(&mut health, &program);
    let capture = write_capture()?;
    let is_root = capture.as_file().metadata().is_ok_and(|file| file.uid() == 0);
    let folders = Folders::find(Some(&program))?;
    let is_wary = judge_user(&mut health, program.about.as_ref().ok(), is_root, &folders);
    let installed = judge_files(&mut health, &folders)?;
    judge_others(&mut health, &folders, &installed);

    let obstacle = if !has_lua {
        Some("without Lua there is nothing to load it")
    } else if installed.is_empty() {
        Some("it is not installed")
    } else if !program.is_tshark() {
        Some("without tshark it cannot be tried")
    } else {
        None
    };
    if let Some(obstacle) = obstacle {
        health.skipped("loading", &obstacle);
        health.skipped("reading", &obstacle);
    } else if judge_loading(&mut health, &program, &installed, is_wary) {
        judge_reading(&mut health, &program, capture.path())?;
    } else {
        health.skipped("reading", &"it is not loaded");
    }
    signals::keep(|| drop(capture));
    Ok(health)
}

/// The capture as a file, which does not outlive this program.
fn write_capture() -> Result<NamedTempFile, Failure> {
    let folder = std::env::temp_dir();
    let make = || tempfile::Builder::new().prefix("mtrace-tool-").suffix(".pcap").tempfile();
    let written = signals::create(make, NamedTempFile::path).and_then(|mut file| {
        file.write_all(CAPTURE)?;
        Ok(file)
    });
    written.map_err(|error| Failure::output(folder, error))
}

/// Program, version and Lua; whether a Lua plugin can be loaded at all.
fn judge_program(health: &mut Health, program: &Program) -> bool {
    let path = Name(&program.path);
    let about = match &program.about {
        Ok(about) => about,
        Err(why) => {
            health.problem(
                "wireshark",
                &format_args!("{path}: {}", quoted(why)),
                "see whether it runs at all",
            );
            return false;
        }
    };
    let line = quoted(&about.line);
    match about.version {
        Some(version) if version < OLDEST => {
            let message = format_args!("{path} is {line}: the dissector needs {OLDEST} or later");
            health.problem("wireshark", &message, "install a later version of Wireshark");
        }
        Some(_) => health.ok("wireshark", &format_args!("{path} is {line}")),
        None => health.note("wireshark", &format_args!("{path} tells no version: {line}"), ""),
    }
    match &about.lua {
        Lua::With(version) => {
            health.ok("lua", &format_args!("built with Lua {}", quoted(version)));
            true
        }
        Lua::Without => {
            health.problem("lua", &"built without Lua", how_to_get_lua(std::env::consts::OS));
            false
        }
        Lua::Unknown => {
            health.note("lua", &"it does not say whether it was built with Lua", "");
            true
        }
    }
}

/// Where Wireshark comes from.
fn how_to_get(system: &str) -> &'static str {
    match system {
        "freebsd" => {
            "build the port net/wireshark (or net/tshark) with its option LUA; the package has no Lua"
        }
        "macos" => "brew install wireshark, or the installer from wireshark.org",
        _ => "install your system's package wireshark or tshark (Debian, Ubuntu: apt-get install tshark)",
    }
}

/// Where a Wireshark with Lua comes from.
fn how_to_get_lua(system: &str) -> &'static str {
    match system {
        "freebsd" => {
            "FreeBSD's package is built without Lua: build the port with it (cd /usr/ports/net/wireshark && \
             make config install, with the option LUA; likewise net/tshark), or read the capture on a machine \
             whose Wireshark has Lua"
        }
        _ => "install a Wireshark that was built with Lua, as the packages of wireshark.org and Debian are",
    }
}

/// Root is nobody to run Wireshark as, and from some version on gets no plugins; whether that may be so.
fn judge_user(health: &mut Health, about: Option<&About>, is_root: bool, folders: &Folders) -> bool {
    if !is_root {
        return false;
    }
    let version = about.and_then(|about| about.version);
    let is_wary = version.is_none_or(|version| version >= WARY_OF_ROOT);
    if is_wary {
        let global = folders.global_lua.as_deref().unwrap_or(Path::new("FOLDER"));
        let advice = format!(
            "run it as an ordinary user, or put the dissector where all users have it: \
             mtrace-tool wireshark install --dir {}",
            Name(global)
        );
        let message = "as root, Wireshark 4.2 and later loads neither personal plugins nor -X lua_script";
        health.note("user", &message, &advice);
    } else {
        let message = "running as root; Wireshark 4.2 and later would load no personal plugins";
        health.note("user", &message, "run Wireshark as an ordinary user");
    }
    is_wary
}

/// The folders, and where in them is a file of the dissector's name.
fn judge_files(health: &mut Health, folders: &Folders) -> Result<Vec<PathBuf>, Failure> {
    let personal = Name(&folders.personal_lua);
    if folders.told {
        health.ok("folder", &format_args!("Lua plugins go to {personal}"));
    } else {
        health.note(
            "folder",
            &format_args!("Lua plugins should go to {personal}; Wireshark does not say"),
            "",
        );
    }
    let stamped = ours::stamped(DISSECTOR, "--");
    let mut found = Vec::new();
    for folder in folders.lua() {
        let path = folder.join(DISSECTOR_NAME);
        let state =
            ours::state(&path, &stamped).map_err(|source| Failure::Input { path: path.clone(), source })?;
        let name = Name(&path);
        match state {
            State::Absent => continue,
            State::Current => health.ok("dissector", &format_args!("{name} is this tool's")),
            State::Other => {
                let message = format_args!("{name} is another version's than this tool");
                health.problem("dissector", &message, "mtrace-tool wireshark install");
            }
            // What `mtrace-tool wireshark lua` printed, or a link to it.
            State::Foreign if std::fs::read(&path).is_ok_and(|text| text == DISSECTOR.as_bytes()) => {
                health.ok("dissector", &format_args!("{name} is as this tool prints it"));
            }
            State::Foreign => {
                let message = format_args!("{name} is not what this tool installs, or was changed");
                health.problem("dissector", &message, "mtrace-tool wireshark install --force");
            }
        }
        found.push(path);
    }
    if found.is_empty() {
        health.problem("dissector", &"not installed", "mtrace-tool wireshark install");
    }
    Ok(found)
}

/// Other plugins that call themselves mbuf_trace: only the first that Wireshark loads has a say.
fn judge_others(health: &mut Health, folders: &Folders, installed: &[PathBuf]) {
    let mut found = Vec::new();
    for folder in folders.lua() {
        found.extend(entries(&folder).into_iter().filter(|path| {
            path.extension().is_some_and(|end| end == "lua") && !installed.contains(path) && is_rival(path)
        }));
    }
    if let Some(compiled) = folders.personal_compiled.as_ref().map(|folder| folder.join("epan")) {
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().as_encoded_bytes();
            name.starts_with(b"mbuf_trace") || name.starts_with(b"mtrace")
        };
        found.extend(entries(&compiled).into_iter().filter(is_ours));
    }
    found.sort();
    found.dedup();
    for path in found {
        let message = format_args!("{} is a dissector for mbuf_trace too", Name(&path));
        health.note("rival", &message, "only the one that is loaded first has a say: remove one of them");
    }
}

/// What lies in a folder; nothing where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).map(|entry| entry.path()).collect()
}

/// Whether a plugin registers a protocol of our name.
fn is_rival(path: &Path) -> bool {
    let is_short = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LONGEST_PLUGIN);
    let text = if is_short { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let text = String::from_utf8_lossy(&text);
    let mut calls =
        text.split("Proto").skip(1).map(|call| call.trim_start_matches(['.', 'n', 'e', 'w', '(', ' ']));
    calls.any(|call| ["\"mbuf_trace\"", "'mbuf_trace'"].iter().any(|name| call.starts_with(name)))
}

/// Whether Wireshark loads one of the files; a second one gives way to the first.
fn judge_loading(health: &mut Health, program: &Program, paths: &[PathBuf], is_wary: bool) -> bool {
    let ran = match process::run(&program.path, &["-G", "plugins"]) {
        Ok(ran) => ran,
        Err(error) => {
            health.problem(
                "loading",
                &format_args!("tshark -G plugins {error}"),
                "see whether it runs at all",
            );
            return false;
        }
    };
    let faults: Vec<&str> = ran.stderr.lines().filter(|line| line.to_lowercase().contains("lua")).collect();
    if !faults.is_empty() {
        let message = format_args!("Wireshark complains: {}", quoted(&faults.join(" ")));
        health.problem("loading", &message, "mtrace-tool wireshark install --force; if it stays, tell us");
        return false;
    }
    let loaded: Vec<&Path> = ran
        .stdout
        .lines()
        .filter_map(|line| line.rsplit('\t').next())
        .map(|last| Path::new(last.trim()))
        .collect();
    if let Some(path) = paths.iter().find(|path| loaded.contains(&path.as_path())) {
        health.ok("loading", &format_args!("Wireshark loads {}", Name(path)));
        return true;
    }
    let message =
        format_args!("Wireshark does not load {}", Name(paths.first().map_or(Path::new(""), |path| path)));
    let advice = if is_wary {
        "it does not for root: see above"
    } else {
        "see whether Lua is switched off: enable_lua in init.lua, in the configuration's folder"
    };
    health.problem("loading", &message, advice);
    false
}

/// Whether Wireshark reads the built-in capture as we do.
fn judge_reading(health: &mut Health, program: &Program, capture: &Path) -> Result<(), Failure> {
    const NAME: &str = "reading";
    let expected = expected();
    let Some(file) = capture.to_str() else {
        health.skipped(NAME, &"the folder for temporary files has a name that is not UTF-8");
        return Ok(());
    };
    let fields = ["-e", "frame.number", "-e", "mbuf_trace.revision", "-e", "mbuf_trace.path"];
    let args = [["-n", "-r", file, "-T", "fields"].as_slice(), &fields].concat();
    let ran = match process::run(&program.path, &args) {
        Ok(ran) => ran,
        Err(error) => {
            health.problem(NAME, &format_args!("tshark -r {error}"), "see whether it reads any capture");
            return Ok(());
        }
    };
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let advice = "see whether a preference sends link type 147 to another dissector (Preferences > Protocols > \
                  DLT_USER), or another dissector named above came first";
    if !ran.success {
        let message = format_args!("tshark fails on a built-in capture: {}", quoted(&ran.stderr));
        health.problem(NAME, &message, advice);
    } else if lines == expected {
        let count = expected.len();
        health.ok(NAME, &format_args!("it reads {} as this tool does", Counted(count, "built-in packet")));
    } else {
        let pairs = expected.iter().map(String::as_str).chain(std::iter::repeat(""));
        let wrong =
            pairs.zip(lines.iter().copied().chain(std::iter::once(""))).find(|(ours, line)| ours != line);
        let (ours, theirs) = wrong.unwrap_or_default();
        let message =
            format_args!("a built-in packet is read as `{}`, not as `{}`", quoted(theirs), quoted(ours));
        health.problem(NAME, &message, advice);
    }
    Ok(())
}

/// Number, revision and path of each packet of the built-in capture.
fn expected() -> Vec<String> {
    let mut lines = Vec::new();
    let mut detector = Detector::default();
    let Ok(mut reader) = Reader::new(Cursor::new(CAPTURE)) else { return lines };
    while let Ok(Some(item)) = reader.next_item() {
        let Item::Packet(packet) = item else { continue };
        let length = usize::try_from(packet.original_len).unwrap_or(usize::MAX);
        let Ok(trace) = detector.read(packet.data, length) else { continue };
        let mut path = Vec::new();
        trace.write_path(&mut path);
        lines.push(format!("{}\t{}\t{}", packet.number, trace.encoding().revision, Text(&path)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_capture_has_paths() {
        let lines = expected();
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.contains("\t4\t") && line.contains(" > ")), "{lines:?}");
    }

    #[test]
    fn each_system_gets_its_own_advice() {
        assert!(how_to_get_lua("freebsd").contains("/usr/ports/net/wireshark"));
        assert!(how_to_get("freebsd").contains("LUA"));
        assert!(how_to_get("linux").contains("apt-get"));
        assert!(how_to_get_lua("linux").contains("wireshark.org"));
    }

    #[test]
    fn rivals_are_told_by_what_they_register() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.lua");
        for (text, rival) in [
            ("local p = Proto(\"mbuf_trace\", \"x\")", true),
            ("local p = Proto.new( 'mbuf_trace', 'x')", true),
            ("local p = Proto(\"mbuf_tracer\", \"x\")", false),
            ("-- mbuf_trace, Proto(\"other\")", false),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(is_rival(&path), rival, "{text}");
        }
    }
}
