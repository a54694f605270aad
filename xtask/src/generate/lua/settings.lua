----------------------------------------------------------------------------------------------------------
-- Preferences: -o mbuf_trace.order:wire, or Edit > Preferences > Protocols > MBUF_TRACE.

-- A protocol of this name that has no dissector is in the way, too.
local name_is_free, mbuf_trace = pcall(Proto, "mbuf_trace", PROTOCOL_DOC)
if not name_is_free then
  return
end

-- What an enumerated preference takes: for each word its name, how it is shown, and its number.
local function choices(words)
  local list = {}
  for number, word in ipairs(words) do
    list[number] = { word, word, number - 1 }
  end
  return list
end

local REVISION_WORDS = { "auto", "1", "1le", "2", "3", "4" }
local LINK_WORDS = { "auto", "ethernet", "ip" }

local prefs = mbuf_trace.prefs
prefs.revision = Pref.enum("Revision", 0,
  "Revision of the record format. auto finds it out for each interface by the structure of its packets; "
    .. "1le is revision 1 in little-endian byte order.",
  choices(REVISION_WORDS), false)
prefs.order = Pref.enum("Order of the events", 0,
  "oldest_first shows events as they happened, nested by enter and leave; wire as they lie in the packet.",
  choices({ "oldest_first", "wire" }), false)
prefs.primary = Pref.enum("Primary snapshot", 0,
  "The snapshot of the packet that columns, conversations and statistics are taken from.",
  choices({ "newest", "oldest" }), false)
prefs.all_snapshots = Pref.bool("Dissect all snapshots", false,
  "Before Wireshark 4.2, dissect differing snapshots too. TCP analysis then takes them for retransmissions, "
    .. "and conversations count them. From 4.2 on they are always dissected, without these effects.")
prefs.snapshot_link = Pref.enum("Snapshots begin with", 0,
  "Revisions 1 to 3 call every snapshot Ethernet, also those that begin with an IP header. auto recognises "
    .. "these by their length and checksum.",
  choices(LINK_WORDS), false)
prefs.url_template = Pref.string("URL of a source line", "vscode://file{path}:{line}",
  "What is opened for a source position; {path} and {line} are filled in.")
prefs.editor = Pref.string("Editor command", "",
  "A command to run instead of opening a URL, such as: gvim +{line} {path}")
prefs.source_root = Pref.string("Source root", "",
  "Where the sources are on this computer: /usr/src=/home/me/src replaces the beginning of every path.")
prefs.info = Pref.statictext("Colouring rules and a list of all steps are in the Tools menu.", "")

local function read_preferences()
  local revision = REVISION_WORDS[prefs.revision + 1]
  setting.forced = revision ~= "auto" and ENCODINGS[revision] or nil
  setting.wire_order = prefs.order == 1
  setting.oldest_is_primary = prefs.primary == 1
  setting.all_snapshots = prefs.all_snapshots
  setting.link = LINK_WORDS[prefs.snapshot_link + 1]
end

function mbuf_trace.prefs_changed()
  read_preferences()
end

mbuf_trace.fields = FIELD_LIST

-- Expert information: one for each fault, and what is worth knowing besides.
local expert_info = {
  revision_guessed = ProtoExpert.new("mbuf_trace.expert.revision_guessed",
    "The revision is a guess", expert.group.ASSUMPTION, expert.severity.NOTE),
  revision_override = ProtoExpert.new("mbuf_trace.expert.revision_override",
    "The frame is of another revision than the preference says", expert.group.PROTOCOL, expert.severity.WARN),
  incomplete = ProtoExpert.new("mbuf_trace.expert.incomplete",
    "The trace lacks events", expert.group.UNDECODED, expert.severity.WARN),
  snapshot_changed = ProtoExpert.new("mbuf_trace.expert.snapshot_changed",
    "The packet was changed on its way", expert.group.SEQUENCE, expert.severity.CHAT),
  snapshot_cut = ProtoExpert.new("mbuf_trace.expert.snapshot_cut",
    "The snapshot does not hold the whole packet", expert.group.UNDECODED, expert.severity.NOTE),
  snapshot_failed = ProtoExpert.new("mbuf_trace.expert.snapshot_failed",
    "A dissector stopped in the middle of the snapshot", expert.group.UNDECODED, expert.severity.NOTE),
}
for name, fault in pairs(FAULTS) do
  local malformed = fault.severity == "malformed"
  expert_info[name] = ProtoExpert.new("mbuf_trace.fault." .. name, fault.doc,
    malformed and expert.group.MALFORMED or expert.group.UNDECODED,
    malformed and expert.severity.ERROR or expert.severity.NOTE)
end
do
  local list = {}
  for _, info in pairs(expert_info) do
    list[#list + 1] = info
  end
  mbuf_trace.experts = list
end
