----------------------------------------------------------------------------------------------------------
-- The dissector.

-- Which interface a packet is of. Wireshark has the number only as a field, and only where there is one.
local interface_field, section_field = Field.new("frame.interface_id"), nil
do
  local good, section = pcall(Field.new, "frame.section_number")
  section_field = good and section or nil
end

local function interface_of()
  local id = interface_field()
  if not id then
    return 0
  end
  local section = section_field and section_field()
  return section and section.value * 65536 + id.value or id.value
end

-- Wireshark's own bytes view, for what is no trace.
local plain_data = Dissector.get("data")
local own

local function not_a_trace(tvb, pinfo, tree)
  local frame = {}
  note(frame, "not_a_trace", 0, 0, tvb:len())
  local text = sentence(frame.faults[1])
  pinfo.cols.protocol = "USER0"
  pinfo.cols.info = text
  -- Not below our protocol: the filter mbuf_trace is for packets that are one.
  tree:add_tvb_expert_info(expert_info.not_a_trace, tvb:range(0, tvb:len()), text)
  return plain_data:call(tvb, pinfo, tree)
end

-- Hands the snapshots to their dissectors, the primary one last and at the top of the tree. Tells whether
-- there was a primary one.
local function dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  local count = #snapshots
  local primary = snapshots[setting.oldest_is_primary and 1 or count]
  if count > 1 then
    local quoted = 0
    for _, event in ipairs(snapshots) do
      -- One of several that are identical is enough, and the primary one is that for its own.
      if not event.same_as and event ~= primary and primary.same_as ~= event then
        if can_quote or setting.all_snapshots then
          dissect_snapshot(frame, event, tvb, pinfo, nodes[event.step] or item, item, true)
          quoted = quoted + 1
        elseif nodes[event.step] then
          nodes[event.step]:append_text(" (not dissected, see the preference all_snapshots)")
        end
      end
    end
    if quoted > 0 then
      -- What the others left there is not what the packet was in the end.
      pinfo.cols.info:clear_fence()
      pinfo.cols.info:clear()
      pinfo.cols.protocol = "mbuf_trace"
    end
  end
  return dissect_snapshot(frame, primary, tvb, pinfo, tree, item, false)
end

function mbuf_trace.dissector(tvb, pinfo, tree)
  local raw, original = tvb:raw(), tvb:reported_len()
  local size, number, visited = #raw, pinfo.number, pinfo.visited
  if can_quote == nil then
    can_quote = pcall(function() pinfo.in_error_pkt = pinfo.in_error_pkt end)
  end
  local interface = visited and 0 or interface_of()
  local encoding, certainty, records, contradiction =
    decide(raw, size, size < original, number, visited, interface, setting.forced)
  if not encoding then
    return not_a_trace(tvb, pinfo, tree)
  end
  local frame = read_frame(raw, original, encoding, records)

  local visible = tree.visible
  own = own or Dissector.get("mbuf_trace")
  local wanted = visible or tree:referenced(own)
  local want = visible and ALL_FIELDS or wanted and asked_for(tree)
  local item = tree:add(mbuf_trace, tvb:range(0, size))
  local snapshots = snapshot_steps(frame)
  if #snapshots > 1 then
    compare_snapshots(frame, snapshots)
  end

  local nodes = {}
  if wanted then
    show_trace(frame, certainty, tvb, item, want)
  end
  if frame.faults then
    show_faults(frame, tvb, item, want or {})
  end
  if certainty == "guessed" then
    item:add_proto_expert_info(expert_info.revision_guessed,
      format("revision %d is a guess: nothing in this packet or before it made it certain", encoding.revision))
  elseif contradiction then
    item:add_proto_expert_info(expert_info.revision_override, format(
      "read as revision %s by preference, but the packet is certainly one of revision %s",
      REVISION_WORDS[prefs.revision + 1], contradiction.revision .. (contradiction.little and "le" or "")))
  end
  if wanted then
    nodes = show_events(frame, tvb, item, want, visible)
  end
  for _, event in ipairs(snapshots) do
    if event.changed then
      (nodes[event.step] or item):add_proto_expert_info(expert_info.snapshot_changed,
        format("step %d: the packet differs from step %d", event.step, event.before.step))
    end
  end

  local info = pinfo.cols.info
  -- What a column says of itself where it is not shown.
  local info_is_shown = tostring(info) ~= "(info)"
  pinfo.cols.protocol = "mbuf_trace"
  local dissected = snapshots[1] and dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  if info_is_shown then
    if dissected then
      local func = last_function(frame)
      if func then
        info:append(format(" [%s]", clean(func)))
      end
    else
      local path = path_of(frame)
      info:set(path and clean(path) or format("%d events", event_count(frame)))
    end
  end
  if visible then
    local path = path_of(frame)
    item:append_text(format(", revision %d, %d events", encoding.revision, event_count(frame)))
    if path then
      item:append_text(": " .. clean(path))
    end
    if visited and gui_enabled() then
      remember_steps(frame, number)
    end
  end
  if takers > 0 then
    last_seen = { number = number, frame = frame }
  end
  return size
end

-- A new capture, or the same one read anew.
function mbuf_trace.init()
  settled, decided = {}, {}
  last_seen, shown_packet = nil, nil
  read_preferences()
end

read_preferences()
DissectorTable.get("wtap_encap"):add(wtap[LINK_TYPE], mbuf_trace)
