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

-- What the newest events tell of a drop: its reason, where an event says one.
local function drop_reason(frame, event)
  if event.kind == "drop" then
    return event.text
  end
  return frame.encoding.revision < 4 and told_reason(event) or nil
end

local NO_RULE = {}

-- What the list of ends says of a function.
local function rule_of(func)
  return func and END_RULES[func] or NO_RULE
end

-- The age of an event in nanoseconds, or nil: as a number, which is exact as far as it is compared here.
local function age_of(frame, event)
  if not event.header then
    return nil
  end
  local high = u32(frame.raw, event.header + EVENT_HEADER.age)
  local low = u32(frame.raw, event.header + EVENT_HEADER.age + 4)
  return not (high == 4294967295 and low == 4294967295) and high * 4294967296 + low or nil
end

-- The thread of an event, or nil.
local function thread_of(frame, event)
  local thread = event.header and u32(frame.raw, event.header + EVENT_HEADER.thread)
  return thread ~= EVENT_HEADER.thread_none and thread or nil
end

-- Which functions are handling the packet after the events up to this step: the rules are those of Calls in
-- mbuf-trace. Open calls are in `open`, each with its function, file and the event that entered it.
local QUEUED, DEEPEST_CALL = 10000000, 256

local function take_call(frame, calls, event)
  local open = calls.open
  local function keep(count)
    if count < #open or calls.beyond > 0 then
      calls.beyond, calls.seen = 0, nil
    end
    for place = #open, count + 1, -1 do
      open[place] = nil
    end
  end
  local function place_of_call(key, value)
    for place = #open, 1, -1 do
      if open[place][key] == value then
        return place
      end
    end
  end
  local kind, func = event.kind, event.func
  local thread, age = thread_of(frame, event), age_of(frame, event)
  if thread and calls.thread and calls.thread ~= thread then
    keep(0)
  end
  calls.thread = thread or calls.thread
  local has_waited = age and calls.age and calls.age - age >= QUEUED
  calls.age = age or calls.age
  local is_new = kind == "enter" or kind == "function"
  local is_outer = kind ~= "enter" and func and place_of_call("func", func)
  local last = calls.beyond == 0 and open[#open] or nil
  local entered = last and last.entered
  local is_again = kind == "enter" and entered and event.line == entered.line and event.file == entered.file
    and func == last.func and event.args == entered.args
  local is_next = (calls.is_held or has_waited) and is_new and not is_outer and not rule_of(func).helper
  -- The leave is that of another call, which took the packet off the queue.
  local is_released = kind == "drop" or kind == "leave" and func and rule_of(func).held
  if is_again or is_next or has_waited and is_released then
    keep(0)
  elseif kind ~= "enter" and kind ~= "leave" then
    local around
    if func then
      around = is_outer
    elseif event.line and #open > 0 and calls.beyond == 0 and open[#open].file then
      around = place_of_call("file", event.file)
    end
    if around then
      keep(around)
    end
  end
  if kind == "enter" then
    calls.seen = nil
    if #open == DEEPEST_CALL then
      calls.beyond = calls.beyond + 1
    else
      open[#open + 1] = { func = func, file = event.line and event.file, entered = event.line and event }
    end
  elseif kind == "leave" then
    if calls.beyond > 0 then
      calls.beyond = calls.beyond - 1
    else
      local place = not func and #open > 0 and #open or func and place_of_call("func", func)
      if place then
        keep(place - 1)
        calls.seen = nil
      end
    end
  else
    if func then
      calls.seen = { func = func, file = event.line and event.file }
    end
  end
  if func then
    calls.is_held = kind ~= "leave" and rule_of(func).held ~= nil
  end
end

local function new_calls()
  return { open = {}, beyond = 0, seen = nil, thread = nil, age = nil, is_held = false }
end

-- The function that the newest drop belongs to, where it does not say it.
local function function_of_drop(frame)
  local calls, func = new_calls(), nil
  for step = 1, event_count(frame) do
    local event = event_of(frame, step)
    take_call(frame, calls, event)
    if drop_reason(frame, event) then
      local seen, innermost = calls.seen, calls.beyond == 0 and calls.open[#calls.open] or nil
      local file = event.line and event.file
      if innermost and not (seen and file and seen.file == file and innermost.file ~= file) then
        func = innermost.func
      else
        func = seen and seen.func
      end
    end
  end
  return func
end

-- The fate of a packet that was last seen in a function that has not returned, and was freed so long after.
local function seen_fate(func, freed_after)
  local rule = rule_of(func)
  if rule.seen then
    return rule.seen
  elseif rule.held and rule.limit then
    if not freed_after then
      return "unknown"
    end
    return freed_after >= rule.limit and "dropped" or rule.held
  end
  return rule.held
end

local function is_of_driver(event)
  return event.line and (find(event.file, "^dev/") or find(event.file, "/dev/", 1, true)) and true
end

-- Looks for the end from the newest event on, where there is no drop. `search` is what was found so far.
local function search_step(search, event)
  local kind, func = event.kind, event.func
  if search.is_settled or rule_of(func).helper then
    return
  end
  local is_return = kind == "leave"
  local is_note = kind ~= "data" and kind ~= "unknown"
  if not search.func then
    if func then
      search.func, search.is_return, search.args = func, is_return, is_return and event.args or nil
      search.is_driver = is_of_driver(event)
      search.is_settled = not search.is_driver and (not is_return or search.is_followed)
    else
      search.is_followed = search.is_followed or is_note
    end
  elseif search.is_driver then
    if func and not is_of_driver(event) then
      search.before = rule_of(func).seen == "transmitted" and "transmitted" or nil
      search.is_settled = true
    end
  elseif not func then
    -- What is noted between two returns was done by the outer function.
    search.is_settled = is_note
  elseif kind == "data" then
    return
  elseif is_return then
    search.callers = search.callers or rule_of(search.func).seen
    search.func, search.args = func, event.args
  else
    search.before = rule_of(func).seen
    search.is_settled = true
  end
end

-- The fate that the events after a drop, or all, tell.
local function search_fate(search, freed_after)
  local func = search.func
  if not func then
    return "unknown"
  end
  local fate
  if not search.is_return then
    fate = seen_fate(func, freed_after)
  elseif not search.is_followed then
    local rule = rule_of(func)
    fate = rule.seen or rule.values and rule.values[search.args or 0] or rule.returned
  end
  if not fate and not search.is_followed then
    fate = search.before or search.callers
  end
  return fate or "unknown"
end

-- Whether a function that hands packets to drivers began with it after the newest drop. That such a function returned says
-- nothing: the packet may have been dropped in it.
local function is_sent_after_drop(frame)
  for step = event_count(frame), 1, -1 do
    local event = event_of(frame, step)
    if drop_reason(frame, event) then
      return false
    end
    if event.func and (event.kind == "enter" or event.kind == "function") then
      local rule = rule_of(event.func)
      if rule.seen == "transmitted" or rule.returned == "transmitted" then
        return true
      end
      for _, fate in pairs(rule.values or {}) do
        if fate == "transmitted" then
          return true
        end
      end
    end
  end
  return false
end

-- Whether records are missing at the end of the frame.
local LACKS = {
  records_missing = true, record_header_cut = true, record_cut = true, length_wrapped = true, unsupported_major = true,
}

local function lacks_records(frame)
  if frame.missing > 0 then
    return true
  end
  for _, fault in ipairs(frame.faults or {}) do
    if LACKS[fault.name] then
      return true
    end
  end
  return false
end

local function lost_of(frame)
  return frame.header and u32(frame.raw, frame.header.at + FRAME_HEADER.lost) or 0
end

-- Whether the trace is known to lack events, and whether those may be the newest.
local function is_incomplete(frame)
  local header = frame.header
  local lost = lost_of(frame) > 0 or header and has_flag(header.flags, FLAG.incomplete)
  local cut = lacks_records(frame)
  return lost or cut, lost or frame.oldest_first and cut
end

local function find_end(frame)
  local search, dropped = { is_followed = false }, nil
  local count = event_count(frame)
  local freed_after = count > 0 and age_of(frame, event_of(frame, count)) or nil
  for step = count, 1, -1 do
    local event = event_of(frame, step)
    local reason = drop_reason(frame, event)
    if reason then
      dropped = { fate = "dropped", func = event.func, reason = reason, errno = event.errno }
      break
    end
    search_step(search, event)
  end
  local _, is_missing = is_incomplete(frame)
  if is_missing then
    freed_after = nil
  end
  local fate = search_fate(search, freed_after)
  if dropped and (is_missing or fate ~= "transmitted" or not is_sent_after_drop(frame)) then
    dropped.func = dropped.func or function_of_drop(frame)
    local drops = rule_of(dropped.func).drops
    dropped.fate = drops and drops[dropped.reason] or "dropped"
    dropped.is_missing = is_missing
    return dropped
  elseif is_missing then
    return { fate = "unknown", func = search.func, is_missing = true }
  elseif fate == "unknown" and search.is_return then
    local calls = new_calls()
    for step = 1, count do
      take_call(frame, calls, event_of(frame, step))
    end
    local call = calls.beyond == 0 and calls.open[#calls.open]
    if call and call.func then
      return { fate = seen_fate(call.func, freed_after) or "unknown", func = call.func }
    end
  end
  return { fate = fate, func = search.func }
end

-- What became of the packet: its fate, the function where it ended, and the reason of a drop. The rules are those of
-- End in mbuf-trace.
local function end_of(frame)
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
