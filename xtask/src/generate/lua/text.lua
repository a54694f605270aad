----------------------------------------------------------------------------------------------------------
-- Text: UTF-8, escaping, and the grammar of what the kernel writes.
--
-- Character classes such as %a and %s depend on the locale, so none are used here.

-- Length of the UTF-8 character at position `at` of `text`, which ends at `last`. Where there is none:
-- nil, and whether more bytes could have made it one.
local function utf8_length(text, at, last)
  local lead = byte(text, at)
  if lead < 0x80 then
    return 1
  end
  local length
  local low, high = 0x80, 0xbf
  if lead >= 0xc2 and lead <= 0xdf then
    length = 2
  elseif lead >= 0xe0 and lead <= 0xef then
    length = 3
    if lead == 0xe0 then low = 0xa0 elseif lead == 0xed then high = 0x9f end
  elseif lead >= 0xf0 and lead <= 0xf4 then
    length = 4
    if lead == 0xf0 then low = 0x90 elseif lead == 0xf4 then high = 0x8f end
  else
    return nil, false
  end
  for place = at + 1, at + length - 1 do
    if place > last then
      return nil, true
    end
    local follower = byte(text, place)
    if follower < low or follower > high then
      return nil, false
    end
    low, high = 0x80, 0xbf
  end
  return length
end

-- Code point of the character of `length` bytes at position `at`.
local function code_point(text, at, length)
  if length == 1 then
    return byte(text, at)
  end
  local point = byte(text, at) % 2 ^ (7 - length)
  for place = at + 1, at + length - 1 do
    point = point * 64 + byte(text, place) % 64
  end
  return point
end

-- Characters that are valid and still change how a terminal shows their neighbours, or hide: C1 controls,
-- separators, bidirectional formatting, annotations, and all that Unicode lets a display ignore. First and last.
local UNSAFE = {
  { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x61c, 0x61c }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
  { 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
  { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0x1bca0, 0x1bca3 },
  { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
}

local function is_unsafe(point)
  for _, range in ipairs(UNSAFE) do
    if point <= range[2] then
      return point >= range[1]
    end
  end
  return false
end

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ["\\"] = "\\\\" }

local function escape(text)
  local out, at, last = {}, 1, #text
  while at <= last do
    local length = utf8_length(text, at, last)
    local letter = sub(text, at, at + (length or 1) - 1)
    if not length then
      letter = format("\\x%02x", byte(letter))
    elseif ESCAPES[letter] then
      letter = ESCAPES[letter]
    else
      local point = code_point(text, at, length)
      if point < 0x20 or point == 0x7f then
        letter = format("\\x%02x", point)
      elseif is_unsafe(point) then
        letter = format("\\u{%x}", point)
      end
    end
    out[#out + 1] = letter
    at = at + (length or 1)
  end
  return concat(out)
end

-- The text as Wireshark can hold it: itself, or escaped where it has a NUL or is not UTF-8.
local function clean(text)
  if not find(text, "[\0\128-\255]") then
    return text
  end
  local at, last = 1, #text
  while at <= last do
    local length = utf8_length(text, at, last)
    if not length or byte(text, at) == 0 then
      return escape(text)
    end
    at = at + length
  end
  return text
end

-- The text for a label, a column or a terminal, where nothing may act: always escaped.
local function display(text)
  if find(text, "[^ -%[%]-~]") then
    return escape(text)
  end
  return text
end

-- A number with its noun: 1 event, 2 events.
local function counted(number, noun)
  return format("%d %s%s", number, noun, number == 1 and "" or "s")
end

-- A position that the text begins with: file, line, how many digits that has, and where what follows begins.
local function leading_position(text, from)
  local file, digits, rest = match(text, "^([^:\0-\32\127]+):([1-9][0-9]*)()", from)
  if not file then
    return nil
  elseif find(file, "/", 1, true) then
    if byte(file, -1) == 47 then
      return nil
    end
  elseif not find(file, "^.+%.[A-Za-z][A-Za-z0-9]?[A-Za-z0-9]?[A-Za-z0-9]?$") then
    return nil
  end
  local line = tonumber(digits)
  if line > 4294967295 then
    return nil
  end
  if rest <= #text then
    local colon, space = byte(text, rest, rest + 1)
    if colon ~= 58 or space ~= 32 then
      return nil
    end
    rest = rest + 2
  end
  return file, line, #digits, rest
end

-- Takes a trace text apart, into the event. `at` is the offset of the text in the packet. What keeps to no
-- rule of the grammar is free text, never an error; then the event keeps the kind that it has.
local function take_apart(event, text, at)
  local from = 1
  local file, line, digits, rest = leading_position(text, 1)
  if file then
    event.file, event.file_at = file, at
    event.line, event.line_at, event.line_digits = line, at + #file + 1, digits
    from = rest
    -- With kern.mbuf_trace.source_position the kernel repeats a position.
    while from <= #text do
      local again, same_line, _, after = leading_position(text, from)
      if again ~= file or same_line ~= line then
        break
      end
      from = after
    end
    if from > #text then
      event.kind = "position"
      return
    end
  end
  event.text, event.text_at = from > 1 and sub(text, from) or text, at + from - 1
  local kind, call = "function", from
  local sign = byte(text, from)
  if sign == 43 then
    kind, call = "enter", from + 1
  elseif sign == 45 then
    kind, call = "leave", from + 1
  end
  local name = match(text, "^[A-Za-z_][A-Za-z0-9_]*", call)
  if not name then
    return
  end
  local after = call + #name
  if after <= #text then
    -- Balanced parentheses around all that is left.
    local _, last = find(text, "^%b()", after)
    if last ~= #text then
      return
    end
    event.args, event.args_at = sub(text, after + 1, -2), at + after
  end
  event.kind, event.func, event.func_at = kind, name, at + call - 1
end
