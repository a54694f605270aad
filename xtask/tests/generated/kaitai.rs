//! `format-spec/generated/mbuf_trace.ksy`: compiled by the Kaitai Struct compiler to JavaScript, whose parser
//! reads every packet of the fixtures. What it tells of each event is what the library tells.

use crate::support::{folder, is_there, root, skip};
use capture_file::{Item, Reader};
use mbuf_trace::{
    ByteOrder, Detector, Event, EventHeader, FaultKind, FrameHeader, Kind, LINK_TYPE, Origin, Position,
    RecordedEvent, Snapshot, Text, Trace,
};
use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REQUIRE: &str = "MTRACE_TEST_REQUIRE_NODE";

/// A packet of a fixture, and the encoding that the library finds in its file.
struct Frame {
    place: String,
    bytes: Vec<u8>,
    original_len: usize,
    encoding: mbuf_trace::Encoding,
}

impl Frame {
    fn trace(&self) -> Trace<'_> {
        Trace::parse(&self.bytes, self.original_len, self.encoding)
    }

    /// As `parse.js` wants it.
    fn line(&self) -> String {
        let hex: String = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let little = u8::from(self.encoding.byte_order == ByteOrder::Little);
        format!("{} {little} {hex}\n", self.encoding.revision)
    }
}

/// All packets of all fixtures that are frames.
fn frames() -> Vec<Frame> {
    let mut paths: Vec<PathBuf> = ["fixtures", "fixtures/malformed"]
        .iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).expect("fixtures"))
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng"))
        .collect();
    paths.sort();
    let mut frames = Vec::new();
    for path in paths {
        let mut reader = Reader::new(fs::File::open(&path).expect("a fixture")).expect("a capture");
        let mut detectors: HashMap<u32, Detector> = HashMap::new();
        while let Some(item) = reader.next_item().expect("a whole capture") {
            let Item::Packet(packet) = item else { continue };
            if packet.link_type.0 != LINK_TYPE {
                continue;
            }
            let detector = detectors.entry(packet.interface).or_default();
            let original_len = packet.original_len as usize;
            if let Ok(trace) = detector.read(packet.data, original_len) {
                let name = path.file_name().expect("a name").to_string_lossy();
                frames.push(Frame {
                    place: format!("{name}, packet {}", packet.number),
                    bytes: packet.data.to_vec(),
                    original_len,
                    encoding: trace.encoding(),
                });
            }
        }
    }
    assert!(frames.len() > 200, "only {} frames", frames.len());
    frames
}

