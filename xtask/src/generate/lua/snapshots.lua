----------------------------------------------------------------------------------------------------------
-- Snapshots.

local ethernet = Dissector.get("eth_withoutfcs")
local ip, ipv6, arp = Dissector.get("ip"), Dissector.get("ipv6"), Dissector.get("arp")

-- The length of the whole packet, as far as the record tells it.
local function whole_length(frame, event)
  local told = event.packet_length_at and u32(frame.raw, event.packet_length_at) or 0
  return max(told, event.bytes_length + event.missing)
end

-- What a snapshot begins with, as a LINKTYPE_ number. Revision 4 says it itself and is believed.
local function link_of(frame, event)
  local link = event.resolved_link
  if not link then
    link = event.link
    if not event.packet_length_at then
      if setting.link == "ip" then
        link = LINK_TYPE.raw_ip
      elseif setting.link == "auto" then
        link = recognise(frame.raw, event.bytes_at, event.bytes_length, event.bytes_length + event.missing)
      end
    end
    event.resolved_link = link
  end
  return link
end

-- Whether a snapshot that says no link type is an ARP packet without its Ethernet header.
local function is_bare_arp(frame, event)
  return link_of(frame, event) == LINK_TYPE.no_header
    and starts_with_arp(frame.raw, event.bytes_at, event.bytes_length, whole_length(frame, event))
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

-- Whether the kernel or the capture cut a snapshot.
local function is_cut(frame, event)
  return event.bytes_length < whole_length(frame, event)
end

-- Whether two snapshots are the same, in their bytes and in what these begin with. Nil where they agree as far as
-- both reach, and one of them was cut.
local function are_same(frame, one, other)
  if whole_length(frame, one) ~= whole_length(frame, other) then
    return false
  end
  local raw, common = frame.raw, min(one.bytes_length, other.bytes_length)
  if sub(raw, one.bytes_at + 1, one.bytes_at + common) ~= sub(raw, other.bytes_at + 1, other.bytes_at + common) then
    return false
  elseif is_cut(frame, one) or is_cut(frame, other) then
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
    elseif firsts and not is_cut(frame, event) then
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
-- newer, and whether there are more. Where one begins with the Ethernet header that the other lacks, what follows it
-- is compared. The third result is how much longer the packet is, as far as that is known.
local function changed_ranges(frame, event, most)
  local raw, before = frame.raw, event.before
  local at, old = event.bytes_at, before.bytes_at
  local finish, old_finish = at + event.bytes_length, old + before.bytes_length
  local link, old_link = link_of(frame, event), link_of(frame, before)
  local longer = whole_length(frame, event) - whole_length(frame, before)
  local function without_header(one)
    return link_of(frame, one) == LINK_TYPE.raw_ip or is_bare_arp(frame, one)
  end
  if old_link == LINK_TYPE.ethernet and without_header(event) then
    old, longer = min(old + 14, old_finish), longer + 14
  elseif link == LINK_TYPE.ethernet and without_header(before) then
    at, longer = min(at + 14, finish), longer - 14
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
  return ranges, false, longer
end

local LINK_NAMES = {
  [LINK_TYPE.ethernet] = "Ethernet", [LINK_TYPE.raw_ip] = "IP", [LINK_TYPE.no_header] = "no known header",
}

-- What a link type is called, and what is recognised though it has none.
local function link_name(link)
  return LINK_NAMES[link] or format("link type %d", link)
end

-- The EtherType of what follows an Ethernet header and its VLAN tags, and where that is; nil where they are cut.
local function behind_ethernet(raw, at, finish)
  at = at + 14
  if at > finish then
    return nil
  end
  local ethertype = u16(raw, at - 2)
  while (ethertype == 0x8100 or ethertype == 0x88a8 or ethertype == 0x9100) and at + 4 <= finish do
    ethertype, at = u16(raw, at + 2), at + 4
  end
  return ethertype, at
end

-- Where the headers of a snapshot end: Ethernet, IP, and TCP, UDP or ICMP, those of a fragment with IP. Nil where
-- they are not all there, or are others. The second result tells that a quoted packet has to end there.
--
-- Wireshark puts a fragment together with the others even if it is quoted, and then leaves out the one that counts.
-- What UDP carries it hangs beside our item, where statistics count it, unless the tree is shown.
local function headers_end(raw, at, finish, link)
  local ethertype
  if link == LINK_TYPE.ethernet then
    ethertype, at = behind_ethernet(raw, at, finish)
    if not ethertype then
      return nil
    end
  elseif link == LINK_TYPE.no_header then
    ethertype = 0x0806
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

-- What dissects a snapshot, if anything does, and how many of its bytes. IPv6 goes to its own dissector: on the way
-- through that of IPv4 it would count as a layer of both. What has version 6 and is not IPv6 goes to none, so that no
-- address is made up: behind the EtherType of IPv4, Wireshark would decide for IPv6.
local function dissector_of(frame, event)
  local raw, at, length = frame.raw, event.bytes_at, event.bytes_length
  local link = link_of(frame, event)
  if link == LINK_TYPE.ethernet then
    local ethertype, payload = behind_ethernet(raw, at, at + length)
    local first = ethertype == 0x0800 and payload < at + length and byte(raw, payload + 1) or 0
    return ethernet, first - first % 16 == 0x60 and payload - at or length
  elseif link == LINK_TYPE.raw_ip then
    local first = byte(raw, at + 1)
    local is_version_6 = first and first - first % 16 == 0x60
    if is_version_6 and is_ipv4_of_version_6(raw, at, length) then
      return nil, length
    end
    return is_version_6 and ipv6 or ip, length
  elseif is_bare_arp(frame, event) then
    return arp, length
  end
  return nil, length
end

-- Hands a snapshot to Wireshark's own dissector, and tells whether there was one. What goes wrong in there must
-- not end our own work.
--
-- Of a snapshot that the capture cut, only the headers are dissected, and quoted: Lua cannot tell Wireshark that
-- there was more, so whatever missed a byte would be called malformed.
local function dissect_snapshot(frame, event, tvb, pinfo, tree, root, quoted)
  local dissector, length = dissector_of(frame, event)
  if event.missing > 0 and not setting.all_snapshots then
    local finish = can_quote and headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link_of(frame, event))
    length, quoted = finish and min(finish - event.bytes_at, length) or 0, true
  elseif quoted and can_quote then
    local finish, ends_there = headers_end(frame.raw, event.bytes_at, event.bytes_at + length, link_of(frame, event))
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
