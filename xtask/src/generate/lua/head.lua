-- Wireshark dissector for mbuf_trace: the way of one packet through the FreeBSD network stack.
--
-- Copy this file into the personal plugin folder (Help > About Wireshark > Folders), or name it with
-- `tshark -X lua_script:mbuf_trace.lua`. It needs Wireshark 4.0 or later with Lua 5.2 or later.
--
-- Packets of link type USER0 (147) are taken apart. For another link type, set the preference
-- "DLT_USER > Encapsulations Table" to the payload dissector mbuf_trace.
--
-- Things worth knowing before changing anything here:
--
--  * A frame holds records, newest first as a rule. A record is an event, and some events are snapshots:
--    bytes of the traced packet, which Wireshark's own dissectors take apart.
--  * Building tree items is what costs time. Unless the tree is shown or a field is asked for, events are
--    not even read. `dissect` is the path that every packet takes.
--  * The newest snapshot is dissected last and at the top of the tree, so that columns, conversations and
--    statistics are those of an ordinary Ethernet capture.
--  * Offsets count from 0 and are those of the captured packet. Lua's string functions count from 1.
--  * Strings in the tree are the bytes of the capture where these are UTF-8 without NUL. All others would
--    be cut by Wireshark, so they are escaped as a whole: \n, \t, \r, \\, \x1b, \xff, \u{202e}.

-- A second copy, or a compiled plugin that is already there, has the name: leave the packets to it.
if Dissector.get("mbuf_trace") then
  return
end

local byte, find, format, match, sub = string.byte, string.find, string.format, string.match, string.sub
local concat = table.concat
local min, max = math.min, math.max

-- What the preferences say, in the form in which it is asked for; read again whenever they change.
local setting = {}
