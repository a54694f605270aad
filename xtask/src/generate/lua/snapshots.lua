----------------------------------------------------------------------------------------------------------
-- Snapshots.

local ethernet = Dissector.get("eth_withoutfcs")
local ip, ipv6 = Dissector.get("ip"), Dissector.get("ipv6")

-- What a snapshot begins with, as a LINKTYPE_ number. Revision 4 says it itself and is believed.
local function link_of(frame, event)
  local link = event.resolved_link
  if not link then
    link = event.link
    if not event.packet_length_at then
      if setting.link == "ip" then
        link = LINK_TYPE.raw_ip
      elseif setting.link == "auto"
        and starts_with_ip(frame.raw, event.bytes_at, event.bytes_length, event.bytes_length + event.missing)
      then
        link = LINK_TYPE.raw_ip
      end
    end
    event.resolved_link = link
  end
  return link
end

local function bytes_of(frame, event)
  return sub(frame.raw, event.bytes_at + 1, event.bytes_at + event.bytes_length)
end

-- The snapshots of a frame, oldest first. Of the other events none is read.
local function snapshots_of(frame)
  local snapshots, count = {}, event_count(frame)
  if count == 0 then
    return snapshots
  end
  local types, known, behind = frame.records.types, SNAPSHOT_TYPES[frame.encoding.revision], frame.snapshot_behind
  local first, direction = frame.last, -1
  if frame.oldest_first then
    first, direction = frame.first, 1
  end
  for step = 1, count do
    local place = first + (step - 1) * direction
    if place == behind or known[types[place]] then
      local event = read_event(frame, place)
      if event.kind == "data" then
        event.step = step
        snapshots[#snapshots + 1] = event
      end
    end
  end
  return snapshots
end

-- Whether two snapshots with the same bytes begin with the same, too.
local function links_agree(frame, one, other)
  local both_say_it = one.packet_length_at and other.packet_length_at
  local none_says_it = not one.packet_length_at and not other.packet_length_at
  return none_says_it or both_say_it and one.link == other.link or link_of(frame, one) == link_of(frame, other)
end

-- Whether two snapshots are the same, in their bytes and in what these begin with. Nil where they agree as far as
-- the capture kept both.
local function are_same(frame, one, other)
  if one.bytes_length + one.missing ~= other.bytes_length + other.missing then
    return false
  end
  local raw, common = frame.raw, min(one.bytes_length, other.bytes_length)
  if sub(raw, one.bytes_at + 1, one.bytes_at + common) ~= sub(raw, other.bytes_at + 1, other.bytes_at + common) then
    return false
  elseif one.missing > 0 or other.missing > 0 then
    return nil
  end
  return links_agree(frame, one, other)
end

-- Finds out how the snapshots of a frame compare, oldest first: whether each has changed since the one `before` it,
-- and which earlier one it is identical to (`same_as`).
local function compare_snapshots(frame, snapshots)
  -- Of three and more, the first of each sort, by their bytes.
  local firsts = #snapshots > 2 and {}
  for place, event in ipairs(snapshots) do
    local before = snapshots[place - 1]
    local same
    if before then
      same = are_same(frame, event, before)
      event.before = before
      if same ~= nil then
        event.changed = not same
      end
    end
    if same then
      event.same_as = before.same_as or before
    elseif firsts and event.missing == 0 then
      local bytes = bytes_of(frame, event)
      local alike = firsts[bytes] or {}
      firsts[bytes] = alike
      -- Several with the same bytes and other links are rare, and few are enough.
      for _, other in ipairs(alike) do
        if links_agree(frame, event, other) then
          event.same_as = other
          break
        end
      end
      if not event.same_as then
        alike[#alike + 1] = event
      end
    end
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
  if link == LINK_TYPE.raw_ip and old_link == LINK_TYPE.ethernet then
    old = min(old + 14, old_finish)
  elseif link == LINK_TYPE.ethernet and old_link == LINK_TYPE.raw_ip then
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

local LINK_NAMES = { [LINK_TYPE.ethernet] = "Ethernet", [LINK_TYPE.raw_ip] = "IP" }

local function link_name(link)
  return LINK_NAMES[link] or format("link type %d", link)
end

-- Where the headers of a snapshot end: Ethernet, IP, and TCP, UDP or ICMP, those of a fragment with IP. Nil where
-- they are not all there, or are others. The second result tells that a quoted packet has to end there.
--
-- Wireshark puts a fragment together with the others even if it is quoted, and then leaves out the one that counts.
-- What UDP carries it hangs beside our item, where statistics count it, unless the tree is shown.
local function headers_end(raw, at, finish, link)
  local ethertype
  if link == LINK_TYPE.ethernet then
    at = at + 14
    if at > finish then
      return nil
    end
    ethertype = u16(raw, at - 2)
    while (ethertype == 0x8100 or ethertype == 0x88a8) and at + 4 <= finish do
      ethertype, at = u16(raw, at + 2), at + 4
    end
  elseif at < finish then
    local version = byte(raw, at + 1)
    ethertype = version >= 0x60 and version <= 0x6f and 0x86dd or 0x0800
  end
  local protocol, is_fragment
  if ethertype == 0x0800 and at + 20 <= finish then
    is_fragment = u16(raw, at + 6) % 0x4000 ~= 0
    protocol, at = byte(raw, at + 10), at + byte(raw, at + 1) % 16 * 4
  elseif ethertype == 0x86dd and at + 40 <= finish then
    protocol, at = byte(raw, at + 7), at + 40
    -- Hop-by-hop options, routing and destination options; behind these, the header of a fragment.
    while (protocol == 0 or protocol == 43 or protocol == 60) and at + 2 <= finish do
      protocol, at = byte(raw, at + 1), at + 8 + byte(raw, at + 2) * 8
    end
    if protocol == 44 then
      is_fragment, at = true, at + 8
    end
  elseif ethertype == 0x0806 and at + 28 <= finish then
    return at + 28
  end
  if is_fragment then
    return at <= finish and at or nil, true
  elseif protocol == 6 and at + 20 <= finish then
    at = at + (byte(raw, at + 13) - byte(raw, at + 13) % 16) / 4
  elseif protocol == 17 or protocol == 1 or protocol == 58 then
    at = at + 8
  else
    return nil
  end
  return at <= finish and at or nil, protocol == 17
end

-- Whether this Wireshark can be told that a packet is only quoted: then TCP analysis, conversations and
-- statistics pass over it, and nobody complains that it is short. From 4.2 on; found out with the first packet.
local can_quote

-- What dissects a snapshot, if anything does. IPv6 goes to its own dissector: on the way through that of IPv4 it
-- would count as a layer of both.
local function dissector_of(frame, event)
  local link = link_of(frame, event)
  if link == LINK_TYPE.ethernet then
    return ethernet
  elseif link == LINK_TYPE.raw_ip then
    local first = byte(frame.raw, event.bytes_at + 1)
    return first and first - first % 16 == 0x60 and ipv6 or ip
  end
end

-- Hands a snapshot to Wireshark's own dissector, and tells whether there was one. What goes wrong in there must
-- not end our own work.
--
-- Of a snapshot that the capture cut, only the headers are dissected, and quoted: Lua cannot tell Wireshark that
-- there was more, so whatever missed a byte would be called malformed.
local function dissect_snapshot(frame, event, tvb, pinfo, tree, root, quoted)
  local dissector, length = dissector_of(frame, event), event.bytes_length
  if event.missing > 0 and not setting.all_snapshots then
    local finish = can_quote and headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link_of(frame, event))
    length, quoted = finish and finish - event.bytes_at or 0, true
  elseif quoted and can_quote then
    local finish, ends_there = headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link)
    length = finish and ends_there and finish - event.bytes_at or length
  end
  if not dissector or length == 0 then
    return false
  end
  quoted = quoted and can_quote
  local before = quoted and pinfo.in_error_pkt
  if quoted then
    pinfo.in_error_pkt = true
  end
  local bytes = tvb:range(event.bytes_at, length)
  local good, problem = pcall(dissector.call, dissector, bytes:tvb(), pinfo, tree)
  if quoted then
    pinfo.in_error_pkt = before
  end
  if not good then
    root:add_tvb_expert_info(expert_info.snapshot_failed, bytes,
      format("step %d: %s", event.step, display(tostring(problem))))
  end
  return true
end
