----------------------------------------------------------------------------------------------------------
-- Menus.

if gui_enabled() then
  local function of_shown_packet(action)
    return function()
      if shown_packet then
        action(shown_packet.steps, shown_packet.number)
      else
        show_problem("Select a packet of mbuf_trace first.")
      end
    end
  end
  local function list_steps(steps, number)
    show_steps(number and format("mbuf_trace: steps of packet %d", number) or "mbuf_trace: steps", steps)
  end

  register_menu("mbuf_trace/Steps of the selected packet", of_shown_packet(list_steps), MENU_TOOLS_UNSORTED)
  register_menu("mbuf_trace/Open source of the last step", of_shown_packet(open_last_source), MENU_TOOLS_UNSORTED)
  register_menu("mbuf_trace/Suggested colouring rules", function()
    TextWindow.new("mbuf_trace: colouring rules"):set(COLOURING_RULES)
  end, MENU_TOOLS_UNSORTED)

  -- From 4.2 on, also where the mouse is.
  if register_packet_menu then
    register_packet_menu("mbuf_trace/Open source…", function(...)
      open_last_source(steps_of_fields({ ... }))
    end, "mbuf_trace.file")
    register_packet_menu("mbuf_trace/Steps…", function(...)
      list_steps(steps_of_fields({ ... }))
    end, "mbuf_trace.step")
  end
end
