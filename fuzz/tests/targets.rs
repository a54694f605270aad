//! Every target on every input that once was a finding, on all seeds, and on some mutants of them.

use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn findings_stay_mended() {
    for target in fuzz::targets() {
        let Ok(entries) = std::fs::read_dir(folder("regressions").join(target.name)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            (target.run)(&std::fs::read(path).unwrap());
        }
    }
}

#[test]
fn seeds_and_some_mutants_of_them_hold() {
    for target in fuzz::targets() {
        let seeds = (target.seeds)(&folder("../fixtures"));
        assert!(!seeds.is_empty(), "{}", target.name);
        let mut random = fastrand::Rng::with_seed(1);
        for seed in seeds {
            println!("{}: {} bytes", target.name, seed.len());
            (target.run)(&seed);
            for _ in 0..2 {
                let mut mutant = seed.clone();
                for _ in 0..random.usize(1..4) {
                    let Some(at) = random.choice(0..mutant.len()) else { break };
                    match random.u8(..3) {
                        0 => mutant[at] = random.u8(..),
                        1 => mutant.truncate(at),
                        _ => drop(mutant.drain(at..(at + random.usize(1..9)).min(mutant.len()))),
                    }
                }
                (target.run)(&mutant);
            }
        }
    }
}

#[test]
fn every_dictionary_is_there_and_used() {
    let mut named: Vec<_> = fuzz::targets().map(|target| target.dictionary).collect();
    named.sort_unstable();
    named.dedup();
    let entries = std::fs::read_dir(folder("dictionaries")).unwrap();
    let mut there: Vec<_> = entries
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    there.sort_unstable();
    assert_eq!(named, there);
}
