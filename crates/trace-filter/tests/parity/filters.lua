-- Which packets pass each of many display filters, in one run of tshark: a line a filter on standard output, with
-- the filter's number and then the packets' numbers or the complaint. The filters stand in the file $FILTERS.
local path = os.getenv("FILTERS")
-- Without one from the beginning, tshark would not dissect.
Listener.new("frame")
local asked = Proto("mtrace_filters", "Display filters under test")
local started = false
function asked.init()
    if started then return end
    started = true
    local number = 0
    for expression in io.lines(path) do
        number = number + 1
        local line = number
        local packets = {}
        local made, listener = pcall(Listener.new, "frame", expression)
        if made then
            function listener.packet(pinfo) packets[#packets + 1] = pinfo.number end
            function listener.draw() print(line .. "\t" .. table.concat(packets, " ")) end
        else
            print(line .. "\tERROR " .. tostring(listener):gsub("%s+", " "))
        end
    end
end