/// The folder with the installed packages, and why there is none.
fn packages() -> Result<PathBuf, String> {
    for program in ["node", "npm"] {
        if !is_there(program) {
            return Err(format!("{program} is not here"));
        }
    }
    let source = root().join("format-spec/tests/kaitai");
    let folder = folder("kaitai");
    let wanted = ["package.json", "package-lock.json"];
    let same = |name: &str| fs::read(source.join(name)).ok() == fs::read(folder.join(name)).ok();
    if wanted.iter().all(|name| same(name)) && folder.join("node_modules/kaitai-struct-compiler").is_dir() {
        return Ok(folder);
    }
    for name in wanted {
        fs::copy(source.join(name), folder.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    let output = Command::new("npm").args(install).current_dir(&folder).output();
    let output = output.map_err(|error| format!("npm: {error}"))?;
    if output.status.success() {
        return Ok(folder);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().find(|line| line.contains("npm error")).unwrap_or("it does not say why");
    Err(format!("npm cannot install the Kaitai Struct compiler: {said}"))
}

/// What the parser says of each frame: its lines, the last being `end` or `error`.
fn parsed(packages: &Path, frames: &[Frame]) -> Vec<Vec<String>> {
    let mut child = Command::new("node")
        .arg(root().join("format-spec/tests/kaitai/parse.js"))
        .arg(root().join("format-spec/generated/mbuf_trace.ksy"))
        .current_dir(packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node runs");
    let input: String = frames.iter().map(Frame::line).collect();
    let mut stdin = child.stdin.take().expect("a pipe");
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("node ends");
    feeder.join().expect("a feeder").unwrap_or_default();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut answers = vec![Vec::new()];
    for line in String::from_utf8(output.stdout).expect("text").lines() {
        answers.last_mut().expect("one").push(line.to_owned());
        if line.starts_with("end ") || line.starts_with("error ") {
            answers.push(Vec::new());
        }
    }
    answers.pop();
    answers
}

/// The words of one line, bytes already read.
struct Words {
    name: String,
    numbers: Vec<f64>,
    bytes: Vec<Vec<u8>>,
}

impl Words {
    fn of(line: &str) -> Self {
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = Self { name: name.to_owned(), numbers: Vec::new(), bytes: Vec::new() };
        for word in rest.split(' ') {
            match word.strip_prefix('=') {
                Some(hex) => {
                    let digits = hex.as_bytes().chunks(2);
                    let byte = |digits| u8::from_str_radix(std::str::from_utf8(digits).expect("hex"), 16);
                    words.bytes.push(digits.map(|digits| byte(digits).expect("hex")).collect());
                }
                None => words.numbers.push(word.parse().expect("a number")),
            }
        }
        words
    }

    /// A number of these words; JavaScript's are exact below 2⁵³.
    fn number(&self, at: usize) -> u64 {
        self.numbers[at] as u64
    }

    /// A text of these words, held against the string that the parser made of it.
    fn text(&self, at: usize) -> Text<'_> {
        let (bytes, decoded) = (&self.bytes[at], &self.bytes[at + 1]);
        let lossy = String::from_utf8_lossy(bytes);
        // A decoder may leave out a byte order mark at the start.
        let lossy = lossy.strip_prefix('\u{feff}').unwrap_or(&lossy);
        let decoded = std::str::from_utf8(decoded).expect("UTF-8");
        assert_eq!(decoded.strip_prefix('\u{feff}').unwrap_or(decoded), lossy);
        Text(bytes)
    }

    /// The event that the line tells of; none for a frame header.
    fn event(&self) -> Option<Event<'_>> {
        let (revision, kind) = self.name.split_once('_').unwrap_or(("", "UNKNOWN"));
        let kind = kind.strip_prefix("PLAIN_").unwrap_or(kind);
        let kind = match kind {
            "FRAME_HEADER" => return None,
            kind => Kind::from_name(&kind.to_lowercase()).expect("a kind"),
        };
        let event = match kind {
            Kind::Unknown => {
                let code = self.name.parse().expect("a type");
                return Some(Event { record_type: Some(code), payload: &self.bytes[0], ..Event::new(kind) });
            }
            Kind::Data if self.bytes.len() == 1 => {
                let snapshot = Snapshot::ethernet(&self.bytes[0]);
                return Some(Event { snapshot: Some(snapshot), ..Event::new(kind) });
            }
            _ if self.bytes.len() == 2 => return Some(Event::from_text(kind, self.text(0))),
            Kind::Data => Event {
                snapshot: Some(Snapshot {
                    link_type: self.number(7) as u16,
                    packet_length: Some(self.number(8) as u32),
                    ..Snapshot::ethernet(&self.bytes[4])
                }),
                ..Event::new(kind)
            },
            Kind::Function | Kind::Enter | Kind::Leave => {
                Event { args: Some(self.text(4)), ..Event::new(kind) }
            }
            Kind::Position => Event::new(kind),
            Kind::Start => Event {
                origin: Some(Origin(self.number(7) as u16)),
                text: Some(self.text(4)),
                ..Event::new(kind)
            },
            Kind::Drop => Event {
                errno: Some(self.number(7) as u16).filter(|errno| *errno != 0),
                text: Some(self.text(4)),
                ..Event::new(kind)
            },
            Kind::Static | Kind::Dynamic if self.number(6) == 0 && self.text(2).is_empty() => {
                Event::from_text(kind, self.text(4))
            }
            _ => Event { text: Some(self.text(4)), ..Event::new(kind) },
        };
        assert_eq!(revision, "REV4", "{}", self.name);
        Some(self.with_header(event))
    }

    fn with_header<'a>(&'a self, event: Event<'a>) -> Event<'a> {
        let line = self.number(6) as u32;
        let header = EventHeader {
            age: Some(self.number(1)).filter(|_| self.numbers[1] < u64::MAX as f64),
            thread: Some(self.number(2) as u32).filter(|thread| *thread != 0),
            vnet: self.number(3) as u32,
            cpu: Some(self.number(4) as u16).filter(|cpu| *cpu != 0xffff),
            flags: self.number(5) as u16,
        };
        let told = Position { file: self.text(0), line };
        let function = Some(self.text(2)).filter(|function| !function.is_empty());
        Event {
            header: Some(header),
            position: if line == 0 { event.position } else { Some(told) },
            function: function.or(event.function),
            ..event
        }
    }
}

/// An event without what is not compared: where it lies, and empty texts, which stand for none.
fn told<'a>(event: &Event<'a>) -> Event<'a> {
    let unknown = event.kind == Kind::Unknown;
    let there = |text: Option<Text<'a>>| text.filter(|text| !text.is_empty());
    Event {
        wire_index: 0,
        offset: 0,
        is_read: false,
        record_type: event.record_type.filter(|_| unknown),
        payload: if unknown { event.payload } else { &[] },
        args: there(event.args),
        text: there(event.text),
        ..*event
    }
}

