//! What capinfos and tcpdump read of files: how many packets, and from when to when.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What a reader found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) packets: u64,
    /// The earliest and the latest time, as the digits that were printed; none where a packet has none.
    pub(super) times: Option<(String, String)>,
    /// What it took the file for, if it says.
    pub(super) format: String,
    /// Why it read no further.
    pub(super) end: Option<String>,
}

/// What capinfos finds in all files of a folder, in one call.
pub(super) fn capinfos(folder: &Path, names: &[String]) -> Result<Vec<Found>> {
    let output = Command::new("capinfos")
        .args(["-T", "-r", "-m", "-Q", "-c", "-a", "-e", "-S"])
        .args(names)
        .current_dir(folder)
        .env("TZ", "UTC")
        .output()
        .context("cannot run capinfos, which comes with Wireshark")?;
    let mut found: BTreeMap<&str, Found> =
        names.iter().map(|name| (name.as_str(), Found::default())).collect();
    let said = String::from_utf8_lossy(&output.stderr);
    let mut last = None;
    for line in said.lines() {
        let name = line.split('"').nth(1).filter(|name| found.contains_key(name));
        let about = name.or(last);
        last = about;
        let Some(found) = about.and_then(|name| found.get_mut(name)) else { continue };
        let count =
            line.split_once("after reading ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        found.packets = count.unwrap_or(found.packets);
        let end = found.end.get_or_insert_default();
        if count.is_none() {
            end.push_str(line.split_once(": ").map_or(line, |(_, what)| what));
            end.push(' ');
        }
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let [name, packets, first, last] = cells[..] else { continue };
        let found = found.get_mut(name).with_context(|| format!("capinfos speaks of {name}"))?;
        found.packets = packets.parse().with_context(|| line.to_owned())?;
        if first != "n/a" {
            found.times = Some((first.to_owned(), last.to_owned()));
        }
    }
    // capinfos does not say what it took a damaged file for; this looks at its beginning only.
    let output = Command::new("captype").args(names).current_dir(folder).output();
    let output = output.context("cannot run captype, which comes with Wireshark")?;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some((name, format)) = line.split_once(": ")
            && let Some(found) = found.get_mut(name)
        {
            found.format = format.to_owned();
        }
    }
    Ok(names.iter().filter_map(|name| found.remove(name.as_str())).collect())
}

/// What tcpdump finds in a file: it writes the packets again, with nanoseconds.
pub(super) fn tcpdump(file: &Path) -> Result<Found> {
    let output = Command::new("tcpdump")
        .args(["--time-stamp-precision=nano", "-w", "-", "-r"])
        .arg(file)
        .output()
        .context("cannot run tcpdump")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let end = said.lines().find(|line| line.starts_with("tcpdump: ")).map(str::to_owned);
    let mut found = Found { end, ..Found::default() };
    let mut times: Vec<(u64, u64)> = Vec::new();
    let Ok((mut rest, parser)) = pcap_file::pcap::PcapParser::new(&output.stdout) else { return Ok(found) };
    while let Ok((after, packet)) = parser.next_raw_packet(rest) {
        found.packets += 1;
        times.push((u64::from(packet.ts_sec), u64::from(packet.ts_frac)));
        rest = after;
    }
    let text = |time: &(u64, u64)| format!("{}.{:09}", time.0, time.1);
    found.times = times.iter().min().zip(times.iter().max()).map(|(first, last)| (text(first), text(last)));
    Ok(found)
}
