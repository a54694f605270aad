----------------------------------------------------------------------------------------------------------
-- What bytes look like: text, an Ethernet frame, an IP packet, ARP.

local function u16(raw, at)
  local high, low = byte(raw, at + 1, at + 2)
  return high * 256 + low
end

local function u32(raw, at)
  local a, b, c, d = byte(raw, at + 1, at + 4)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- UTF-8 without control characters but white space. The last character may be cut.
local function is_printable(text)
  if not find(text, "[^ -~]") then
    return true
  end
  local at, last = 1, #text
  while at <= last do
    local length, is_cut = utf8_length(text, at, last)
    if not length then
      return is_cut
    end
    local point = code_point(text, at, length)
    if (point < 0x20 or point >= 0x7f and point <= 0x9f) and not (point >= 9 and point <= 13 or point == 0x85) then
      return false
    end
    at = at + length
  end
  return true
end

-- Whether a payload is text as the kernel writes it: printable, not empty, with one NUL at its end.
local function is_text(raw, at, length)
  -- Most text is ASCII: one pattern decides.
  local _, last = find(raw, "^[ -~]+\0", at + 1)
  if last == at + length then
    return true
  end
  return length > 1 and byte(raw, at + length) == 0 and is_printable(sub(raw, at + 1, at + length - 1))
end

-- Length of an Ethernet header without VLAN tags.
local ETHERNET_HEADER = 14

-- IPv4, ARP, IPv6 and the two VLAN tags.
local ETHERTYPES = { [0x0800] = true, [0x0806] = true, [0x86dd] = true, [0x8100] = true, [0x88a8] = true }

local function has_known_ethertype(raw, at, length)
  return length >= ETHERNET_HEADER and ETHERTYPES[u16(raw, at + 12)] or false
end

-- The Internet checksum over bytes that include their own: whether it is right.
local function checksum_is_right(raw, at, length)
  local sum = 0
  for place = at, at + length - 2, 2 do
    sum = sum + u16(raw, place)
  end
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  return sum == 0xffff
end

-- Whether the bytes are consistent as an IPv4 or IPv6 packet from their first one on. `recorded` tells how many
-- there were before the capture cut them.
local function starts_with_ip(raw, at, length, recorded)
  if length < ETHERNET_HEADER then
    return false
  end
  local first, said = byte(raw, at + 1), nil
  if first >= 0x40 and first <= 0x4f then
    local header, total = (first - 0x40) * 4, u16(raw, at + 2)
    -- A total of 0 stands in segments that the card has yet to cut (TSO).
    if header < 20 or header > recorded or total ~= 0 and total < header then
      return false
    end
    if header <= length then
      if checksum_is_right(raw, at, header) then
        return true
      elseif u16(raw, at + 10) ~= 0 then
        return false
      end
    end
    -- A checksum that the card has yet to fill in is 0, and part of the header may be cut off.
    said = total
  elseif first >= 0x60 and first <= 0x6f then
    said = u16(raw, at + 4) + 40
  end
  return said == recorded and not has_known_ethertype(raw, at, length)
end

-- The EtherTypes that are in use, and the LLC headers.
local USED_ETHERTYPES = {}
for _, code in pairs(ETHER_TYPE) do
  USED_ETHERTYPES[code] = true
end
local USED_LLC = {
  ["\xaa\xaa\x03"] = true, ["\x42\x42\x03"] = true, ["\xe0\xe0\x03"] = true, ["\xf0\xf0\x03"] = true,
  ["\xfe\xfe\x03"] = true,
}

-- Whether the bytes, the first of `whole`, are an ARP packet for IPv4 over Ethernet.
local function starts_with_arp(raw, at, length, whole)
  return length >= 8 and whole >= 28 and sub(raw, at + 1, at + 7) == "\0\1\8\0\6\4\0"
    and byte(raw, at + 8) >= 1 and byte(raw, at + 8) <= 9
end

-- Whether everything but the checksum says IPv4, up to the padding of Ethernet.
local function is_ipv4_with_a_wrong_checksum(raw, at, length, recorded)
  if length < ETHERNET_HEADER then
    return false
  end
  local first, total = byte(raw, at + 1), u16(raw, at + 2)
  local header = (first - 0x40) * 4
  return first >= 0x45 and first <= 0x4f and total >= header and length >= header
    and (total == recorded or total < recorded and recorded == 46)
    and not USED_ETHERTYPES[u16(raw, at + 12)]
end

local function starts_with_ethernet(raw, at, length)
  if length < ETHERNET_HEADER then
    return false
  end
  local code = u16(raw, at + 12)
  if code >= 3 and code <= 1500 then
    return length >= 17 and USED_LLC[sub(raw, at + 15, at + 17)]
      or length >= 16 and sub(raw, at + 15, at + 16) == "\xff\xff" or false
  end
  return USED_ETHERTYPES[code] or false
end

-- What the bytes of a snapshot of revisions 1 to 3 begin with, as a LINKTYPE_ number.
local function recognise(raw, at, length, recorded)
  if starts_with_ip(raw, at, length, recorded) then
    return LINK_TYPE.raw_ip
  elseif starts_with_arp(raw, at, length, recorded) then
    return LINK_TYPE.no_header
  elseif is_ipv4_with_a_wrong_checksum(raw, at, length, recorded) then
    return LINK_TYPE.raw_ip
  elseif starts_with_ethernet(raw, at, length) then
    return LINK_TYPE.ethernet
  end
  return LINK_TYPE.no_header
end

-- Whether bytes that have version 6 in the place of IP's version are an IPv4 header all the same: its checksum is
-- right, for them as they are or had they version 4.
local function is_ipv4_of_version_6(raw, at, length)
  local first = length > 0 and byte(raw, at + 1) or 0
  local header = (first - 0x60) * 4
  if first < 0x65 or first > 0x6f or header > length then
    return false
  end
  local sum = 0
  for place = at, at + header - 2, 2 do
    sum = sum + u16(raw, place)
  end
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  sum = sum % 65536 + (sum - sum % 65536) / 65536
  return sum == 0xffff or sum == 0x2000
end

-- Whether the bytes look like a packet that an interface could carry: IP, or Ethernet with a known
-- EtherType or the length of IEEE 802.3. `recorded` is as above.
local function looks_like_a_packet(raw, at, length, recorded)
  if starts_with_ip(raw, at, length, recorded) or has_known_ethertype(raw, at, length) then
    return true
  elseif length < ETHERNET_HEADER then
    return false
  end
  local claimed, rest = u16(raw, at + 12), recorded - ETHERNET_HEADER
  return claimed >= 3 and claimed <= 1500 and claimed <= rest and rest <= 1500
end

-- Whether a payload can be a packet: long enough for a header and not text, odd bytes in it or not.
local function can_be_a_packet(raw, at, length)
  if is_text(raw, at, length) then
    return false
  end
  if length >= ETHERNET_HEADER then
    local _, printable = string.gsub(sub(raw, at + 1, at + length), "[ -~]", "")
    if printable * 4 < length * 3 then
      return true
    end
  end
  return looks_like_a_packet(raw, at, length, length)
end
