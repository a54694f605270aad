//! `stats`: counts, sums and distributions of fields by fields.

use crate::args::StatsArgs;
use crate::failure::{Failure, Status};
use crate::kept::Kept;
use crate::messages;
use crate::output::{Content, Target};
use crate::pipeline::{FaultMessages, FileReport, Reading, Seen, Sink, Wants};
use capture_file::{Container, Packet};
use std::path::Path;
use trace_fields::{SnapshotLink, Subject};
use trace_view::stats::{Counts, Options, Plan, Statistics, StatsError};
use trace_view::{Counted, PartOf};

pub(crate) fn run(args: &StatsArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let top = args.top.filter(|top| *top > 0);
    let options = Options { top, interval: args.interval, all_snapshots: args.all_snapshots };
    let plan = Plan::new(&args.by, &args.aggregates, options).map_err(|error| match error {
        StatsError::Filter(error) => Failure::Filter(error.render(messages::coloured())),
        StatsError::Type(message) => Failure::Usage(message),
    })?;
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    // Nothing is written before the end, so the bar is in nobody's way.
    reading.progress = true;
    let (statistics, snapshot_link) = (Statistics::new(plan), reading.snapshot_link);
    let mut sink = StatsSink { statistics, kept: Kept::default(), snapshot_link };
    let status = reading.run(&args.files, &mut sink)?;
    let statistics = sink.statistics;
    let mut out = target.open(None)?;
    let written = match args.json {
        true => statistics.write_json(&mut out),
        false => statistics.write_text(&mut out),
    };
    written.map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    if let Some(why) = sink.kept.why_no_packet() {
        messages::warning(&format_args!("0 packets: {why}"));
    }
    let counts = statistics.counts();
    tell(&counts);
    // What there was no memory for is lost, unlike what has no answer.
    let is_lossy = counts.left_out > 0 || counts.packets_with_too_many_rows > 0;
    Ok(status.with_faults(is_lossy))
}

/// Says what the answer leaves out.
fn tell(counts: &Counts) {
    let packets = counts.packets;
    let say = |count: u64, what: std::fmt::Arguments<'_>| {
        if count > 0 {
            messages::warning(&what);
        }
    };
    let (without, timeless) = (counts.packets_without_keys, counts.packets_without_time);
    let do_not = |part| PartOf(part, packets, "packet", ["does not", "do not"]);
    say(without, format_args!("{} count: a field of --by has no value", do_not(without)));
    say(timeless, format_args!("{} count: without a time", do_not(timeless)));
    let (range, room) = (counts.values_out_of_range, counts.left_out);
    let values = |count| Counted(count, "value");
    say(range, format_args!("{} left out: division by zero, or too large for 128 bits", values(range)));
    say(
        room,
        format_args!("{} of further keys left out: the keys so far fill the memory set aside", values(room)),
    );
    let (incomplete, lost) = (counts.incomplete, Counted(counts.lost_events, "event"));
    let are = PartOf(incomplete, packets, "packet", ["is", "are"]);
    say(incomplete, format_args!("{are} incomplete: {lost} lost, or cut; they may count too little"));
    let many = counts.packets_with_too_many_rows;
    say(many, format_args!("{} counted in part: too many combinations of values", Counted(many, "packet")));
}

struct StatsSink {
    statistics: Statistics,
    kept: Kept,
    snapshot_link: SnapshotLink,
}

impl Sink for StatsSink {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let subject = Subject::new(packet).with_snapshot_link(self.snapshot_link);
        match seen.trace() {
            Some((trace, certainty)) => self.statistics.add(&subject.with_trace(trace, certainty)),
            None => self.statistics.add(&subject),
        }
        Ok(())
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.kept.add(file);
        Ok(())
    }

    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::Count, ..Wants::default() }
    }
}