/// Faults that a description of a sound frame can only fail at.
fn is_fatal(fault: FaultKind) -> bool {
    use FaultKind::{
        BadMagic, EventBodyCut, EventHeaderCut, FrameHeaderCut, NoCount, RecordCut, RecordHeaderCut,
        RecordsMissing, UnsupportedMajor,
    };
    let fatal = [
        NoCount,
        RecordsMissing,
        RecordHeaderCut,
        RecordCut,
        FrameHeaderCut,
        BadMagic,
        UnsupportedMajor,
        EventHeaderCut,
        EventBodyCut,
    ];
    fatal.contains(&fault)
}

/// Faults after which the two may rightly differ: the parser knows nothing of a capture that cut the frame,
/// and takes no guess at reversed headers.
fn is_incomparable(fault: FaultKind) -> bool {
    matches!(fault, FaultKind::CutByCapture | FaultKind::LittleEndian | FaultKind::NotATrace)
}

#[test]
fn events_are_those_of_the_library() {
    let packages = match packages() {
        Ok(packages) => packages,
        Err(why) => return skip("the Kaitai Struct description", &why, REQUIRE),
    };
    let frames = frames();
    let answers = parsed(&packages, &frames);
    assert_eq!(answers.len(), frames.len());
    let (mut compared, mut refused) = (0, 0);
    for (frame, lines) in frames.iter().zip(&answers) {
        let place = &frame.place;
        let trace = frame.trace();
        let faults: Vec<FaultKind> = trace.faults().map(|fault| fault.kind).collect();
        if faults.iter().copied().any(is_incomparable) {
            continue;
        }
        let (end, lines) = lines.split_last().expect("a last line");
        if faults.iter().copied().any(is_fatal) {
            assert!(end.starts_with("error "), "{place}: {faults:?}, and yet {end}");
            refused += 1;
            continue;
        }
        assert!(end.starts_with("end "), "{place}: {end}");
        assert_eq!(Words::of(end).bytes[0], trace.unread(), "{place}");
        let words: Vec<Words> = lines.iter().map(|line| Words::of(line)).collect();
        let records = trace.wire_records().map(|record| record.length());
        for (words, length) in words.iter().zip(records) {
            assert_eq!(words.number(0) as usize, length, "{place}: {}", words.name);
        }
        assert_eq!(frame_header(&words), trace.frame_header(), "{place}");
        let events: Vec<Event<'_>> = trace.events_in_wire_order().map(RecordedEvent::read).collect();
        // A second frame header is a record of unknown type to us.
        let ours = events.iter().filter(|event| event.record_type != Some(0x0100)).map(told);
        let ours: Vec<Event<'_>> = ours.collect();
        let theirs: Vec<Event<'_>> =
            words.iter().filter_map(Words::event).map(|event| told(&event)).collect();
        for (theirs, ours) in theirs.iter().zip(&ours) {
            assert_eq!(theirs, ours, "{place}");
        }
        assert_eq!(theirs.len(), ours.len(), "{place}");
        compared += 1;
    }
    assert!(compared > 200 && refused > 10, "{compared} frames compared, {refused} refused");
}

/// The frame header, which is the first record or none.
fn frame_header(words: &[Words]) -> Option<FrameHeader> {
    let words = words.first().filter(|words| words.name == "REV4_FRAME_HEADER")?;
    Some(FrameHeader {
        minor: words.number(1) as u8,
        flags: words.number(2) as u16,
        packet_id: words.number(3),
        parent_id: words.number(4),
        lost: words.number(5) as u32,
    })
}
