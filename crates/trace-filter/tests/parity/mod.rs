//! The same filters asked of the same capture, in tshark and here.

pub(crate) mod captures;
pub(crate) mod expressions;

use capture_file::{Item, LinkType, Reader};
use mbuf_trace::Detector;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use trace_fields::Subject;
use trace_filter::{Filter, Scratch};

/// Numbers of the packets that pass, or the complaint.
pub(crate) type Answer = Result<Vec<u64>, String>;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// A user who is nobody: since 4.2, tshark loads no script of root's.
const NOBODY: u32 = 65_534;

/// Chance that is the same at every run: xorshift.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let below = u64::try_from(below.max(1)).unwrap();
        usize::try_from((self.0 >> 11) % below).unwrap()
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())].clone()
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.next(times) == 0
    }
}

/// The complaint where tshark itself fell over an expression: 4.0 has faults.
const CRASH: &str = "tshark ended";

/// What tshark answers. Where it ends before it has answered all, the halves are asked.
pub(crate) fn theirs(capture: &Path, expressions: &[String]) -> Vec<Answer> {
    match (run(capture, expressions), expressions) {
        (Some(answers), _) => answers,
        (None, []) => Vec::new(),
        (None, [_]) => vec![Err(CRASH.to_owned())],
        (None, _) => {
            let (first, second) = expressions.split_at(expressions.len() / 2);
            [theirs(capture, first), theirs(capture, second)].concat()
        }
    }
}

/// All expressions in one run of tshark: each is the filter of a listener in Lua.
fn run(capture: &Path, expressions: &[String]) -> Option<Vec<Answer>> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let list = folder.path().join("filters");
    std::fs::write(&list, expressions.join("\n")).unwrap();
    let script = folder.path().join("filters.lua");
    std::fs::copy(format!("{FOLDER}/tests/parity/filters.lua"), &script).unwrap();
    let mut command = Command::new("tshark");
    command.env("HOME", &home).env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("FILTERS", &list);
    for variable in ["XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR"] {
        command.env_remove(variable);
    }
    command.arg("-X").arg(format!("lua_script:{FOLDER}/../../lua/mbuf_trace.lua"));
    command.arg("-X").arg(format!("lua_script:{}", script.display()));
    command.args(["-o", "mbuf_trace.all_snapshots:TRUE"]);
    // Here, too, every packet is looked at by itself.
    command.args(["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]);
    command.args(["-n", "-q", "-r"]).arg(capture).stdin(Stdio::null());
    if is_root() && !version().contains(" 4.0.") {
        for path in [folder.path(), &home] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    let mut answers = vec![None; expressions.len()];
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Some((number, answer)) = line.split_once('\t') else { continue };
        let place = number.parse::<usize>().unwrap() - 1;
        answers[place] = Some(match answer.strip_prefix("ERROR ") {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer.split_whitespace().map(|number| number.parse().unwrap()).collect()),
        });
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("Lua Error"), "{errors}");
    answers.into_iter().collect()
}

fn version() -> String {
    let output = Command::new("tshark").arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}

/// Calls `ask` with every packet of a capture, as the tool's pipeline sees it.
pub(crate) fn each_packet(capture: &[u8], mut ask: impl FnMut(&Subject<'_>, u64)) {
    let mut reader = Reader::new(capture).unwrap();
    let mut detectors: Vec<Detector> = Vec::new();
    while let Ok(Some(item)) = reader.next_item() {
        let Item::Packet(packet) = item else {
            if matches!(item, Item::Header(_)) {
                detectors.clear();
            }
            continue;
        };
        let mut subject = Subject::new(&packet);
        let interface = usize::try_from(packet.interface).unwrap();
        if detectors.len() <= interface {
            detectors.resize_with(interface + 1, Detector::default);
        }
        let read;
        if packet.link_type == LinkType::USER0
            && let Ok(found) = detectors[interface].read(packet.data, packet.original_len as usize)
        {
            read = found;
            subject = subject.with_trace(&read);
        }
        ask(&subject, packet.number);
    }
}

/// What we answer.
pub(crate) fn ours(capture: &[u8], expressions: &[String]) -> Vec<Answer> {
    let filters: Vec<_> = expressions.iter().map(|expression| Filter::compile(expression)).collect();
    let mut answers: Vec<Answer> = filters
        .iter()
        .map(|filter| match filter {
            Ok(_) => Ok(Vec::new()),
            Err(error) => Err(error.render(false)),
        })
        .collect();
    let mut scratch = Scratch::default();
    each_packet(capture, |subject, number| {
        for (filter, answer) in filters.iter().zip(&mut answers) {
            if let (Ok(filter), Ok(packets)) = (filter, answer)
                && filter.matches(&mut scratch, subject)
            {
                packets.push(number);
            }
        }
    });
    answers
}

/// Asks both, and tells of all expressions where `check` says no.
pub(crate) fn differences(
    capture: &Path,
    expressions: &[String],
    check: impl Fn(&Answer, &Answer) -> bool,
) -> Vec<String> {
    let bytes = std::fs::read(capture).unwrap();
    let answers = theirs(capture, expressions).into_iter().zip(ours(&bytes, expressions));
    let mut found = Vec::new();
    for (expression, (theirs, ours)) in expressions.iter().zip(answers) {
        if !check(&theirs, &ours) {
            let mut text = format!("{expression}\n");
            let _ = writeln!(text, "  tshark: {}\n  here:   {}", shown(&theirs), shown(&ours));
            found.push(text);
        }
    }
    found
}

fn shown(answer: &Answer) -> String {
    match answer {
        Ok(packets) if packets.len() > 20 => format!("{:?}… {} packets", &packets[..20], packets.len()),
        Ok(packets) => format!("{packets:?}"),
        Err(error) => error.clone(),
    }
}

/// The same packets, or a complaint from both.
pub(crate) fn agree(theirs: &Answer, ours: &Answer) -> bool {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        (Err(_), Err(_)) => true,
        (Err(error), Ok(_)) => error == CRASH,
        _ => false,
    }
}
