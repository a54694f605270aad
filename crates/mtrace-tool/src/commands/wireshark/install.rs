//! `wireshark install` and `wireshark uninstall`.

use super::folders::Folders;
use super::ours::{self, State};
use super::program::{Lua, Program};
use super::{DISSECTOR, DISSECTOR_NAME, profile};
use crate::args::{InstallArgs, UninstallArgs};
use crate::failure::{Failure, Status};
use crate::messages::{self, Name};
use crate::output::{Content, Target};
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file that `install` writes.
struct File {
    path: PathBuf,
    /// With the stamp that makes it ours.
    text: String,
}

impl File {
    fn dissector(folder: &Path) -> Self {
        Self { path: folder.join(DISSECTOR_NAME), text: ours::stamped(DISSECTOR, "--") }
    }

    fn profile(configuration: &Path) -> [Self; 2] {
        let folder = profile::folder(configuration);
        profile::files().map(|(name, text)| Self { path: folder.join(name), text: ours::stamped(&text, "#") })
    }

    fn state(&self) -> Result<State, Failure> {
        ours::state(&self.path, &self.text)
            .map_err(|source| Failure::Input { path: self.path.clone(), source })
    }

    /// Writes it, whole or not at all. `state` was found before anything was written.
    fn write(&self, state: State) -> Result<(), Failure> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Failure::output(folder, error))?;
        }
        let target = Target::check(&self.path, state != State::Absent, Content::Text, &[])?;
        let mut out = target.open(None)?;
        out.write_all(self.text.as_bytes()).map_err(|error| Failure::output(&self.path, error))?;
        out.finish()
    }
}

pub(super) fn install(args: &InstallArgs) -> Result<Status, Failure> {
    let program = Program::wireshark();
    // With --dir alone there is nothing to ask for.
    let folders = match (&args.dir, args.profile) {
        (Some(_), false) => None,
        _ => Some(Folders::find(program.as_ref())?),
    };
    let mut files = Vec::new();
    let plugins = args.dir.clone().or_else(|| folders.as_ref().map(|folders| folders.personal_lua.clone()));
    files.extend(plugins.map(|folder| File::dissector(&folder)));
    if let Some(folders) = folders.as_ref().filter(|_| args.profile) {
        files.extend(File::profile(&folders.configuration));
    }

    // All are looked at before any is written.
    let mut states = Vec::new();
    for file in &files {
        let state = file.state()?;
        if state == State::Foreign && !args.force {
            let name = Name(&file.path);
            let message =
                format!("{name} was not written by `install`, or changed since; --force replaces it");
            return Err(Failure::Usage(message));
        }
        states.push(state);
    }
    for (file, state) in files.iter().zip(states) {
        if state == State::Current {
            say(&format_args!("{} is there already", Name(&file.path)))?;
        } else {
            file.write(state)?;
            say(&format_args!("wrote {}", Name(&file.path)))?;
        }
    }
    advise(program.as_ref());
    if args.profile {
        say(&format_args!("choose the profile with `wireshark -C {}`, or in its status bar", profile::NAME))?;
    }
    say(&"`mtrace-tool wireshark doctor` tells whether Wireshark loads it")?;
    Ok(Status::Done)
}

/// What may keep Wireshark from loading what was just written.
fn advise(program: Option<&Program>) {
    match program.map(|program| &program.about) {
        None => messages::warning(&"there is no Wireshark yet; it will look into this folder"),
        Some(Ok(about)) if about.lua == Lua::Without => {
            messages::warning(&"this Wireshark was built without Lua and will not load the dissector");
        }
        Some(_) => {}
    }
}

pub(super) fn uninstall(args: &UninstallArgs) -> Result<Status, Failure> {
    let mut files = Vec::new();
    let mut profile_folder = None;
    if let Some(folder) = &args.dir {
        files.push(File::dissector(folder));
    } else {
        let folders = Folders::find(Program::wireshark().as_ref())?;
        files.push(File::dissector(&folders.personal_lua));
        files.extend(File::profile(&folders.configuration));
        profile_folder = Some(profile::folder(&folders.configuration));
    }
    let mut status = Status::Done;
    let mut removed = false;
    for file in &files {
        match file.state()? {
            State::Absent => {}
            State::Current | State::Other => {
                std::fs::remove_file(&file.path).map_err(|error| Failure::output(&file.path, error))?;
                say(&format_args!("removed {}", Name(&file.path)))?;
                removed = true;
            }
            State::Foreign => {
                let name = Name(&file.path);
                messages::warning(&format_args!(
                    "{name} stays: `install` did not write it, or it changed since"
                ));
                status = Status::Faults;
            }
        }
    }
    if let Some(folder) = profile_folder {
        match std::fs::remove_dir(&folder) {
            Ok(()) => say(&format_args!("removed {}", Name(&folder)))?,
            Err(error) if [ErrorKind::NotFound, ErrorKind::DirectoryNotEmpty].contains(&error.kind()) => {}
            Err(error) => return Err(Failure::output(folder, error)),
        }
    }
    if !removed && status == Status::Done {
        say(&"nothing to remove: `install` has written nothing here")?;
    }
    Ok(status)
}

/// A line on standard output.
fn say(line: &dyn Display) -> Result<(), Failure> {
    super::print(&format!("{line}\n")).map(drop)
}
