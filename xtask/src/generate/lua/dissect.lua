----------------------------------------------------------------------------------------------------------
-- The dissector.

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

-- The snapshot that stands for the packet: the newest, or the oldest by preference, that the capture did not
-- cut, if there is one.
local function primary_of(snapshots)
  local first, last, direction = #snapshots, 1, -1
  if setting.oldest_is_primary then
    first, last, direction = last, first, 1
  end
  for place = first, last, direction do
    if snapshots[place].missing == 0 then
      return snapshots[place]
    end
  end
  return snapshots[first]
end

-- Hands the snapshots to their dissectors, the primary one last and at the top of the tree. Tells whether
-- there was a dissector for that.
local function dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  local primary = primary_of(snapshots)
  local others = false
  for _, event in ipairs(snapshots) do
    -- One of several that are identical is enough, and the primary one is that for its own.
    if event ~= primary and not event.same_as and primary.same_as ~= event then
      if not can_quote and not setting.all_snapshots then
        if nodes[event.step] then
          nodes[event.step]:append_text(" (not dissected: see the preference all_snapshots)")
        end
      else
        others = dissect_snapshot(frame, event, tvb, pinfo, nodes[event.step] or item, item, true) or others
      end
    end
  end
  if others then
    -- What they left in the columns is not what the packet was in the end.
    pinfo.cols.info:clear_fence()
    pinfo.cols.info:clear()
    pinfo.cols.protocol = "mbuf_trace"
  end
  return dissect_snapshot(frame, primary, tvb, pinfo, tree, item, false)
end

-- Outside of the graphical interface, what is asked for does not change between packets, only between the
-- first and the second pass over them.
local remembered = not gui_enabled() and {} or nil

-- What has to be done for this packet: its plan, and whether there are columns.
local function demands(pinfo, tree)
  local pass = pinfo.visited and 2 or 1
  local known = remembered and remembered[pass]
  if known then
    return known
  end
  own = own or Dissector.get("mbuf_trace")
  local visible = tree.visible
  local cols = pinfo.cols
  known = {
    plan = (visible or tree:referenced(own)) and plan_for(tree, visible) or nil,
    -- What a column says of itself where it is not shown.
    columns = tostring(cols.info) ~= "(info)" or tostring(cols.protocol) ~= "(protocol)",
  }
  if remembered then
    remembered[pass] = known
  end
  return known
end

-- Expert information on what is worth knowing, and no fault.
local function show_notes(frame, certainty, contradiction, snapshots, nodes, item)
  if certainty == "guessed" then
    item:add_proto_expert_info(expert_info.revision_guessed, format(
      "revision %d is a guess: nothing in this packet or before it made it certain", frame.encoding.revision))
  elseif contradiction then
    item:add_proto_expert_info(expert_info.revision_override, format(
      "read as revision %s by preference, but the packet is certainly one of revision %s",
      REVISION_WORDS[prefs.revision + 1], contradiction.revision .. (contradiction.little and "le" or "")))
  end
  local lost = lost_of(frame)
  if lost > 0 then
    item:add_proto_expert_info(expert_info.incomplete, counted(lost, "event") .. " lost by the kernel")
  elseif frame.header and has_flag(frame.header.flags, FLAG.incomplete) then
    item:add_proto_expert_info(expert_info.incomplete, "incomplete, the kernel says")
  end
  for place = 1, #snapshots do
    local event = snapshots[place]
    if event.changed then
      (nodes[event.step] or item):add_proto_expert_info(expert_info.snapshot_changed,
        format("step %d: the packet differs from step %d", event.step, event.before.step))
    end
    local whole = event.packet_length_at and u32(frame.raw, event.packet_length_at) or 0
    if whole > event.bytes_length + event.missing then
      (nodes[event.step] or item):add_proto_expert_info(expert_info.snapshot_cut,
        format("step %d: %d of %d bytes of the packet were recorded", event.step, event.bytes_length, whole))
    end
  end
end

-- The inner protocol's columns, followed by the function where it ended; the path where there is no inner protocol.
local function finish_columns(frame, pinfo, dissected)
  local info = pinfo.cols.info
  if dissected then
    local ending = end_of(frame)
    if ending.is_missing and not ending.reason then
      info:append(" [end not recorded]")
    elseif ending.func then
      info:append(format(" [%s in %s]", ending.fate == "unknown" and "last seen" or ending.fate, display(ending.func)))
    end
    if is_incomplete(frame) then
      info:append(" [incomplete]")
    end
  else
    local path = path_of(frame)
    info:set(path and display(path) or counted(event_count(frame), "event"))
  end
end

local NO_NODES = {}

function mbuf_trace.dissector(tvb, pinfo, tree)
  local raw, original = tvb:raw(), tvb:reported_len()
  local size = #raw
  if can_quote == nil then
    can_quote = pcall(function() pinfo.in_error_pkt = pinfo.in_error_pkt end)
  end
  local demand = demands(pinfo, tree)
  local plan, nodes = demand.plan, NO_NODES
  local encoding, certainty, records, contradiction =
    decide(raw, size, original, pinfo, not (plan and plan.visible))
  if not encoding then
    return not_a_trace(tvb, pinfo, tree)
  end
  local frame = read_frame(raw, original, encoding, records)
  local item = tree:add(mbuf_trace, tvb:range(0, size))
  local snapshots = snapshots_of(frame)
  if #snapshots > 1 then
    compare_snapshots(frame, snapshots)
  end

  if plan then
    -- What is known of the snapshots now has to be found with their steps.
    frame.events = {}
    for place = 1, #snapshots do
      frame.events[snapshots[place].step] = snapshots[place]
    end
    for place = 1, #plan.trace do
      plan.trace[place](item, tvb, frame, certainty)
    end
  end
  if frame.faults then
    show_faults(frame, tvb, item, plan)
  end
  if plan then
    nodes = show_events(frame, tvb, item, plan)
  end
  show_notes(frame, certainty, contradiction, snapshots, nodes, item)
  if plan and plan.visible then
    local path = path_of(frame)
    item:append_text(format(", revision %d, %s", encoding.revision, counted(event_count(frame), "event")))
    if path then
      item:append_text(": " .. display(path))
    end
    if not remembered and pinfo.visited then
      remember_steps(frame, pinfo.number)
    end
  end

  if demand.columns then
    pinfo.cols.protocol = "mbuf_trace"
  end
  local dissected = snapshots[1] and dissect_snapshots(frame, snapshots, nodes, tvb, pinfo, tree, item)
  if demand.columns then
    finish_columns(frame, pinfo, dissected)
  end
  if takers > 0 then
    last_seen = { number = pinfo.number, frame = frame }
  end
  return size
end

-- A new capture, or the same one read anew.
function mbuf_trace.init()
  forget_decisions()
  last_seen, shown_packet = nil, nil
  read_preferences()
end

read_preferences()
DissectorTable.get("wtap_encap"):add(wtap[ENCAPSULATION], mbuf_trace)
