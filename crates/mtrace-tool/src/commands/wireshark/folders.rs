//! Where Wireshark looks for plugins and profiles.

use super::process;
use super::program::Program;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The folders of the Wireshark that is here, or of one that will be.
#[derive(Debug)]
pub(super) struct Folders {
    /// The user's own Lua plugins.
    pub(super) personal_lua: PathBuf,
    /// Everybody's, where Wireshark tells it.
    pub(super) global_lua: Option<PathBuf>,
    /// The user's configuration, whose `profiles` we are after.
    pub(super) configuration: PathBuf,
    /// The user's compiled plugins, where Wireshark tells it.
    pub(super) personal_compiled: Option<PathBuf>,
    /// Whether Wireshark itself said all this.
    pub(super) told: bool,
}

impl Folders {
    /// Asks this program if it is tshark (the other one might open a window), and guesses what is not said.
    /// Without a home folder there is nothing to guess.
    pub(super) fn find(program: Option<&Program>) -> Result<Self, Failure> {
        let tshark = program.filter(|program| program.is_tshark());
        let said = tshark.and_then(|program| process::run(&program.path, &["-G", "folders"]).ok());
        let said = said.filter(|ran| ran.success).map(|ran| ran.stdout).unwrap_or_default();
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let configuration = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
        Self::of(&said, home.as_deref(), configuration.filter(|path| path.is_absolute()))
            .ok_or_else(|| Failure::Usage("nobody says where plugins go: set HOME, or say --dir".to_owned()))
    }

    /// The folders in the output of `tshark -G folders`.
    fn of(said: &str, home: Option<&Path>, configuration_home: Option<PathBuf>) -> Option<Self> {
        let named = |name: &str| {
            let mut lines = said.lines().filter_map(|line| line.split_once(":"));
            let (_, path) = lines.find(|(found, _)| *found == name)?;
            Some(PathBuf::from(path.trim())).filter(|path| path.is_absolute())
        };
        let compiled = named("Personal Plugins");
        // Before there was a folder for Lua alone, plugins of both sorts lay above the version's folder.
        let above = compiled.as_ref().and_then(|folder| folder.parent()).map(Path::to_path_buf);
        let told = named("Personal Lua Plugins").or(above);
        let configuration_home = configuration_home.or_else(|| home.map(|home| home.join(".config")));
        Some(Self {
            told: told.is_some(),
            personal_lua: told.or_else(|| home.map(|home| home.join(".local/lib/wireshark/plugins")))?,
            global_lua: named("Global Lua Plugins"),
            configuration: named("Personal configuration")
                .or_else(|| configuration_home.map(|folder| folder.join("wireshark")))?,
            personal_compiled: compiled,
        })
    }

    /// Where Lua plugins are loaded from, ours first.
    pub(super) fn lua(&self) -> Vec<PathBuf> {
        // Wireshark also looks here, whatever it says.
        let old = self.configuration.join("plugins");
        let mut folders = vec![self.personal_lua.clone(), old];
        folders.extend(self.global_lua.clone());
        folders.dedup();
        folders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_or_guessed() {
        let said = "Temp:                \t/tmp\nPersonal configuration:\t/h/.config/wireshark\n\
                    Personal Plugins:    \t/h/.local/lib/wireshark/plugins/4.0\n\
                    Personal Lua Plugins:\t/h/.local/lib/wireshark/plugins\n\
                    Global Lua Plugins:  \t/usr/lib/wireshark/plugins\n";
        let folders = Folders::of(said, None, None).unwrap();
        assert!(folders.told);
        assert_eq!(folders.personal_lua, Path::new("/h/.local/lib/wireshark/plugins"));
        assert_eq!(folders.global_lua.as_deref(), Some(Path::new("/usr/lib/wireshark/plugins")));
        assert_eq!(folders.configuration, Path::new("/h/.config/wireshark"));

        let without_lua = "Personal configuration:\t/h/w\nPersonal Plugins:    \t/h/plugins/4.4\n";
        let folders = Folders::of(without_lua, None, None).unwrap();
        assert_eq!(folders.personal_lua, Path::new("/h/plugins"));

        let guessed = Folders::of("", Some(Path::new("/home/x")), Some("/conf".into())).unwrap();
        assert!(!guessed.told);
        assert_eq!(guessed.personal_lua, Path::new("/home/x/.local/lib/wireshark/plugins"));
        assert_eq!(guessed.configuration, Path::new("/conf/wireshark"));
        assert!(Folders::of("", None, None).is_none());
        assert!(Folders::of("Personal Lua Plugins:\trelative\n", None, None).is_none());
    }
}
