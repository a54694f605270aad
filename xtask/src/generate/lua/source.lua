----------------------------------------------------------------------------------------------------------
-- Opening the source.

-- Paths come from the capture, so only harmless ones are ever opened.
local function is_harmless_path(path)
  return find(path, "^/[A-Za-z0-9._/+-]+$") ~= nil and not find(path, "..", 1, true)
end

-- The path on this computer: the beginning that the preference names is replaced.
local function local_path(path)
  local from, to = match(prefs.source_root, "^(.-)=(.*)$")
  if from and from ~= "" and sub(path, 1, #from) == from then
    return to .. sub(path, #from + 1)
  end
  return path
end

-- Opens a source position. Gives nil, or why it could not.
local function open_source(path, line)
  if not is_harmless_path(path) then
    return format("%s:%d is no absolute path of letters, digits and . _ / + - only, and is not opened",
      display(path), line)
  end
  local target = local_path(path)
  -- The source root can have any characters: a URL has them in hexadecimal, a shell in quotes.
  local function fill(template, safe_path)
    return (string.gsub(template, "{(%a+)}", { path = safe_path, line = format("%d", line) }))
  end
  if prefs.editor ~= "" then
    -- In the background: Wireshark waits for what it starts.
    local quoted = "'" .. string.gsub(target, "'", "'\\''") .. "'"
    os.execute(fill(prefs.editor, quoted) .. " &")
  else
    local encoded = string.gsub(target, "[^A-Za-z0-9._/+~:-]", function(letter)
      return format("%%%02X", byte(letter))
    end)
    browser_open_url(fill(prefs.url_template, encoded))
  end
end

-- What the packet that was shown last says of its way: its number, and for each step a line of text and
-- the source position.
local shown_packet

local function remember_steps(frame, number)
  local steps = {}
  for step = 1, event_count(frame) do
    local event = event_of(frame, step)
    steps[step] = { text = describe(frame, event), file = event.line and event.file, line = event.line }
  end
  shown_packet = { number = number, steps = steps }
end

-- The most buttons that a window of steps gets: more make it wider than a screen.
local MOST_BUTTONS = 16

-- A window that lists steps, with a button for each that has another source position than those before it. The
-- button shows the number of the step.
local function show_steps(title, steps)
  local window = TextWindow.new(title)
  local lines, buttons, seen = {}, 0, {}
  for _, step in ipairs(steps) do
    lines[#lines + 1] = step.text
  end
  window:set(concat(lines, "\n") .. "\n")
  for number, step in ipairs(steps) do
    local position = step.line and step.file .. ":" .. step.line
    if position and not seen[position] and buttons < MOST_BUTTONS and is_harmless_path(step.file) then
      seen[position] = true
      buttons = buttons + 1
      window:add_button(tostring(number), function()
        local problem = open_source(step.file, step.line)
        if problem then
          window:append(problem .. "\n")
        end
      end)
    end
  end
end

local function show_problem(text)
  TextWindow.new("mbuf_trace"):set(text .. "\n")
end

-- The newest step with a source position.
local function open_last_source(steps)
  for place = #steps, 1, -1 do
    local step = steps[place]
    if step.line then
      local problem = open_source(step.file, step.line)
      if problem then
        show_problem(problem)
      end
      return
    end
  end
  show_problem("No step of this packet tells its source position.")
end

-- The steps out of the fields that a packet menu is given: those of the packet it was opened on.
local function steps_of_fields(fields)
  local steps, current = {}, nil
  for _, info in ipairs(fields) do
    local name = info.name
    if name == "mbuf_trace.step" then
      -- What Wireshark displays of a field leaves out what stands before a colon.
      current = { text = format("Step %d: %s", info.value, (string.gsub(info.display, "^Step %d+: ", ""))) }
      steps[info.value] = current
    elseif current and name == "mbuf_trace.file" then
      current.file = info.value
    elseif current and name == "mbuf_trace.line" then
      current.line = info.value
    end
  end
  for _, step in ipairs(steps) do
    if not (step.file and step.line) then
      step.file, step.line = nil, nil
    end
  end
  return steps
end
