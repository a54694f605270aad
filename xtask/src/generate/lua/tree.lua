----------------------------------------------------------------------------------------------------------
-- The tree.

-- The deepest nesting of functions that is shown; Wireshark refuses trees that are much deeper.
local DEEPEST = 32
-- The most changed ranges of a snapshot that are shown.
local MOST_CHANGES = 32

-- Which fields are asked for: all where the tree is shown, otherwise those that a filter or a column names.
local ALL_FIELDS = setmetatable({}, { __index = function() return true end })

local function asked_for(tree)
  return setmetatable({}, {
    __index = function(known, name)
      local answer = tree:referenced(field[name])
      known[name] = answer
      return answer
    end,
  })
end

local CERTAINTIES = {
  certain = "certain", inherited = "as earlier packets of the interface",
  guessed = "a guess", forced = "by preference",
}

-- What holds for the whole trace.
local function show_trace(frame, certainty, tvb, item, want)
  local function generated(name, value, range)
    if want[name] then
      return item:add(field[name], range or tvb:range(0, 0), value):set_generated()
    end
  end
  local encoding = frame.encoding
  local shown = generated("revision", encoding.revision)
  if shown then
    shown:append_text(format(" (%s%s)", encoding.little and "little-endian, " or "", CERTAINTIES[certainty]))
  end
  generated("revision_guessed", certainty == "guessed")
  generated("order", frame.oldest_first and "oldest_first" or "newest_first")
  if want.count then
    item:add(field.count, tvb:range(0, min(frame.size, 2)), frame.announced)
  end
  if want.path then
    local path = path_of(frame)
    if path then
      generated("path", clean(path))
    end
  end
  if want.last_function then
    local func = last_function(frame)
    if func then
      generated("last_function", clean(func))
    end
  end
  local header = frame.header
  if header then
    local at = header.at
    if want.flags then
      item:add(field.flags, tvb:range(at + FRAME_HEADER.flags, 2))
    end
    if want.incomplete then
      item:add(field.incomplete, tvb:range(at + FRAME_HEADER.flags, 2), has_flag(header.flags, FLAG.incomplete))
    end
    for _, name in ipairs({ "packet_id", "parent_id" }) do
      local range = tvb:range(at + FRAME_HEADER[name], 8)
      if want[name] and range:uint64() ~= UInt64(0) then
        item:add(field[name], range)
      end
    end
    if want.lost then
      item:add(field.lost, tvb:range(at + FRAME_HEADER.lost, 4))
    end
  end
end

-- Expert information for whatever is wrong. Here nothing is lazy: a fault is never passed over in silence.
local function show_faults(frame, tvb, item, want)
  for _, fault in ipairs(frame.faults) do
    local text = sentence(fault)
    local at = min(fault.offset, frame.size)
    local range = tvb:range(at, frame.size - at)
    if fault.record and frame.records then
      range = tvb:range(at, min(frame.records.header, frame.size - at))
    end
    local target = item
    if want.fault then
      target = item:add(field.fault, range, fault.name):append_text(": " .. text):set_generated()
    end
    target:add_proto_expert_info(expert_info[fault.name], text)
  end
end

