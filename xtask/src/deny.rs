//! cargo-deny: licences, sources, advisories.
//!
//! The advisories live in a git repository outside the package registries, which not every machine may
//! reach. Where it cannot be fetched, that is said loudly and is no failure; whether a crate was yanked is
//! in the registry's index, so that is looked at in any case.

use crate::run::{cargo, program, run, succeeds};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

const VERSION: &str = "0.20.2";

/// Licences, bans and sources, as `deny.toml` has them.
pub(crate) fn licences_bans_sources(root: &Path) -> Result<()> {
    install(root)?;
    run(deny(root, &["check", "licenses", "bans", "sources"]))
}

/// Advisories and yanked crates.
pub(crate) fn advisories(root: &Path) -> Result<()> {
    install(root)?;
    // Fetching is a step of its own because `check` fails in the same way for want of the database as for
    // what it finds in it.
    if run(deny(root, &["fetch", "db"])).is_ok() {
        return run(deny(root, &["check", "advisories"]));
    }
    eprintln!(
        "warning: ************************************************************************\n\
         warning: The RustSec database cannot be fetched: advisories are NOT checked.\n\
         warning: Where it can be reached: cargo deny check advisories\n\
         warning: ************************************************************************"
    );
    yanked(root)
}

fn install(root: &Path) -> Result<()> {
    if succeeds(cargo(root, &["deny", "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-deny@{VERSION}");
    run(cargo(root, &["install", "--locked", &package]))
}

fn deny(root: &Path, args: &[&str]) -> Command {
    // The root is a package as well as a workspace: without the option, only its dependencies would count.
    let mut command = cargo(root, &["deny", "--workspace"]);
    command.args(args).env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// The check for yanked crates alone. cargo-deny does it together with the advisories and refuses to go
/// without a database, so it gets one with a single advisory, of a package that does not exist.
fn yanked(root: &Path) -> Result<()> {
    const NOWHERE: &str = "https://advisories.invalid/none";
    const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2000-0001\"\npackage = \"none\"\n\
                            date = \"2000-01-01\"\n[versions]\npatched = []\n```\n\n# Nothing\n\nNothing.\n";
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let source = folder.path().join("source");
    let package = source.join("crates/none");
    std::fs::create_dir_all(&package)?;
    std::fs::write(package.join("RUSTSEC-2000-0001.md"), ADVISORY)?;
    let git: [&[&str]; 3] = [
        &["init", "--quiet", "--initial-branch", "main"],
        &["add", "."],
        &["-c", "user.name=xtask", "-c", "user.email=xtask@invalid", "commit", "--quiet", "--message", "One"],
    ];
    for args in git {
        run(program(&source, "git", args))?;
    }

    let config = folder.path().join("deny.toml");
    let text = std::fs::read_to_string(root.join("deny.toml")).context("cannot read deny.toml")?;
    let mut table: toml::Table = toml::from_str(&text).context("deny.toml is no TOML")?;
    let advisories = table.entry("advisories").or_insert_with(|| toml::Table::new().into());
    let advisories = advisories.as_table_mut().context("deny.toml: advisories is no table")?;
    let database = folder.path().join("database");
    advisories.insert("db-path".into(), database.to_string_lossy().into_owned().into());
    advisories.insert("db-urls".into(), vec![NOWHERE].into());
    std::fs::write(&config, toml::to_string(&table)?)?;

    let mut command = deny(root, &["--config"]);
    command.arg(&config).args(["check", "advisories"]);
    // cargo-deny refuses the URL of a folder, git does not.
    command.env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", format!("url.file://{}.insteadOf", source.display()));
    command.env("GIT_CONFIG_VALUE_0", NOWHERE);
    run(command).context("a crate in Cargo.lock was yanked, or the index cannot be read")
}
