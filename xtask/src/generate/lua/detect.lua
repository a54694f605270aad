----------------------------------------------------------------------------------------------------------
-- Framing, and which revision a frame has.
--
-- Nothing in the frames of revisions 1 to 3 tells it. What decides is the structure: lengths that use up
-- the frame to the byte, strings that are text with one NUL at their end, and which types there are. A frame
-- that is certain decides for those after it, of the same interface, which leave it open.

-- How a frame can be read. A little-endian frame of revision 2 or later is a fault, but can be read.
local ENCODINGS = {}
for _, revision in ipairs({ 1, 2, 3, 4 }) do
  local typed = revision > 1
  ENCODINGS[tostring(revision)] = { revision = revision, little = false, typed = typed }
  ENCODINGS[revision .. "le"] = { revision = revision, little = true, typed = typed, reversed = typed }
end
local DEFAULT = ENCODINGS["3"]

-- The records of a frame, in the order of the wire: where they start, their lengths as they claim them and
-- their types, `whole` of them, up to the offset `finish`. `stop` tells why there are fewer than announced;
-- where it is "payload", the record that is short stands behind the last whole one.
local function walk(raw, size, typed, little)
  -- Room for a usual frame at once, as growing costs more than reading; what is behind `whole` means nothing.
  local starts = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local lengths = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local types = typed and { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } or {}
  local a, b = byte(raw, 1, 2)
  local announced = little and b * 256 + a or a * 256 + b
  local header, at, whole, stop = typed and 4 or 2, 2, 0, nil
  while whole < announced do
    local start = at + header
    if start > size then
      stop = at < size and "header" or "nothing"
      break
    end
    local c, d
    a, b, c, d = byte(raw, at + 1, start)
    local place = whole + 1
    local length = little and b * 256 + a or a * 256 + b
    starts[place], lengths[place] = at, length
    if typed then
      types[place] = little and d * 256 + c or c * 256 + d
    end
    if start + length > size then
      stop = "payload"
      break
    end
    at, whole = start + length, place
  end
  return {
    starts = starts, lengths = lengths, types = types,
    announced = announced, whole = whole, finish = at, stop = stop,
    header = header, typed = typed, little = little,
  }
end

-- Whether a payload begins with the magic of a frame header, in whichever byte order, or is the start of it.
local function begins_with_magic(raw, at, size, whole, little)
  if not little then
    local there = min(4, size - at)
    return whole or there > 0 and sub(raw, at + 1, at + there) == sub(MAGIC, 1, there)
  end
  local start = sub(raw, at + 1, at + 4)
  return start == MAGIC or start == string.reverse(MAGIC)
end

