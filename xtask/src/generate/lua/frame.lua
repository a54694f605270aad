----------------------------------------------------------------------------------------------------------
-- A frame: its header, what is wrong with it, and where its events are.

-- The sentence of each fault: what, where, how much. Names, severities and docs are in FAULTS.
local SENTENCES = {
  no_count = "no count field: %{needed} bytes needed, %{available} available",
  records_missing = "%{missing} of %{needed} records missing at offset %{offset}",
  record_header_cut = "record %{record} at offset %{offset}: header needs %{needed} bytes, %{available} available",
  record_cut = "record %{record} at offset %{offset}: %{needed} bytes needed, %{available} available",
  length_wrapped = "record %{record} at offset %{offset}: its length %{available} may have wrapped at 65536 "
    .. "(really %{needed}, as a large TSO snapshot makes it)",
  records_uncounted = "the %{available} bytes at offset %{offset} parse as %{needed} more record%{plural} than counted",
  trailing_bytes = "%{available} trailing bytes at offset %{offset}",
  little_endian = "looks little-endian: record headers in reversed byte order",
  little_endian_count = "looks little-endian: the count reads %{available}, reversed %{needed}",
  frame_header_cut = "frame header at offset %{offset}: %{needed} bytes needed, %{available} available",
  bad_magic = "no frame header at offset %{offset}: magic %{found}, not %{expected}",
  unsupported_major = "frame of major revision %{available} at offset %{offset}: only %{needed} can be read",
  repeated_frame_header = "record %{record} at offset %{offset}: a second frame header",
  event_header_cut = "record %{record} at offset %{offset}: event header needs %{needed} bytes, %{available} available",
  event_body_cut = "record %{record} at offset %{offset}: event body needs %{needed} bytes, %{available} available",
  not_a_trace = "not mbuf_trace: no record can be found in its %{available} bytes",
  cut_by_capture = "cut by the capture at offset %{offset}: %{available} of %{needed} bytes kept",
}

local function sentence(fault)
  local name = fault.name
  if name == "little_endian" and fault.needed > 0 then
    name = "little_endian_count"
  end
  return (string.gsub(SENTENCES[name], "%%{(.-)}", function(word)
    if word == "missing" then
      return format("%d", max(fault.needed - fault.available, 0))
    elseif word == "plural" then
      return fault.needed == 1 and "" or "s"
    elseif word == "found" then
      return format("0x%08x", fault.available)
    elseif word == "expected" then
      return format("0x%08x", fault.needed)
    end
    return format("%d", fault[word])
  end))
end

