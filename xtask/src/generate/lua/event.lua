----------------------------------------------------------------------------------------------------------
-- Events.

-- The event of the record at this place. Texts have their offset in the packet beside them: `file_at` for
-- `file`, and so on.
local function read_event(frame, place)
  local raw, records, revision = frame.raw, frame.records, frame.encoding.revision
  if place == frame.snapshot_behind then
    local at = records.finish
    local length = frame.size - at
    return {
      kind = "data", place = place, start = at, at = at, length = length, missing = frame.missing, has_record = false,
      bytes_at = at, bytes_length = length, link = LINK_TYPE.ethernet,
    }
  end
  local start, length, code = records.starts[place], records.lengths[place], records.types[place]
  local at, missing = start + records.header, 0
  if at + length > frame.size then
    missing = at + length - frame.size
    length = length - missing
  end
  local known = revision == 1 and REVISION_1_STRING or RECORDS[revision][code]
  if known and known.content == "ethernet" then
    return {
      kind = "data", place = place, start = start, code = code, at = at, length = length, missing = missing,
      has_record = true, bytes_at = at, bytes_length = length, link = LINK_TYPE.ethernet,
      step = nil, resolved_link = nil, before = nil, changed = nil, same_as = nil,
    }
  end
  -- All that an event can have, so that the table never has to grow.
  local event = {
    kind = known and known.kind or "unknown",
    place = place, start = start, code = code, at = at, length = length, missing = missing, has_record = true,
    data_at = nil, data_length = nil, text = nil, text_at = nil, file = nil, file_at = nil,
    line = nil, line_at = nil, line_digits = nil, func = nil, func_at = nil, args = nil, args_at = nil, step = nil,
  }
  if event.kind == "unknown" then
    return event
  elseif known.content == "string" then
    -- The length counts one trailing NUL, which is not part of the text.
    local last = at + length
    local text = sub(raw, at + 1, length > 0 and byte(raw, last) == 0 and last - 1 or last)
    if missing > 0 then
      -- What a cut left of a name or number would be taken for another one.
      event.text, event.text_at = text, at
    else
      take_apart(event, text, at)
    end
    event.data_at, event.data_length = at, #text
    return event
  end

  -- Revision 4: header, file, function, body.
  if record_fault(raw, code, at, length) then
    event.kind = "unknown"
    return event
  end
  local body = event_header_end(raw, at, length)
  local func_length = u16(raw, at + EVENT_HEADER.function_length)
  local file_at = at + EVENT_HEADER.size
  local func_at = body - func_length
  event.header = at
  local line = u32(raw, at + EVENT_HEADER.line)
  if line ~= EVENT_HEADER.line_none then
    event.file, event.file_at = sub(raw, file_at + 1, func_at), file_at
    event.line, event.line_at = line, at + EVENT_HEADER.line
  end
  if func_length > 0 then
    event.func, event.func_at = sub(raw, func_at + 1, body), func_at
  end
  event.data_at, event.data_length = file_at, at + length - file_at
  local kind = event.kind
  if kind == "data" then
    event.bytes_at, event.bytes_length = body + SNAPSHOT.size, at + length - body - SNAPSHOT.size
    event.link, event.packet_length_at = u16(raw, body + SNAPSHOT.link_type), body + SNAPSHOT.packet_length
  elseif kind == "start" or kind == "drop" then
    event.text, event.text_at = sub(raw, body + 3, at + length), body + 2
    if kind == "start" then
      event.origin, event.origin_at = u16(raw, body), body
    elseif u16(raw, body) ~= 0 then
      event.errno, event.errno_at = u16(raw, body), body
    end
  elseif kind == "function" or kind == "enter" or kind == "leave" then
    if body < at + length then
      event.args, event.args_at = sub(raw, body + 1, at + length), body
    end
  elseif kind ~= "position" then
    local text = sub(raw, body + 1, at + length)
    if missing == 0 and not event.line and not event.func then
      -- A string of an older revision, carried over as it was.
      take_apart(event, text, body)
    else
      event.text, event.text_at = text, body
    end
  end
  return event
end

-- The event of a step, read once.
local function event_of(frame, step)
  local events = frame.events
  if not events then
    events = {}
    frame.events = events
  end
  local event = events[step]
  if not event then
    event = read_event(frame, place_of(frame, step))
    event.step = step
    events[step] = event
  end
  return event
end

local SIGNS = { enter = "+", leave = "-", ["function"] = "" }

-- The event in words without its position, as revisions 1 to 3 write it. Nil where it has none.
local function text_of(event)
  local kind = event.kind
  if kind == "data" or kind == "position" or kind == "unknown" then
    return nil
  elseif SIGNS[kind] and event.func and not event.text then
    return SIGNS[kind] .. event.func .. (event.args and "(" .. event.args .. ")" or "")
  end
  return event.text or ""
end

-- The whole text of the event, position first. Nil where it has none.
local function data_of(event)
  if event.kind == "data" or event.kind == "unknown" then
    return nil
  elseif not event.line then
    return text_of(event)
  end
  local position = event.file .. format(":%d", event.line)
  return event.kind == "position" and position or position .. ": " .. text_of(event)
end

-- The function of the newest event that has one.
local function last_function(frame)
  for step = event_count(frame), 1, -1 do
    local func = event_of(frame, step).func
    if func then
      return func
    end
  end
end

-- The reason of a drop that an older revision tells in words: `drop: no route (errno 65)`. Nil where it is none.
local function told_reason(event)
  local said = event.text and (event.kind == "string" or event.kind == "static" or event.kind == "dynamic")
    and match(event.text, "^drop: (.*)$")
  local reason, errno = match(said or "", "^(.*) %(errno ([1-9]%d*)%)$")
  return reason and #errno <= 5 and tonumber(errno) <= 65535 and reason or said
end

-- Looks for the end from the newest event on.
local function find_end(frame)
  local in_words = frame.encoding.revision < 4
  local func, drop, settled
  for step = event_count(frame), 1, -1 do
    local event = event_of(frame, step)
    local kind = event.kind
    local reason = not drop and (kind == "drop" and event.text or in_words and told_reason(event)) or nil
    if drop then
      drop.func = event.func
    elseif reason then
      drop = { func = event.func, reason = reason }
    elseif not settled and not event.func then
      -- What is noted between two returns was done by the outer function.
      settled = func and kind ~= "data" and kind ~= "unknown"
    elseif not settled and (not func or kind == "leave") then
      func, settled = event.func, kind ~= "leave"
    elseif not settled then
      settled = kind ~= "data"
    end
    if drop and drop.func then
      break
    end
  end
  return drop or { func = func, reason = nil }
end

-- The function where the trace ended, and the reason of a drop, if it tells of one: the rules are those of End in
-- mbuf-trace. Nil where the capture cut it off.
local function end_of(frame)
  if frame.missing > 0 and frame.oldest_first then
    return nil
  end
  local ending = frame.ending
  if not ending then
    ending = find_end(frame)
    frame.ending = ending
  end
  return ending
end

-- The functions that handled the packet, oldest first.
local function path_of(frame)
  local functions = {}
  for step = 1, event_count(frame) do
    local event = event_of(frame, step)
    if event.func and (event.kind == "enter" or event.kind == "function") then
      functions[#functions + 1] = event.func
    end
  end
  return functions[1] and concat(functions, " > ")
end
