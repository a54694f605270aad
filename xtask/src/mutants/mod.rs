//! `cargo xtask mutants`: pcaps and pcapngs of any kind, whole and damaged, read by us and by capinfos, and some by
//! tcpdump. Both count the same packets with the same times, or the reason why not is one that is known.

mod generate;
mod ours;
mod peers;
mod reasons;

use anyhow::{Context, Result, bail};
use fastrand::Rng;
use peers::Found;
use reasons::Peer;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many files
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    runs: u64,
    /// What the files are made up from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Every so manieth goes through tcpdump, too, which takes a process for each
    #[arg(long, value_name = "N", default_value_t = 200)]
    tcpdump: u64,
}

/// Files for one call of capinfos.
const BATCH: u64 = 1000;

/// Unexplained differences that are kept to be looked at.
const KEPT: usize = 20;

/// What came out, by peer and reason.
#[derive(Default)]
struct Tally {
    compared: BTreeMap<&'static str, u64>,
    differences: BTreeMap<(&'static str, &'static str), u64>,
    unexplained: usize,
}

pub(crate) fn run(root: &Path, args: &Args) -> Result<()> {
    let folder = tempfile::tempdir().context("cannot make a folder")?;
    let kept = crate::fuzz::target_folder(root).join("mutants");
    std::fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
    let mut random = Rng::with_seed(args.seed);
    let mut tally = Tally::default();
    let mut done = 0;
    while done < args.runs {
        let count = BATCH.min(args.runs - done);
        let files: Vec<Vec<u8>> = (0..count).map(|_| generate::mutant(&mut random)).collect();
        let names: Vec<String> = (0..count).map(|at| format!("{at:04}")).collect();
        for (name, file) in names.iter().zip(&files) {
            std::fs::write(folder.path().join(name), file)?;
        }
        let theirs = peers::capinfos(folder.path(), &names)?;
        for ((file, theirs), number) in files.iter().zip(&theirs).zip(done..) {
            tally.compare(Peer::Capinfos, file, theirs, number, &kept)?;
            if number % args.tcpdump == 0 {
                let theirs = peers::tcpdump(&folder.path().join(&names[usize::try_from(number - done)?]))?;
                tally.compare(Peer::Tcpdump, file, &theirs, number, &kept)?;
            }
        }
        done += count;
    }
    tally.report();
    if tally.unexplained > 0 {
        bail!("{} differences without a reason; the first lie in {}", tally.unexplained, kept.display());
    }
    Ok(())
}

impl Tally {
    fn compare(&mut self, peer: Peer, file: &[u8], theirs: &Found, number: u64, kept: &Path) -> Result<()> {
        *self.compared.entry(peer.name()).or_default() += 1;
        let ours = ours::read(file);
        let Some(what) = reasons::difference(&ours, theirs) else { return Ok(()) };
        let Some(reason) = reasons::reason(peer, &ours, theirs) else {
            self.unexplained += 1;
            if self.unexplained <= KEPT {
                let path = kept.join(format!("{}-{number}", peer.name()));
                std::fs::write(&path, file)?;
                eprintln!(
                    "{}: {what}\n  ours: {:?}\n  {}: {theirs:?}",
                    path.display(),
                    ours.found,
                    peer.name()
                );
            }
            return Ok(());
        };
        *self.differences.entry((peer.name(), reason)).or_default() += 1;
        Ok(())
    }

    fn report(&self) {
        for (peer, compared) in &self.compared {
            println!("{peer}: {compared} files");
            for ((_, reason), count) in self.differences.iter().filter(|((of, _), _)| of == peer) {
                println!("{count:>10}  {reason}");
            }
        }
    }
}
