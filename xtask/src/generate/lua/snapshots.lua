----------------------------------------------------------------------------------------------------------
-- Snapshots.

local ethernet, ip = Dissector.get("eth_withoutfcs"), Dissector.get("ip")

-- What a snapshot begins with, as a LINKTYPE_ number. Revision 4 says it itself and is believed.
local function link_of(frame, event)
  local link = event.resolved_link
  if not link then
    link = event.link
    if not event.packet_length_at then
      if setting.link == "ip" then
        link = LINK_RAW_IP
      elseif setting.link == "auto" and starts_with_ip(frame.raw, event.bytes_at, event.bytes_length) then
        link = LINK_RAW_IP
      end
    end
    event.resolved_link = link
  end
  return link
end

local function bytes_of(frame, event)
  return sub(frame.raw, event.bytes_at + 1, event.bytes_at + event.bytes_length)
end

-- Whether there can be no event of a kind other than this code's; for finding snapshots without reading
-- every event.
local function snapshot_steps(frame)
  local steps, records, revision = {}, frame.records, frame.encoding.revision
  local count = event_count(frame)
  if count == 0 then
    return steps
  end
  local known = RECORDS[revision]
  for step = 1, count do
    local place = place_of(frame, step)
    local code = records.types[place]
    local declared = known[code]
    if place == frame.snapshot_behind or declared and declared.kind == "data" then
      local event = event_of(frame, step)
      if event.kind == "data" then
        steps[#steps + 1] = event
      end
    end
  end
  return steps
end

-- Finds out how the snapshots of a frame compare, oldest first: whether each has changed since the one
-- before it, and which earlier one it is identical to (`same_as`).
local function compare_snapshots(frame, snapshots)
  local first_with, before, before_bytes = {}, nil, nil
  for _, event in ipairs(snapshots) do
    local bytes = bytes_of(frame, event)
    if before then
      event.before = before
      event.changed = bytes ~= before_bytes or link_of(frame, event) ~= link_of(frame, before)
    end
    local alike = first_with[bytes]
    if not alike then
      alike = {}
      first_with[bytes] = alike
    end
    local link = link_of(frame, event)
    event.same_as = alike[link]
    alike[link] = alike[link] or event
    before, before_bytes = event, bytes
  end
end

-- Which bytes of a snapshot differ from the one before: at most `most` ranges of offset and length within the
-- newer, and whether there are more. Where one begins with the Ethernet header that the other lacks, the
-- IP packets are compared.
local function changed_ranges(frame, event, most)
  local raw, before = frame.raw, event.before
  local at, old = event.bytes_at, before.bytes_at
  local finish, old_finish = at + event.bytes_length, old + before.bytes_length
  local link, old_link = link_of(frame, event), link_of(frame, before)
  if link == LINK_RAW_IP and old_link == LINK_ETHERNET then
    old = min(old + 14, old_finish)
  elseif link == LINK_ETHERNET and old_link == LINK_RAW_IP then
    at = min(at + 14, finish)
  end
  local ranges, length = {}, min(finish - at, old_finish - old)
  local place = 0
  while place < length do
    local block = min(64, length - place)
    if sub(raw, at + place + 1, at + place + block) == sub(raw, old + place + 1, old + place + block) then
      place = place + block
    else
      while byte(raw, at + place + 1) == byte(raw, old + place + 1) do
        place = place + 1
      end
      local start = place
      while place < length and byte(raw, at + place + 1) ~= byte(raw, old + place + 1) do
        place = place + 1
      end
      if #ranges == most then
        return ranges, true
      end
      ranges[#ranges + 1] = { at = at + start, old = old + start, length = place - start }
    end
  end
  return ranges, false, (finish - at) - (old_finish - old)
end

local LINK_NAMES = { [LINK_ETHERNET] = "Ethernet", [LINK_RAW_IP] = "IP" }

local function link_name(link)
  return LINK_NAMES[link] or format("link type %d", link)
end

-- Whether this Wireshark can be told that a packet is only quoted: then TCP analysis, conversations and
-- statistics pass over it. From 4.2 on; found out with the first packet.
local can_quote

-- Hands a snapshot to Wireshark's own dissector. What goes wrong in there must not end our own work.
local function dissect_snapshot(frame, event, tvb, pinfo, tree, root, quoted)
  local link = link_of(frame, event)
  local dissector = link == LINK_ETHERNET and ethernet or link == LINK_RAW_IP and ip
  if not dissector or event.bytes_length == 0 then
    return false
  end
  local before = quoted and can_quote and pinfo.in_error_pkt
  if quoted and can_quote then
    pinfo.in_error_pkt = true
  end
  local bytes = tvb:range(event.bytes_at, event.bytes_length)
  local good, problem = pcall(dissector.call, dissector, bytes:tvb(), pinfo, tree)
  if quoted and can_quote then
    pinfo.in_error_pkt = before
  end
  if not good then
    root:add_tvb_expert_info(expert_info.snapshot_failed, bytes,
      format("step %d: %s", event.step, clean(tostring(problem))))
  end
  return true
end