-- One line that says what an event says.
local function describe(frame, event)
  local words = { format("Step %d: %s", event.step, event.kind) }
  if event.kind == "data" then
    words[#words + 1] = format(", %s, %d bytes", link_name(link_of(frame, event)), event.bytes_length)
    if event.same_as then
      words[#words + 1] = format(", identical to step %d", event.same_as.step)
    elseif event.changed then
      words[#words + 1] = format(", changed since step %d", event.before.step)
    end
  elseif event.kind == "unknown" then
    words[#words + 1] = event.code and format(" 0x%04x, %d bytes", event.code, event.length)
  elseif event.kind == "start" then
    words[#words + 1] = format(" %s %s", ORIGIN[event.origin] or event.origin, clean(event.text))
  elseif event.kind == "drop" then
    words[#words + 1] = " " .. clean(event.text) .. (event.errno and format(" (errno %d)", event.errno) or "")
  elseif event.kind ~= "position" then
    local text = clean(text_of(event))
    words[#words + 1] = " " .. (SIGNS[event.kind] and match(text, "^[+-]?(.*)$") or text)
  end
  if event.func and not (SIGNS[event.kind] and event.func) then
    words[#words + 1] = " in " .. clean(event.func)
  end
  if event.line then
    words[#words + 1] = format(" at %s:%d", clean(event.file), event.line)
  end
  if event.missing > 0 then
    words[#words + 1] = format(", %d bytes cut by the capture", event.missing)
  end
  return concat(words)
end

-- Which bytes of a snapshot have changed. Only where the tree is shown.
local function show_changes(frame, event, tvb, node)
  local before = event.before
  if link_of(frame, event) ~= link_of(frame, before) then
    node:add(tvb:range(event.bytes_at, event.bytes_length),
      format("Begins with %s, before with %s", link_name(link_of(frame, event)), link_name(link_of(frame, before))))
      :set_generated()
  end
  local ranges, more, longer = changed_ranges(frame, event, MOST_CHANGES)
  for _, changed in ipairs(ranges) do
    local first = changed.at - event.bytes_at
    local shown = min(changed.length, 16)
    local etc = shown < changed.length and "…" or ""
    node:add(tvb:range(changed.at, changed.length), format("Changed: bytes %d to %d, %s%s before",
      first, first + changed.length - 1, tostring(tvb:range(changed.old, shown):bytes()), etc)):set_generated()
  end
  if more then
    node:add(tvb:range(event.bytes_at, event.bytes_length), "More bytes have changed"):set_generated()
  elseif longer ~= 0 then
    node:add(tvb:range(event.bytes_at, event.bytes_length),
      format("%d bytes %s than before", longer < 0 and -longer or longer, longer < 0 and "shorter" or "longer"))
      :set_generated()
  end
end

-- An event's fields, below the node of its step or, where the tree is not shown, straight below ours.
local function show_fields(frame, event, tvb, node, want)
  local function text(name, value, at, length)
    if want[name] then
      return node:add(field[name], tvb:range(at, length or #value), clean(value))
    end
  end
  if want.wire_index then
    node:add(field.wire_index, tvb:range(event.start, 0), event.place - 1):set_generated()
  end
  if want.kind then
    node:add(field.kind, tvb:range(event.start, 0), event.kind):set_generated()
  end
  local record = event.place ~= frame.snapshot_behind
  if want.length and record then
    node:add(field.length, tvb:range(event.start, 2), event.length + event.missing)
  end
  if want.record_type and event.code then
    node:add(field.record_type, tvb:range(event.start + 2, 2), event.code)
  end

  local header = event.header
  if header then
    if want.age and tvb:range(header + EVENT_HEADER.age, 8):uint64() ~= AGE_NONE then
      node:add(field.age, tvb:range(header + EVENT_HEADER.age, 8)):append_text(" ns before the capture time")
    end
    if want.thread and u32(frame.raw, header + EVENT_HEADER.thread) ~= EVENT_HEADER.thread_none then
      node:add(field.thread, tvb:range(header + EVENT_HEADER.thread, 4))
    end
    if want.vnet then
      node:add(field.vnet, tvb:range(header + EVENT_HEADER.vnet, 4))
    end
    if want.cpu and u16(frame.raw, header + EVENT_HEADER.cpu) ~= EVENT_HEADER.cpu_none then
      node:add(field.cpu, tvb:range(header + EVENT_HEADER.cpu, 2))
    end
    if want.event_flags then
      node:add(field.event_flags, tvb:range(header + EVENT_HEADER.flags, 2))
    end
  end

  if event.data_at then
    if want.data then
      local data = data_of(event)
      if data then
        -- Of revision 4, it is put together from several fields.
        local item = text("data", data, event.data_at, event.data_length)
        if header then
          item:set_generated()
        end
      end
    end
    if want.text then
      local words = text_of(event)
      if words then
        local at = event.text_at or event.data_at
        local item = text("text", words, at, event.text and #words or event.data_at + event.data_length - at)
        if not event.text then
          item:set_generated()
        end
      end
    end
  end
  if event.line then
    text("file", event.file, event.file_at)
    if want.line then
      node:add(field.line, tvb:range(event.line_at, event.line_digits or 4), event.line)
    end
  end
  if event.func then
    text("func", event.func, event.func_at)
  end
  if event.args then
    text("args", event.args, event.args_at)
  end
  if event.origin and want.origin then
    node:add(field.origin, tvb:range(event.origin_at, 2))
  end
  if event.errno and want.errno then
    node:add(field.errno, tvb:range(event.errno_at, 2))
  end
  if event.kind == "data" then
    if want.link_type then
      local item = node:add(field.link_type, tvb:range(event.packet_length_at and event.packet_length_at - 4 or event.bytes_at,
        event.packet_length_at and 2 or 0), link_of(frame, event))
      item:append_text(format(" (%s)", link_name(link_of(frame, event))))
      if not event.packet_length_at then
        item:set_generated()
      end
    end
    if event.packet_length_at and want.packet_length then
      node:add(field.packet_length, tvb:range(event.packet_length_at, 4))
    end
    if want.bytes then
      node:add(field.bytes, tvb:range(event.bytes_at, event.bytes_length))
    end
    if event.before and want.snapshot_changed then
      node:add(field.snapshot_changed, tvb:range(event.bytes_at, event.bytes_length), event.changed):set_generated()
    end
  elseif event.kind == "unknown" and want.bytes then
    node:add(field.bytes, tvb:range(event.at, event.length))
  end
end

-- All events, oldest first or as they lie in the packet. Gives the nodes of the steps, where the tree is
-- shown.
local function show_events(frame, tvb, item, want, visible)
  local count, first = event_count(frame), 1
  if count == 0 then
    return {}
  end
  local last, direction = count, 1
  local opens, closes = "enter", "leave"
  if setting.wire_order and not frame.oldest_first then
    first, last, direction = count, 1, -1
    -- Seen backwards, functions begin with their end.
    opens, closes = closes, opens
  end
  local nodes, parents, depth = {}, { [0] = item }, 0
  for step = first, last, direction do
    local event = event_of(frame, step)
    local node = item
    if visible then
      if event.kind == closes and depth > 0 then
        depth = depth - 1
      end
      local record = event.place ~= frame.snapshot_behind and frame.records.header or 0
      node = parents[min(depth, DEEPEST)]:add(field.step, tvb:range(event.start, record + event.length), step)
      node:set_text(describe(frame, event))
      nodes[step] = node
      if event.kind == opens then
        depth = depth + 1
        if depth <= DEEPEST then
          parents[depth] = node
        end
      end
    elseif want.step then
      item:add(field.step, tvb:range(event.start, 0), step)
    end
    show_fields(frame, event, tvb, node, want)
    if visible and event.changed then
      show_changes(frame, event, tvb, node)
    end
  end
  return nodes
end
