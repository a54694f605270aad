----------------------------------------------------------------------------------------------------------
-- A frame: its header, what is wrong with it, and where its events are.

-- The sentence of each fault: what, where, how much; a number may have its noun with it, in the singular. Names, severities and docs are in FAULTS.
local SENTENCES = {
  no_count = "no count field: %{needed byte} needed, %{available} available",
  records_missing = "%{missing} of %{needed record} missing at offset %{offset}",
  record_header_cut = "record %{record} at offset %{offset}: header needs %{needed byte}, %{available} available",
  record_cut = "record %{record} at offset %{offset}: %{needed byte} needed, %{available} available",
  length_wrapped = "record %{record} at offset %{offset}: its length %{available} may have wrapped at 65536 "
    .. "(really %{needed}, as a large TSO snapshot makes it)",
  records_uncounted = "the %{available byte} at offset %{offset} parse as %{needed more record} than counted",
  trailing_bytes = "%{available trailing byte} at offset %{offset}",
  little_endian = "looks little-endian: record headers in reversed byte order",
  little_endian_count = "looks little-endian: the count reads %{available}, reversed %{needed}",
  frame_header_cut = "frame header at offset %{offset}: %{needed byte} needed, %{available} available",
  bad_magic = "no frame header at offset %{offset}: magic %{found}, not %{expected}",
  unsupported_major = "frame of major revision %{available} at offset %{offset}: only %{needed} can be read",
  repeated_frame_header = "record %{record} at offset %{offset}: a second frame header",
  event_header_cut = "record %{record} at offset %{offset}: event header needs %{needed byte}, %{available} available",
  event_body_cut = "record %{record} at offset %{offset}: header and body need %{needed byte}, %{available} available",
  not_a_trace = "not mbuf_trace: no record can be found in its %{available byte}",
  cut_by_capture = "cut by the capture at offset %{offset}: %{available} of %{needed byte} kept",
}

local function sentence(fault)
  local name = fault.name
  if name == "little_endian" and fault.needed > 0 then
    name = "little_endian_count"
  end
  return (string.gsub(SENTENCES[name], "%%{(%l+) ?(.-)}", function(word, noun)
    if word == "missing" then
      return format("%d", max(fault.needed - fault.available, 0))
    elseif word == "found" then
      return format("0x%08x", fault.available)
    elseif word == "expected" then
      return format("0x%08x", fault.needed)
    end
    local count = format("%d", fault[word])
    return noun == "" and count or count .. " " .. noun .. (fault[word] == 1 and "" or "s")
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

-- What an event of a whole record is, roughly: "data", "unknown", "string" with a NUL to end it, or "typed".
local function sort_of(frame, code, at, length)
  local known = RECORDS[frame.encoding.revision][code]
  if not known or not known.kind or EVENT_BODIES[code] and record_fault(frame.raw, code, at, length) then
    return "unknown"
  elseif known.kind == "data" then
    return "data"
  end
  return known.content == "string" and "string" or "typed"
end

-- Whether the frame goes on at this offset as it should: with a record that can be read, or, behind the
-- last one, with nothing.
local function goes_on(frame, at, is_last)
  local raw, size = frame.raw, frame.size
  if is_last or at + 4 > size then
    return is_last and at == size
  end
  local a, b, c, d = byte(raw, at + 1, at + 4)
  if frame.records.little then
    a, b, c, d = b, a, d, c
  end
  local length = a * 256 + b
  local finish = at + 4 + length
  if finish > size then
    return false
  end
  local sort = sort_of(frame, c * 256 + d, at + 4, length)
  if sort == "data" then
    -- A snapshot of nothing is what zeros in the middle of a packet look like.
    return length > 0
  elseif sort == "string" then
    return length > 0 and byte(raw, finish) == 0
  end
  return sort == "typed"
end

-- Ends the frame at a snapshot whose length has wrapped at 65,536, as that of a large TSO packet does: where
-- its length ends, no record begins; 65,536 bytes later, or a multiple of them, one does.
local function end_at_wrapped_length(frame)
  local records, size = frame.records, frame.size
  if size < 65536 or not records.typed then
    return false
  end
  for place = 1, records.whole do
    local start, length = records.starts[place], records.lengths[place]
    local finish, is_last = start + 4 + length, place == records.announced
    local wrap
    if sort_of(frame, records.types[place], start + 4, length) == "data" and not goes_on(frame, finish, is_last) then
      for more = 65536, size - finish, 65536 do
        if goes_on(frame, finish + more, is_last) then
          wrap = more
          break
        end
      end
    end
    if wrap then
      note(frame, "length_wrapped", start, length + wrap, length, place - 1)
      if is_last then
        note(frame, "trailing_bytes", finish, 0, size - finish)
      else
        note(frame, "records_missing", finish, records.announced, place)
      end
      frame.whole = place
      return true
    end
  end
  return false
end

-- How many more records there are behind the last counted one, if nothing else is. In revision 1, strings,
-- with or without a packet behind them.
local function uncounted_records(frame)
  local records, raw, size = frame.records, frame.raw, frame.size
  local known, header = RECORDS[frame.encoding.revision], records.header
  local at, found = records.finish, 0
  while at + header <= size do
    local a, b, c, d = byte(raw, at + 1, at + header)
    if records.little then
      a, b, c, d = b, a, d, c
    end
    local length = a * 256 + b
    local finish = at + header + length
    if finish > size then
      break
    elseif records.typed then
      if not known[c * 256 + d] then
        break
      end
    elseif not is_text(raw, at + header, length) then
      break
    end
    at, found = finish, found + 1
  end
  if at == size or not records.typed and looks_like_a_packet(raw, at, size - at, size - at) then
    return found
  end
  return 0
end

-- Bytes behind the last counted record: records that were not counted, or anything else. In revision 1 the
-- packet is there, and nothing is wrong.
local function check_rest(frame)
  local records = frame.records
  local at, rest = records.finish, frame.size - records.finish
  if not records.typed and looks_like_a_packet(frame.raw, at, rest, rest) then
    return
  end
  local found = uncounted_records(frame)
  if found > 0 then
    note(frame, "records_uncounted", at, found, rest)
  elseif records.typed then
    note(frame, "trailing_bytes", at, 0, rest)
  end
end

-- The bytes end before the count is reached.
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
  elseif records.stop == "header" then
    note(frame, "record_header_cut", at, records.header, size - at, whole)
  else
    note(frame, "record_cut", at, records.lengths[whole + 1], size - at - records.header, whole)
  end
  note(frame, "records_missing", at, announced, whole)
end

-- Reads the first record of revision 4. What it says stands in `frame.header`.
local function read_frame_header(frame)
  local records, raw = frame.records, frame.raw
  if frame.whole == 0 then
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
    note(frame, "unsupported_major", at + FRAME_HEADER.major, FRAME_HEADER.major_value, major)
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
  local frame = {
    raw = raw, size = size, missing = max(original - size, 0), encoding = encoding, first = 1, last = 0,
    records = nil, announced = nil, whole = nil, partial = nil, snapshot_behind = nil,
    header = nil, oldest_first = nil, faults = nil, events = nil, ending = nil,
  }
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
  if cut then
    frame.partial = records.stop == "payload"
  elseif (records.stop or records.finish < size) and not end_at_wrapped_length(frame) then
    if records.stop then
      check_short(frame)
    else
      check_rest(frame)
    end
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