-- How well a frame fits records with types: the encoding, whether nothing speaks against it, whether the
-- records use up the frame, how many of them make sense, and the records.
local function survey_typed(raw, size, cut, little)
  local records = walk(raw, size, true, little)
  local starts, lengths, types, whole = records.starts, records.lengths, records.types, records.whole
  local second, third, fourth, plausible = 0, 0, 0, 0
  local decisive, doubtful = false, false
  for place = 1, whole do
    local code = types[place]
    if code <= 3 then
      -- Types 0, 2 and 3 have one meaning each in revisions 2 and 3; only type 1 has two.
      local at, length = starts[place] + 4, lengths[place]
      local fits = false
      if code == TYPE.rev3_data then
        third = third + 1
        fits = not is_text(raw, at, length)
        decisive = decisive or fits
      elseif code ~= TYPE.rev3_string then
        second = second + 1
        fits = not can_be_a_packet(raw, at, length)
        decisive = decisive or fits
      elseif is_text(raw, at, length) then
        third, fits = third + 1, true
      elseif can_be_a_packet(raw, at, length) then
        -- Bytes that are no text may still be an odd string: only a real packet leaves no doubt.
        second, fits = second + 1, true
        doubtful = doubtful or not looks_like_a_packet(raw, at, length, length)
      else
        -- An odd string of revision 3, or a runt of revision 2.
        doubtful = doubtful or length > 0
      end
      if fits then
        plausible = plausible + 1
      end
    elseif code == TYPE.rev4_frame_header and place == 1
      and begins_with_magic(raw, starts[1] + 4, starts[1] + 4 + lengths[1], true, little)
    then
      -- Big-endian, the type alone says so; in the other order it is type 1 of an earlier revision.
      fourth, plausible = 1, plausible + 1
    end
  end
  local ends_well = cut
  if not records.stop then
    ends_well = records.finish == size
  elseif records.stop == "payload" and (cut or whole == 0) then
    -- A record that ends too early: its text has no NUL, its packet no end.
    local at, code = starts[whole + 1] + 4, types[whole + 1]
    local length = size - at
    local text = length > 0 and is_printable(sub(raw, at + 1, size))
    -- Of a packet that the capture cut in its first record there is nothing else to go by than the type.
    local lenient = cut and whole == 0
    local packet = looks_like_a_packet(raw, at, length, lengths[whole + 1])
    local vote, fits
    if code == TYPE.rev4_frame_header and whole == 0 and begins_with_magic(raw, at, size, false, little) then
      vote, fits = 4, true
    elseif code == TYPE.rev3_data then
      vote, fits = 3, packet
    elseif code == TYPE.rev3_string and (text or length == 0 and lenient) then
      vote, fits = 3, text
    elseif code == TYPE.rev2_data then
      vote, fits = 2, packet
    elseif code == TYPE.rev2_static or code == TYPE.rev2_dynamic then
      vote, fits = 2, text
    end
    if vote and (fits or lenient) then
      second = second + (vote == 2 and 1 or 0)
      third = third + (vote == 3 and 1 or 0)
      fourth = fourth + (vote == 4 and 1 or 0)
      plausible = plausible + 1
      -- The type's word alone makes nothing certain.
      doubtful = doubtful or not fits
    end
  end
  local agreed = fourth > 0 or (decisive or not doubtful) and (second == 0) ~= (third == 0)
  local revision = fourth > 0 and "4" or second > third and "2" or "3"
  local exact = ends_well and whole > 0
  return {
    encoding = ENCODINGS[little and revision .. "le" or revision],
    certain = ends_well and agreed,
    exact = exact,
    -- Records of unknown types count only where the whole frame makes sense. And a frame is not said to be
    -- reversed and damaged without need.
    score = exact and max(whole, plausible) or little and 0 or plausible,
    records = records,
  }
end

-- The same for revision 1: strings, then a packet.
local function survey_untyped(raw, size, cut, little)
  local records = walk(raw, size, false, little)
  local texts = 0
  for place = 1, records.whole do
    if is_text(raw, records.starts[place] + 2, records.lengths[place]) then
      texts = texts + 1
    end
  end
  local all_text = texts > 0 and texts == records.whole
  if records.stop == "payload" and cut and records.whole == 0 then
    local at = records.starts[1] + 2
    if at < size and is_printable(sub(raw, at + 1, size)) then
      texts = 1
    end
  end
  local rest = size - records.finish
  local ends_well = cut or not records.stop and (rest == 0 or looks_like_a_packet(raw, records.finish, rest, rest))
  return {
    encoding = ENCODINGS[little and "1le" or "1"],
    certain = all_text and ends_well,
    exact = all_text and not records.stop,
    score = texts,
    records = records,
  }
end

-- Whether one survey is better than another: the certain before the exact before the plausible.
local function is_better(one, other)
  if one.certain ~= other.certain then
    return one.certain
  end
  local exact = one.exact and one.score > 0
  if exact ~= (other.exact and other.score > 0) then
    return exact
  end
  return one.score > other.score
end

