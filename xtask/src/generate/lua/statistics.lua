----------------------------------------------------------------------------------------------------------
-- Statistics: tshark -z mbuf_trace,functions and -z mbuf_trace,paths, and the same in the Tools menu.

-- How many statistics are being taken, and the frame that was dissected last: what they look at.
local takers, last_seen = 0, nil

-- A count by text, most frequent first.
local function new_count()
  local numbers, count = {}, {}
  function count.add(text)
    numbers[text] = (numbers[text] or 0) + 1
  end
  function count.clear()
    numbers = {}
  end
  function count.lines(what)
    local texts = {}
    for text in pairs(numbers) do
      texts[#texts + 1] = text
    end
    table.sort(texts, function(one, other)
      if numbers[one] ~= numbers[other] then
        return numbers[one] > numbers[other]
      end
      return one < other
    end)
    local lines = { format("%10s  %s", "count", what) }
    for _, text in ipairs(texts) do
      lines[#lines + 1] = format("%10d  %s", numbers[text], text)
    end
    return concat(lines, "\n") .. "\n"
  end
  return count
end

local STATISTICS = {
  functions = {
    title = "Functions",
    heading = "function (events that it recorded)",
    count = function(frame, count)
      for step = 1, event_count(frame) do
        local func = event_of(frame, step).func
        if func then
          count.add(display(func))
        end
      end
    end,
  },
  paths = {
    title = "Paths",
    heading = "path (packets that took it)",
    count = function(frame, count)
      local path = path_of(frame)
      count.add(path and display(path) or "(no function)")
    end,
  },
}

-- Starts to take a statistic of the packets that the filter leaves. `show` gets the text at the end.
local function take(statistic, filter, show)
  local count = new_count()
  local listener = Listener.new("frame", filter)
  takers = takers + 1
  function listener.packet(pinfo)
    if last_seen and last_seen.number == pinfo.number then
      statistic.count(last_seen.frame, count)
    end
  end
  function listener.draw()
    show(count.lines(statistic.heading))
  end
  function listener.reset()
    count.clear()
  end
  return listener
end

for name, statistic in pairs(STATISTICS) do
  if register_stat_cmd_arg then
    register_stat_cmd_arg("mbuf_trace," .. name, function(argument)
      -- What follows the name is a display filter: -z mbuf_trace,functions,icmp
      local filter = argument and match(argument, "^mbuf_trace,%a+,(.+)$")
      take(statistic, filter, function(text)
        local line = string.rep("=", 67)
        print(line .. "\nmbuf_trace " .. name .. "\nFilter: " .. (filter or "<No Filter>"))
        io.write(text, line, "\n")
      end)
    end)
  end
  if gui_enabled() then
    register_menu("mbuf_trace/" .. statistic.title, function()
      local window = TextWindow.new("mbuf_trace: " .. statistic.title)
      local listener = take(statistic, nil, function(text)
        window:set(text)
      end)
      window:set_atclose(function()
        takers = takers - 1
        listener:remove()
      end)
      retap_packets()
    end, MENU_TOOLS_UNSORTED)
  end
end
