//! `--family`: which packets are of it. That is known only when all links between packets are, so files are read ahead.

use crate::failure::Failure;
use crate::input;
use crate::messages::{self, Name};
use crate::pipeline::Reading;
use std::collections::HashSet;
use std::path::PathBuf;
use trace_view::Counted;
use trace_view::family::{Links, Members};

/// What is known of the files before they are read.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// The packets of the families that are asked for; none where no family is.
    pub(crate) members: Option<Members>,
    /// Whether a packet was not found, or some of its family may not have been; it has been told.
    pub(crate) is_lacking: bool,
}

impl Reading {
    /// Finds the families that are asked for. Files that are read together are of one run of the kernel, whose ids go on
    /// from file to file.
    pub(crate) fn select(&self, files: &[PathBuf]) -> Result<Selection, Failure> {
        if self.family.is_empty() {
            return Ok(Selection::default());
        }
        require_files(files, "--family")?;
        let mut links = Links::default();
        let mut unseen: HashSet<u64> = self.family.iter().copied().collect();
        let mut has_ids = false;
        let files_read = self.look_ahead(files, None, &mut |_, seen| {
            let (id, parent_id) = seen.ids();
            has_ids |= id != 0 || parent_id != 0;
            for id in [id, parent_id] {
                unseen.remove(&id);
            }
            links.add(id, parent_id);
        })?;
        if files_read == 0 {
            // There is another reason, which is told when they are to be read.
            unseen.clear();
        }
        let is_lacking = tell_left_out(&links) | !unseen.is_empty();
        for id in self.family.iter().filter(|id| unseen.remove(id)) {
            let hint = if has_ids { "" } else { "; there are no ids at all, as in revisions 1 to 3" };
            match files {
                [file] => messages::warning(&format_args!("{}: no packet has id {id}{hint}", Name(file))),
                _ => messages::warning(&format_args!("no packet has id {id}{hint}")),
            }
        }
        Ok(Selection { members: Some(links.families().members(&self.family)), is_lacking })
    }
}

/// Refuses files that cannot be read twice. Those that cannot be read at all are told when they are to be.
pub(crate) fn require_files(files: &[PathBuf], option: &str) -> Result<(), Failure> {
    files.iter().try_for_each(|file| match input::require_file(file, option) {
        Err(failure) if failure.is_about_input() => Ok(()),
        required => required,
    })
}

/// Says how much of the families there was no memory for, if any.
pub(crate) fn tell_left_out(links: &Links) -> bool {
    let left_out = links.left_out();
    if left_out > 0 {
        let links = Counted(left_out, "link");
        messages::warning(&format_args!(
            "{links} between packets left out: there was no memory for more; families may lack packets"
        ));
    }
    left_out > 0
}