-- Notes a fault: its place, how much was needed and how much there was, as the sentence has them.
local function note(frame, name, offset, needed, available, record)
  local faults = frame.faults or {}
  frame.faults = faults
  faults[#faults + 1] = { name = name, offset = offset, needed = needed, available = available, record = record }
end

-- Where the header of a revision 4 event ends, with its names: as an offset, and whether all of it is there.
local function event_header_end(raw, at, length)
  local finish = at + EVENT_HEADER.size
  if length >= EVENT_HEADER.file_length + 2 then
    finish = finish + u16(raw, at + EVENT_HEADER.file_length)
  end
  if length >= EVENT_HEADER.function_length + 2 then
    finish = finish + u16(raw, at + EVENT_HEADER.function_length)
  end
  return finish, finish <= at + length
end

-- What is wrong with a whole record of revision 4: the fault's name and what was needed. The record is then
-- an unknown event.
local function record_fault(raw, code, at, length)
  if code == TYPE.rev4_frame_header then
    return "repeated_frame_header", 0
  end
  local fixed = EVENT_BODIES[code]
  if fixed then
    local finish, whole = event_header_end(raw, at, length)
    if not whole then
      return "event_header_cut", finish - at
    elseif finish + fixed > at + length then
      return "event_body_cut", finish + fixed - at
    end
  end
end

-- Whether a record is a snapshot that can be read.
local function is_snapshot(frame, place)
  local code = frame.records.types[place]
  local known = RECORDS[frame.encoding.revision][code]
  if not known or known.kind ~= "data" then
    return false
  end
  local at = frame.records.starts[place] + 4
  return not EVENT_BODIES[code] or not record_fault(frame.raw, code, at, frame.records.lengths[place])
end

-- A snapshot whose length seems to have wrapped: one that could be 65,536 bytes longer.
local function note_wrapped_length(frame)
  local records = frame.records
  if frame.size < 65536 or not records.typed then
    return false
  end
  for place = 1, records.whole do
    local start, real = records.starts[place], records.lengths[place] + 65536
    if start + records.header + real <= frame.size and is_snapshot(frame, place) then
      note(frame, "length_wrapped", start, real, records.lengths[place], place - 1)
      return true
    end
  end
  return false
end

-- Bytes behind the last counted record: the snapshot of revision 1, or one thing too many.
local function check_rest(frame)
  local records, size = frame.records, frame.size
  local rest = size - records.finish
  if rest == 0 or not records.typed then
    return
  end
  local known, at, found = RECORDS[frame.encoding.revision], records.finish, 0
  while at + 4 <= size do
    local a, b, c, d = byte(frame.raw, at + 1, at + 4)
    if records.little then
      a, b, c, d = b, a, d, c
    end
    local finish = at + 4 + a * 256 + b
    if finish > size or not known[c * 256 + d] then
      break
    end
    at, found = finish, found + 1
  end
  note_wrapped_length(frame)
  if found > 0 and at == size then
    note(frame, "records_uncounted", records.finish, found, rest)
  else
    note(frame, "trailing_bytes", records.finish, 0, rest)
  end
end

-- The bytes end before the count is reached, and it is not the capture that cut them.
local function check_short(frame)
  local records, size = frame.records, frame.size
  local announced, whole, at = records.announced, records.whole, records.finish
  if records.stop == "nothing" then
    -- The count's bytes, read in the other order.
    local reversed = announced % 256 * 256 + (announced - announced % 256) / 256
    if whole > 0 and reversed == whole then
      note(frame, "little_endian", 0, reversed, announced)
      return
    end
  elseif not note_wrapped_length(frame) then
    if records.stop == "header" then
      note(frame, "record_header_cut", at, records.header, size - at, whole)
    else
      note(frame, "record_cut", at, records.lengths[whole + 1], size - at - records.header, whole)
    end
  end
  note(frame, "records_missing", at, announced, whole)
end

-- Reads the first record of revision 4. What it says stands in `frame.header`.
local function read_frame_header(frame)
  local records, raw = frame.records, frame.raw
  if records.whole == 0 then
    -- What there is of a cut frame header is no event.
    frame.partial = false
    return
  end
  local code, start, length = records.types[1], records.starts[1], records.lengths[1]
  local at = start + records.header
  if code ~= TYPE.rev4_frame_header then
    note(frame, "bad_magic", start, TYPE.rev4_frame_header, code, 0)
    return
  end
  frame.first = 2
  local magic = length >= 4 and u32(raw, at + FRAME_HEADER.magic)
  local major = length >= 5 and byte(raw, at + FRAME_HEADER.major + 1)
  if magic and magic ~= FRAME_HEADER.magic_value then
    note(frame, "bad_magic", at, FRAME_HEADER.magic_value, magic)
  elseif major and major ~= FRAME_HEADER.major_value then
    note(frame, "unsupported_major", at, FRAME_HEADER.major_value, major)
    frame.whole, frame.partial = 0, false
  elseif length < FRAME_HEADER.size then
    note(frame, "frame_header_cut", at, FRAME_HEADER.size, length)
  else
    local flags = u16(raw, at + FRAME_HEADER.flags)
    frame.header = { at = at, minor = byte(raw, at + FRAME_HEADER.minor + 1), flags = flags }
    frame.oldest_first = has_flag(flags, FLAG.oldest_first)
  end
end

-- Reads a frame as one of this encoding, without its events. It always gives something: what is wrong
-- stands in `faults`, and everything that can be read is given.
--
-- Events are records from `first` to `last`, in the order of the wire. The last of them can be one that
-- the capture cut (`partial`), or the snapshot behind the strings of revision 1.
local function read_frame(raw, original, encoding, records)
  local size = #raw
  local cut = size < original
  local frame = { raw = raw, size = size, encoding = encoding, cut = cut, first = 1, last = 0 }
  if cut then
    note(frame, "cut_by_capture", size, original, size)
  end
  if size < 2 then
    if not cut then
      note(frame, "no_count", 0, 2, size)
    end
    frame.announced = 0
    return frame
  end
  if encoding.little and encoding.typed then
    note(frame, "little_endian", 0, 0, 0)
  end
  if not records or records.typed ~= encoding.typed or records.little ~= encoding.little then
    records = walk(raw, size, encoding.typed, encoding.little)
  end
  frame.records, frame.announced, frame.whole = records, records.announced, records.whole
  if not records.stop then
    check_rest(frame)
  elseif not cut then
    check_short(frame)
  else
    frame.partial = records.stop == "payload"
  end
  if encoding.revision == 4 then
    read_frame_header(frame)
  end
  local last = frame.whole
  if frame.partial then
    last = last + 1
  elseif encoding.revision == 1 and not records.stop and records.finish < size then
    last = last + 1
    frame.snapshot_behind = last
  end
  frame.last = last
  if encoding.revision == 4 then
    for place = frame.first, frame.whole do
      local start, length = records.starts[place], records.lengths[place]
      local name, needed = record_fault(raw, records.types[place], start + 4, length)
      if name then
        note(frame, name, start, needed, length, place - 1)
      end
    end
  end
  return frame
end

local function event_count(frame)
  return max(frame.last - frame.first + 1, 0)
end

-- The place on the wire of a step, and the other way round: steps count from 1, oldest first.
local function place_of(frame, step)
  if frame.oldest_first then
    return frame.first + step - 1
  end
  return frame.last - step + 1
end
