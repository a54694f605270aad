----------------------------------------------------------------------------------------------------------
-- The tree.

-- The deepest nesting of functions that is shown; Wireshark refuses trees that are much deeper.
local DEEPEST = 32
-- The most changed ranges of a snapshot that are shown.
local MOST_CHANGES = 32

local CERTAINTIES = {
  certain = "certain", inherited = "as earlier packets of the interface",
  guessed = "a guess", forced = "by preference",
}

-- How each field is shown: pairs of its name and a function. Those of the trace get our item, those of an event
-- the node of its step or, where the tree is not shown, our item too.
local TRACE_FIELDS, EVENT_FIELDS = {}, {}

local function of_trace(name, show)
  TRACE_FIELDS[#TRACE_FIELDS + 1] = { name, show }
end

-- A text that is found in the whole frame, where it has one.
local function text_of_trace(name, find_text)
  of_trace(name, function(item, tvb, frame)
    local text = find_text(frame)
    if text then
      item:add(field[name], tvb:range(0, 0), clean(text)):set_generated()
    end
  end)
end

local function of_event(name, show)
  EVENT_FIELDS[#EVENT_FIELDS + 1] = { name, show }
end

of_trace("revision", function(item, tvb, frame, certainty)
  local encoding = frame.encoding
  item:add(field.revision, tvb:range(0, 0), encoding.revision)
    :append_text(format(" (%s%s)", encoding.little and "little-endian, " or "", CERTAINTIES[certainty]))
    :set_generated()
end)
of_trace("revision_guessed", function(item, tvb, _, certainty)
  item:add(field.revision_guessed, tvb:range(0, 0), certainty == "guessed"):set_generated()
end)
of_trace("order", function(item, tvb, frame)
  item:add(field.order, tvb:range(0, 0), frame.oldest_first and "oldest_first" or "newest_first"):set_generated()
end)
of_trace("count", function(item, tvb, frame)
  item:add(field.count, tvb:range(0, min(frame.size, 2)), frame.announced)
end)
text_of_trace("path", path_of)
text_of_trace("last_function", last_function)
text_of_trace("fate", function(frame)
  return end_of(frame).fate
end)
text_of_trace("end_function", function(frame)
  local ending = end_of(frame)
  return (not ending.is_missing or ending.reason) and ending.func
end)
text_of_trace("drop", function(frame)
  local ending = end_of(frame)
  return ending.fate == "dropped" and ending.reason
end)
of_trace("flags", function(item, tvb, frame)
  if frame.header then
    item:add(field.flags, tvb:range(frame.header.at + FRAME_HEADER.flags, 2))
  end
end)
of_trace("incomplete", function(item, tvb, frame)
  local header, incomplete = frame.header, is_incomplete(frame)
  if header then
    item:add(field.incomplete, tvb:range(header.at + FRAME_HEADER.flags, 2), incomplete)
  elseif incomplete then
    item:add(field.incomplete, tvb:range(0, 0), true):set_generated()
  end
end)
for _, name in ipairs({ "packet_id", "parent_id" }) do
  of_trace(name, function(item, tvb, frame)
    local range = frame.header and tvb:range(frame.header.at + FRAME_HEADER[name], 8)
    if range and range:uint64() ~= UInt64(0) then
      item:add(field[name], range)
    end
  end)
end
of_trace("lost", function(item, tvb, frame)
  if frame.header then
    item:add(field.lost, tvb:range(frame.header.at + FRAME_HEADER.lost, 4))
  end
end)

of_event("wire_index", function(node, tvb, event)
  node:add(field.wire_index, tvb:range(event.start, 0), event.place - 1):set_generated()
end)
of_event("kind", function(node, tvb, event)
  node:add(field.kind, tvb:range(event.start, 0), event.kind):set_generated()
end)
of_event("length", function(node, tvb, event)
  -- The snapshot of revision 1 takes what is left; no record says its length.
  if event.has_record then
    node:add(field.length, tvb:range(event.start, 2), event.length + event.missing)
  end
end)
of_event("record_type", function(node, tvb, event)
  if event.code then
    node:add(field.record_type, tvb:range(event.start + 2, 2), event.code)
  end
end)
of_event("age", function(node, tvb, event)
  local range = event.header and tvb:range(event.header + EVENT_HEADER.age, 8)
  if range and range:uint64() ~= AGE_NONE then
    node:add(field.age, range):append_text(" ns before the capture time")
  end
end)
of_event("thread", function(node, tvb, event, frame)
  local at = event.header and event.header + EVENT_HEADER.thread
  if at and u32(frame.raw, at) ~= EVENT_HEADER.thread_none then
    node:add(field.thread, tvb:range(at, 4))
  end
end)
of_event("vnet", function(node, tvb, event)
  if event.header then
    node:add(field.vnet, tvb:range(event.header + EVENT_HEADER.vnet, 4))
  end
end)
of_event("cpu", function(node, tvb, event, frame)
  local at = event.header and event.header + EVENT_HEADER.cpu
  if at and u16(frame.raw, at) ~= EVENT_HEADER.cpu_none then
    node:add(field.cpu, tvb:range(at, 2))
  end
end)
of_event("event_flags", function(node, tvb, event)
  if event.header then
    node:add(field.event_flags, tvb:range(event.header + EVENT_HEADER.flags, 2))
  end
end)
of_event("data", function(node, tvb, event)
  local data = data_of(event)
  if data then
    local item = node:add(field.data, tvb:range(event.data_at, event.data_length), clean(data))
    -- Of revision 4, it is put together from several fields.
    if event.header then
      item:set_generated()
    end
  end
end)
of_event("text", function(node, tvb, event)
  local text = text_of(event)
  if event.text then
    node:add(field.text, tvb:range(event.text_at, #text), clean(text))
  elseif text then
    node:add(field.text, tvb:range(event.data_at, event.data_length), clean(text)):set_generated()
  end
end)
of_event("file", function(node, tvb, event)
  if event.line then
    node:add(field.file, tvb:range(event.file_at, #event.file), clean(event.file))
  end
end)
of_event("line", function(node, tvb, event)
  if event.line then
    node:add(field.line, tvb:range(event.line_at, event.line_digits or 4), event.line)
  end
end)
of_event("func", function(node, tvb, event)
  local func = event.func
  if func then
    node:add(field.func, tvb:range(event.func_at, #func), clean(func))
  end
end)
of_event("args", function(node, tvb, event)
  if event.args then
    node:add(field.args, tvb:range(event.args_at, #event.args), clean(event.args))
  end
end)
of_event("origin", function(node, tvb, event)
  if event.origin then
    node:add(field.origin, tvb:range(event.origin_at, 2))
  end
end)
of_event("errno", function(node, tvb, event)
  if event.errno then
    node:add(field.errno, tvb:range(event.errno_at, 2))
  end
end)
of_event("link_type", function(node, tvb, event, frame)
  if event.kind ~= "data" then
    return
  end
  local link, told = link_of(frame, event), event.packet_length_at
  local range = told and tvb:range(told + SNAPSHOT.link_type - SNAPSHOT.packet_length, 2)
    or tvb:range(event.bytes_at, 0)
  local item = node:add(field.link_type, range, link):append_text(format(" (%s)", link_name(link)))
  if not told then
    item:set_generated()
  end
end)
of_event("packet_length", function(node, tvb, event)
  if event.packet_length_at then
    node:add(field.packet_length, tvb:range(event.packet_length_at, 4))
  end
end)
of_event("bytes", function(node, tvb, event)
  if event.kind == "data" then
    node:add(field.bytes, tvb:range(event.bytes_at, event.bytes_length))
  elseif event.kind == "unknown" then
    node:add(field.bytes, tvb:range(event.at, event.length))
  end
end)
of_event("snapshot_changed", function(node, tvb, event)
  if event.changed ~= nil then
    node:add(field.snapshot_changed, tvb:range(event.bytes_at, event.bytes_length), event.changed):set_generated()
  end
end)

-- Which fields are asked for: all where the tree is shown, otherwise those that a filter or a column names.
local function plan_for(tree, visible)
  local function chosen(fields)
    local list = {}
    for _, pair in ipairs(fields) do
      if visible or tree:referenced(field[pair[1]]) then
        list[#list + 1] = pair[2]
      end
    end
    return list
  end
  return {
    visible = visible,
    trace = chosen(TRACE_FIELDS),
    event = chosen(EVENT_FIELDS),
    step = visible or tree:referenced(field.step),
    fault = visible or tree:referenced(field.fault),
  }
end

-- Expert information for whatever is wrong. Here nothing is lazy: a fault is never passed over in silence.
local function show_faults(frame, tvb, item, plan)
  for _, fault in ipairs(frame.faults) do
    local text = sentence(fault)
    local at = min(fault.offset, frame.size)
    local range = tvb:range(at, frame.size - at)
    if fault.record and frame.records then
      range = tvb:range(at, min(frame.records.header, frame.size - at))
    end
    local target = item
    if plan and plan.fault then
      target = item:add(field.fault, range, fault.name):append_text(": " .. text):set_generated()
    end
    target:add_proto_expert_info(expert_info[fault.name], text)
  end
end

-- One line that says what an event says.
local function describe(frame, event)
  local words = { format("Step %d: %s", event.step, event.kind) }
  if event.kind == "data" then
    words[#words + 1] = format(", %s, %s", link_name(link_of(frame, event)), counted(event.bytes_length, "byte"))
    if is_cut(frame, event) then
      words[#words + 1] = format(" of %d", whole_length(frame, event))
    end
    if event.same_as then
      words[#words + 1] = format(", identical to step %d", event.same_as.step)
    elseif event.changed then
      words[#words + 1] = format(", changed since step %d", event.before.step)
    end
  elseif event.kind == "unknown" then
    words[#words + 1] = event.code and format(" 0x%04x, %s", event.code, counted(event.length, "byte"))
  elseif event.kind == "start" then
    words[#words + 1] = format(" %s %s", ORIGIN[event.origin] or event.origin, display(event.text))
  elseif event.kind == "drop" then
    words[#words + 1] = " " .. display(event.text) .. (event.errno and format(" (errno %d)", event.errno) or "")
  elseif event.kind ~= "position" then
    local text = display(text_of(event))
    words[#words + 1] = " " .. (SIGNS[event.kind] and match(text, "^[+-]?(.*)$") or text)
  end
  if event.func and not (SIGNS[event.kind] and event.func) then
    words[#words + 1] = " in " .. display(event.func)
  end
  if event.line then
    words[#words + 1] = format(" at %s:%d", display(event.file), event.line)
  end
  if event.missing > 0 then
    words[#words + 1] = format(", %s cut by the capture", counted(event.missing, "byte"))
  end
  return concat(words)
end

-- The first bytes in hexadecimal.
local function hex(raw, at, length)
  local shown = min(length, 16)
  local digits = string.gsub(sub(raw, at + 1, at + shown), ".", function(letter)
    return format("%02x", byte(letter))
  end)
  return shown < length and digits .. "…" or digits
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
    local first, length = changed.at - event.bytes_at, changed.length
    local where = length == 1 and format("byte %d", first) or format("bytes %d to %d", first, first + length - 1)
    node:add(tvb:range(changed.at, length), format("Changed: %s, from %s to %s", where,
      hex(frame.raw, changed.old, length), hex(frame.raw, changed.at, length))):set_generated()
  end
  if more then
    node:add(tvb:range(event.bytes_at, event.bytes_length), "More bytes have changed"):set_generated()
  elseif longer ~= 0 then
    node:add(tvb:range(event.bytes_at, event.bytes_length),
      format("%s %s than before", counted(math.abs(longer), "byte"), longer < 0 and "shorter" or "longer"))
      :set_generated()
  end
end

-- All events, oldest first or as they lie in the packet. Gives the nodes of the steps, where the tree is shown.
local function show_events(frame, tvb, item, plan)
  local fields, visible, with_step = plan.event, plan.visible, plan.step
  local count, nodes = event_count(frame), {}
  local first, last, direction = 1, count, 1
  local opens, closes = "enter", "leave"
  if setting.wire_order and not frame.oldest_first then
    first, last, direction = count, 1, -1
    -- Seen backwards, functions begin with their end.
    opens, closes = closes, opens
  end
  if not (visible or with_step or fields[1]) then
    return nodes
  end
  local parents, depth, node = { [0] = item }, 0, item
  for step = first, last, direction do
    local event = event_of(frame, step)
    if visible then
      local kind = event.kind
      if kind == closes and depth > 0 then
        depth = depth - 1
      end
      local header = event.has_record and frame.records.header or 0
      node = parents[min(depth, DEEPEST)]:add(field.step, tvb:range(event.start, header + event.length), step)
      node:set_text(describe(frame, event))
      nodes[step] = node
      if kind == opens then
        depth = depth + 1
        if depth <= DEEPEST then
          parents[depth] = node
        end
      end
    elseif with_step then
      item:add(field.step, tvb:range(event.start, 0), step)
    end
    for place = 1, #fields do
      fields[place](node, tvb, event, frame)
    end
    if visible and event.changed then
      show_changes(frame, event, tvb, node)
    end
  end
  return nodes
end