-- What a frame says of its own encoding: the best, whether no other fits, and the records as that has them.
-- Nil where nothing in the frame looks like a trace.
local function opinion(raw, size, original)
  local cut = size < original
  if size < 2 then
    return DEFAULT, false
  end
  local a, b, c, d = byte(raw, 1, 4)
  if a == 0 and b == 0 then
    -- No record: all that can tell is a packet where revision 1 would have one.
    if looks_like_a_packet(raw, 2, size - 2, max(size, original) - 2) then
      return ENCODINGS["1"], true
    end
    return DEFAULT, false
  end
  if cut and size < 6 then
    -- Not even the first record's header was kept.
    return DEFAULT, false
  end
  local best = survey_typed(raw, size, cut, false)
  -- The usual case. The whole frame makes sense, so revision 1 cannot have found more strings, and in
  -- reversed byte order the first record would not even fit.
  if best.certain and not cut and best.exact and best.score > 0 and d * 256 + c > size - 4 then
    return best.encoding, true, best.records
  end
  for _, other in ipairs({
    survey_untyped(raw, size, cut, false),
    survey_untyped(raw, size, cut, true),
    survey_typed(raw, size, cut, true),
  }) do
    if is_better(other, best) then
      best = other
    end
  end
  if best.score > 0 then
    return best.encoding, best.certain, best.records
  end
end

-- Which interface a packet is of. Wireshark has the number only as a field, and a file has it for all of its
-- packets or for none.
local interface_id, section_number = Field.new("frame.interface_id"), Field.new("frame.section_number")
local has_interfaces = true

local function interface_of()
  local id = has_interfaces and interface_id()
  if not id then
    has_interfaces = false
    return 0
  end
  local section = section_number()
  return section and section.value * 65536 + id.value or id.value
end

-- What each interface was found to have: its encodings and the numbers of the packets that showed them, in
-- order. Wireshark asks for packets again, in any order, and has to get the same answers.
local history = {}

local function forget_decisions()
  history, has_interfaces = {}, true
end

-- The encoding that an interface was known to have before this packet.
local function known_before(changes, number)
  local low, high = 0, changes and #changes or 0
  if high > 0 and changes[high].number < number then
    return changes[high].encoding
  end
  while low < high do
    local middle = low + high + 1
    middle = (middle - middle % 2) / 2
    if changes[middle].number < number then
      low = middle
    else
      high = middle - 1
    end
  end
  return low > 0 and changes[low].encoding or nil
end

-- The records of a frame of a known revision, where it is plain without a look at the payloads that it can be
-- no other: the records use up the frame, and one is of a type that no frame certain to be of another revision
-- has. In other framings the first payload would begin with the bytes of that type, so it would be no text.
local function records_as_known(raw, size, known)
  local _, _, c, d = byte(raw, 1, 4)
  if known.little or not known.typed or not d or d * 256 + c <= size - 4 then
    return nil
  end
  local records = walk(raw, size, true, false)
  local types, revision = records.types, known.revision
  if records.stop or records.finish ~= size or records.whole == 0 then
    return nil
  elseif revision == 4 then
    return types[1] == TYPE.rev4_frame_header and records or nil
  elseif types[1] > 0xff then
    return nil
  end
  for place = records.whole, 1, -1 do
    local code = types[place]
    if revision == 3 and code == TYPE.rev3_data
      or revision == 2 and (code == TYPE.rev2_static or code == TYPE.rev2_dynamic)
    then
      return records
    end
  end
end

-- The encoding of a frame and how that is known: "forced", "certain", "inherited" or "guessed". Nil where
-- the frame is no trace. Then the records, where they were read on the way, and what the frame itself says
-- if it was certain and the user said something else. With `quick`, "inherited" can also be "certain".
local function decide(raw, size, original, pinfo, quick)
  local forced = setting.forced
  if forced then
    local own, certain, records = opinion(raw, size, original)
    return forced, "forced", records, certain and own ~= forced and own or nil
  end
  local interface, number = interface_of(), pinfo.number
  local known = known_before(history[interface], number)
  if quick and known and size >= original then
    local records = records_as_known(raw, size, known)
    if records then
      return known, "inherited", records
    end
  end
  local own, certain, records = opinion(raw, size, original)
  if certain then
    -- A frame without records tells too little to change what is known, and reversed headers are a fault of
    -- one frame.
    if own ~= known and not own.reversed and (not known or byte(raw, 1) ~= 0 or byte(raw, 2) ~= 0)
      and not pinfo.visited
    then
      local changes = history[interface] or {}
      history[interface] = changes
      changes[#changes + 1] = { number = number, encoding = own }
    end
    return own, "certain", records
  elseif known then
    return known, "inherited", records
  end
  return own, own and "guessed", records
end
