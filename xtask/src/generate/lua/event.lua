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
local QUEUED, CALLED, DEEPEST_CALL = 10000000, 5000, 256

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
  local before, is_own, opens = #open, false, false
  local thread, age = thread_of(frame, event), age_of(frame, event)
  if thread and calls.thread and calls.thread ~= thread then
    keep(0)
  end
  calls.thread = thread or calls.thread
  local paused = age and calls.age and math.max(calls.age - age, 0)
  local has_waited = paused and paused >= QUEUED
  calls.age = age or calls.age
  local is_new = kind == "enter" or kind == "function"
  local is_outer = kind ~= "enter" and func and place_of_call("func", func)
  local last = calls.beyond == 0 and open[#open] or nil
  local entered = last and last.entered
  local is_again = kind == "enter" and (not paused or paused >= CALLED) and entered
    and event.line == entered.line and event.file == entered.file
    and func == last.func and event.args == entered.args
  -- Whoever took the packet off a queue, and not a function that the one calls that put it there.
  local held = calls.held
  local is_same_file = held and held.line and event.line and held.file == event.file
  local is_off_queue = held and not is_same_file and (not paused or paused >= CALLED) and not rule_of(func).held
  local is_next = (is_off_queue or has_waited) and is_new and not is_outer and not rule_of(func).helper
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
      opens = true
      open[#open + 1] = { func = func, file = event.line and event.file, entered = event.line and event }
    end
  elseif kind == "leave" then
    if calls.beyond > 0 then
      calls.beyond = calls.beyond - 1
    else
      local place = not func and #open > 0 and #open or func and place_of_call("func", func)
      if place then
        keep(place - 1)
        calls.seen, is_own = nil, true
      end
    end
  else
    if func then
      calls.seen = { func = func, file = event.line and event.file }
    end
  end
  local left, around = opens and #open - 1 or #open, #open + calls.beyond
  local depth = kind == "enter" and around - 1 or around
  if func and not rule_of(func).helper then
    calls.held = kind ~= "leave" and rule_of(func).held and event or nil
  end
  return { closes = before - left, is_own = is_own, opens = opens, depth = depth }
end

local function new_calls()
  return { open = {}, beyond = 0, seen = nil, thread = nil, age = nil, held = nil }
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

-- Looks for the end of a packet, from its oldest event on. Lua has room for 200 local names in a file.
local find_end
do
  -- The function that an event without one was recorded in: the innermost call, or a function seen since then.
  local function function_at(calls, event)
    local seen, innermost = calls.seen, calls.beyond == 0 and calls.open[#calls.open] or nil
    local file = event.line and event.file
    if innermost and not (seen and file and seen.file == file and innermost.file ~= file) then
      return innermost.func
    end
    return seen and seen.func
  end

  local function is_of_driver(event)
    local file = event.line and event.file
    if not file then
      return false
    end
    for _, folder in ipairs({ "/dev/", "/net80211/" }) do
      if find(file, folder, 1, true) or file:sub(1, #folder - 1) == folder:sub(2) then
        return true
      end
    end
    return file:sub(-11) == "net/iflib.c"
  end

  local function is_waiting(value)
    return value == "EWOULDBLOCK" or value == "EAGAIN" or value == "35"
  end

  local NO_ERROR = { ["0"] = true, EJUSTRETURN = true, EINPROGRESS = true, ["36"] = true }

  -- Whether a function returned an error, other than that the packet waits.
  local function is_error(value)
    if not value or is_waiting(value) or NO_ERROR[value] then
      return false
    end
    local digits = match(value, "^%+?(%d+)$")
    return digits and tonumber(digits) <= 65535 or match(value, "^E[%u%d]+$") ~= nil
  end

  local PASSES = {
    ["0"] = true, [""] = true, pass = true, accept = true, pf_pass = true, pfil_pass = true, pfil_realloced = true,
    ip_fw_pass = true,
  }
  local REFUSES = { drop = true, deny = true, block = true, reject = true }

  -- What it says that a function returned this: how, and the fate.
  local function what_returned(func, value)
    local rule = rule_of(func)
    local of_value = value and rule.values and rule.values[value]
    if of_value then
      return "returned", of_value
    end
    local how, fate
    if rule.returned then
      how, fate = "returned", rule.returned
    elseif rule.seen and rule.seen ~= "absorbed" then
      how, fate = "seen", rule.seen
    elseif rule.held and value and is_waiting(value) then
      return "held", rule.held
    end
    if fate == "transmitted" and is_error(value) then
      return "returned", "dropped"
    elseif not how and value and rule.values then
      local said = string.lower(value)
      local is_judge = false
      for _, of in pairs(rule.values) do
        is_judge = is_judge or of == "dropped"
      end
      if is_judge and not PASSES[said] then
        return "returned", REFUSES[said] and "dropped" or "unknown"
      end
    end
    return how, fate
  end

  -- What is known after an event, if it is the last. `how` is nil, "seen", "held" or "returned".
  local function state_of(event, how, fate)
    local kind = event.kind
    local is_note = kind ~= "enter" and kind ~= "leave" and kind ~= "function"
    return {
      func = event.func, is_return = kind == "leave", is_note = is_note, how = how, fate = fate,
      rule = rule_of(event.func),
    }
  end

  local function transmits(func)
    local rule = rule_of(func)
    return rule.seen == "transmitted" or rule.returned == "transmitted"
  end

  -- A packet that was dropped lives on, if it is seen after that in a function that shows it, and was not handling it.
  local function revive(search, event)
    local dropped, rule = search.dropped, rule_of(event.func)
    if not dropped or not (event.kind == "enter" or not dropped.by[event.func]) then
      return
    end
    if event.kind == "leave" then
      if rule.returned == "transmitted" then
        search.dropped = nil
      end
    elseif rule.seen == "transmitted" or rule.revives then
      search.dropped = nil
    end
  end

  local function search_driver(search, event)
    local now = search.now
    if now.how == "returned" and now.fate == "dropped" then
      return
    elseif (now.how == "seen" or now.how == "returned") and now.fate == "transmitted" then
      search.now = state_of(event, now.how, now.fate)
    elseif transmits(now.func) then
      search.now = state_of(event, "seen", "transmitted")
    else
      search.now = state_of(event)
    end
  end

  -- Any event in a function but a leave.
  local function search_see(search, frame, event)
    local now, kind, func, open = search.now, event.kind, event.func, search.calls.open
    local rule = rule_of(func)
    if kind ~= "enter" and kind ~= "function" and now.how == "returned" then
      local is_around = #open == 0
      for _, call in ipairs(open) do
        is_around = is_around or call.func == func
      end
      if is_around then
        return
      end
    end
    local how = rule.seen and "seen" or rule.held and "held" or nil
    local innermost = search.calls.beyond == 0 and open[#open] or nil
    if not how and frame.encoding.revision < 4 and kind == "function" and not event.args
      and (now.how == "seen" or now.how == "returned") and event.line
      and innermost and innermost.file == event.file then
      return
    elseif kind == "data" and now.is_return and #search.before == 0 then
      return
    end
    search.now = state_of(event, how, rule.seen or rule.held)
  end

  local function search_leave(search, event, taken, before)
    local now = search.now
    local how, fate = what_returned(event.func, event.args)
    local is_own = now.func == event.func and not now.is_return
    if now.how == "returned" or now.how == "held" and not is_own
      or now.how == "seen" and now.fate ~= "absorbed" and not is_own
      and not (how == "returned" and fate == "dropped") and not (now.is_note and fate == now.fate) then
      return
    elseif how then
      search.now = state_of(event, how, fate)
    elseif before and before.func then
      search.now = before
    elseif taken.depth == 0 and not now.is_return then
      search.now = state_of(event)
    end
  end

  -- Takes the next event, oldest first.
  local function search_take(search, frame, event)
    local taken = take_call(frame, search.calls, event)
    local count = #search.before
    for _ = 1, taken.closes - (taken.is_own and 1 or 0) do
      search.before[count] = nil
      count = count - 1
    end
    local before
    if taken.is_own then
      before = search.before[count]
      search.before[count] = nil
    end
    if taken.opens then
      search.before[#search.before + 1] = search.now
    end
    local reason = drop_reason(frame, event)
    if reason then
      local func, by = event.func or function_at(search.calls, event), {}
      for _, call in ipairs(search.calls.open) do
        if call.func then
          by[call.func] = true
        end
      end
      if func then
        by[func] = true
      end
      local drops = rule_of(func).drops
      local fate = drops and drops[reason] or "dropped"
      search.dropped = { fate = fate, func = func, reason = reason, errno = event.errno, by = by }
      search.now = { func = func, rule = NO_RULE }
      return
    end
    local now = search.now
    if not event.func then
      if now.is_return and not now.how and event.kind ~= "data" and event.kind ~= "unknown" then
        search.now = { rule = NO_RULE }
      end
      return
    elseif rule_of(event.func).helper then
      return
    end
    revive(search, event)
    if is_of_driver(event) then
      search_driver(search, event)
    elseif event.kind == "leave" then
      search_leave(search, event, taken, before)
    else
      search_see(search, frame, event)
    end
  end

  function find_end(frame)
    local search = { calls = new_calls(), now = { rule = NO_RULE }, before = {} }
    local count = event_count(frame)
    for step = 1, count do
      search_take(search, frame, event_of(frame, step))
    end
    local _, is_missing = is_incomplete(frame)
    if search.dropped then
      search.dropped.is_missing = is_missing
      return search.dropped
    end
    local now = search.now
    if is_missing then
      return { fate = "unknown", func = now.func, is_missing = true }
    end
    local fate = now.fate or "unknown"
    if now.how == "held" and now.rule.limit then
      local freed_after = count > 0 and age_of(frame, event_of(frame, count)) or nil
      fate = not freed_after and "unknown" or freed_after >= now.rule.limit and "dropped" or fate
    end
    return { fate = fate, func = now.func }
  end
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
