//! `stats`: counts, sums and distributions of fields by fields.

use crate::args::StatsArgs;
use crate::failure::{Failure, Status};
use crate::kept::Kept;
use crate::live::WhileWaiting;
use crate::messages;
use crate::output::{Content, Output, Target};
use crate::pipeline::{FaultMessages, FileReport, Reading, Seen, Sink, Wants};
use crate::promise::{self, Written};
use capture_file::{Compression, Container, Packet};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use trace_filter::Scratch;
use trace_view::stats::{Counts, Options, Plan, Statistics, StatsError};
use trace_view::{Counted, PartOf};

pub(crate) fn run(args: &StatsArgs) -> Result<Status, Failure> {
    let mut reading = Reading::new(&args.read.select, args.read.revision, None)?;
    let top = args.top.filter(|top| *top > 0);
    // Of a file, the packets of each interval are all there, in whatever order.
    let as_they_end = args.interval.is_some() && reading.is_live(&args.files);
    let options = Options { top, interval: args.interval, as_they_end, all_snapshots: args.all_snapshots };
    let plan = Plan::new(&args.by, &args.aggregates, options).map_err(|error| match error {
        StatsError::Filter(error) => Failure::Filter(error.render(messages::coloured())),
        StatsError::Type(message) => Failure::Usage(message),
    })?;
    if plan.fields().any(|field| field.id.is_of_end()) {
        reading.read_ends()?;
    }
    let target = Target::check(&args.output.output, args.output.force, Content::Text, &args.files)?;
    // Where nothing is written before the end, the bar is in nobody's way.
    reading.progress = !as_they_end || !target.is_terminal();
    let answer = Answer {
        statistics: Statistics::new(plan),
        json: args.json,
        place: OutputPlace::NotYet(
            target,
            promise::check(&args.output.output, Written::Report { json: args.json }),
        ),
        quiet_since: None,
        failure: None,
    };
    let answer = Arc::new(Mutex::new(answer));
    if as_they_end {
        let answer = Arc::clone(&answer);
        reading.while_waiting = Some(WhileWaiting(Arc::new(move || lock(&answer).tick())));
    }
    let mut sink = StatsSink {
        reading: &reading,
        answer: &answer,
        kept: Kept::default(),
        packets: 0,
        scratch: Scratch::default(),
        told_late: false,
    };
    let status = reading.run(&args.files, &mut sink)?;
    let kept = sink.kept;
    let mut answer = lock(&answer);
    if let Some(failure) = answer.failure.take() {
        return Err(failure);
    }
    let mut out = std::mem::replace(&mut answer.place, OutputPlace::Nowhere).open()?;
    let written = match args.json {
        true => answer.statistics.write_json(&mut out),
        false => answer.statistics.write_text(&mut out),
    };
    written.map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    if let Some(why) = kept.why_no_packet() {
        messages::warning(&format_args!("0 packets: {why}"));
    }
    let counts = answer.statistics.counts();
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
    let late = PartOf(counts.packets_late, packets, "packet", ["was", "were"]);
    say(counts.packets_late, format_args!("{late} late: counted at the end, after the intervals"));
    let (range, room) = (counts.values_out_of_range, counts.left_out);
    let values = |count| Counted(count, "value");
    say(range, format_args!("{} left out: division by zero, or too large for 128 bits", values(range)));
    say(
        room,
        format_args!("{} of further keys left out: the keys so far fill the memory set aside", values(room)),
    );
    if let Some(words) = counts.incomplete.words() {
        messages::warning(&format_args!("{words}; they may count too little"));
    }
    let many = counts.packets_with_too_many_rows;
    say(many, format_args!("{} counted in part: too many combinations of values", Counted(many, "packet")));
}

/// The output, which is not made of nothing.
enum OutputPlace {
    NotYet(Target, Option<Compression>),
    Open(Box<Output>),
    /// It could not be opened.
    Nowhere,
}

impl OutputPlace {
    fn open(self) -> Result<Output, Failure> {
        match self {
            Self::NotYet(target, compression) => target.open(compression),
            Self::Open(out) => Ok(*out),
            Self::Nowhere => Err(Failure::BrokenPipe),
        }
    }
}

/// How long a live input has to be quiet before an interval is over by the clock: what a network or a slow disk may make
/// it wait for.
const QUIET: Duration = Duration::from_secs(1);

/// The answer so far, and where it is written. Whoever waits for the input writes intervals, too.
struct Answer {
    statistics: Statistics,
    json: bool,
    place: OutputPlace,
    /// Since when the input keeps us waiting, between packets.
    quiet_since: Option<Instant>,
    /// What went wrong while the input was waited for.
    failure: Option<Failure>,
}

impl Answer {
    /// Writes the intervals before this one, to be seen at once.
    fn write_ended(&mut self, until: i128) -> Result<(), Failure> {
        let mut out = std::mem::replace(&mut self.place, OutputPlace::Nowhere).open()?;
        let written = match self.json {
            true => self.statistics.write_ended_json(&mut out, until),
            false => self.statistics.write_ended_text(&mut out, until),
        };
        written.and_then(|()| out.flush()).map_err(|error| Failure::output(out.path(), error))?;
        self.place = OutputPlace::Open(Box::new(out));
        Ok(())
    }

    /// Writes what is over by the clock; false where that failed.
    fn tick(&mut self) -> bool {
        let quiet = self.quiet_since.map(|since| since.elapsed()).filter(|quiet| *quiet >= QUIET);
        if let Some(until) = quiet.and_then(|quiet| self.statistics.ends_by_clock(quiet)) {
            self.failure = self.write_ended(until).err();
        }
        self.failure.is_none()
    }
}

fn lock(answer: &Mutex<Answer>) -> MutexGuard<'_, Answer> {
    answer.lock().unwrap_or_else(PoisonError::into_inner)
}

struct StatsSink<'a> {
    reading: &'a Reading,
    answer: &'a Mutex<Answer>,
    kept: Kept,
    /// Those of this file that the filters kept.
    packets: u64,
    scratch: Scratch,
    told_late: bool,
}

impl StatsSink<'_> {
    /// Says of the first one that is late where it went: who watches does not see it.
    fn tell_late(&mut self, packet: &Packet<'_>, late: u64) {
        if late == 0 || std::mem::replace(&mut self.told_late, true) {
            return;
        }
        let number = packet.number;
        messages::warning(&format_args!(
            "packet {number} is late: its interval was written before; late packets are counted at the end"
        ));
    }
}

impl Sink for StatsSink<'_> {
    fn packet(&mut self, packet: &Packet<'_>, seen: &Seen<'_>) -> Result<(), Failure> {
        let mut answer = lock(self.answer);
        answer.quiet_since = None;
        // A packet that is not counted is later than an interval, too.
        if let Some(until) = answer.statistics.ends(&packet.into()) {
            answer.write_ended(until)?;
        }
        if self.reading.keeps(&mut self.scratch, packet, seen) {
            self.packets = self.packets.saturating_add(1);
            answer.statistics.add(&seen.subject(packet, self.reading.snapshot_link));
            self.tell_late(packet, answer.statistics.counts().packets_late);
        }
        Ok(())
    }

    fn waits(&mut self) {
        lock(self.answer).quiet_since = Some(Instant::now());
    }

    fn end(&mut self, _path: &Path, file: &FileReport, _container: &Container) -> Result<(), Failure> {
        self.kept.add_kept(file, std::mem::take(&mut self.packets));
        Ok(())
    }

    fn wants(&self) -> Wants {
        Wants { faults: FaultMessages::Count, unfiltered: true, ..Wants::default() }
    }
}
