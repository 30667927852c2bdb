-- Retimes or repairs an exported timeline, in every edition of DaVinci Resolve: Workspace > Scripts > VFI.
--
-- The free edition runs no Python and opens no windows for scripts. So this asks for the exported file, runs the command
-- `vfi timeline retime` or `vfi timeline repair` on it and says what to import; it touches nothing of Resolve but the
-- file requester. That asks for nothing but a file, so the file's name says which of the two is wanted.
-- Lua 5.1, which Resolve has.

-- Written by `vfi install resolve`: a folder with bin/vfi or Scripts/vfi.exe, or the program itself.
local HOME = "@VFI_HOME@"

local STEPS = [[
VFI retimes a timeline that you export, or repairs bad frames in it:
  1. Give clips their speed in Resolve, then File > Export > Timeline, as OpenTimelineIO (.otio).
     To repair instead, let the name of the file end in repair, such as cut_repair.otio: dropped, repeated and broken
     frames are then found, marked and made anew, and speeds stay as they are.
  2. Workspace > Scripts > VFI, and choose that file. The frames are rendered; the timeline you have stays as it is.
  3. File > Import > Timeline, and choose the new file, which ends in _vfi.otio.]]

-- Resolve points its own Python and libraries out by these; in the Python of vfi they break the loading of libraries.
local RESOLVES_OWN = {
  "PYTHONHOME", "PYTHONPATH", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH",
  "QT_PLUGIN_PATH",
}

-- The last line of a run: a pipe tells no exit code in Lua 5.1.
local EXIT_MARK = "vfi_exit "

local is_windows = package.config:sub(1, 1) == "\\"

local function say(text)
  print("VFI: " .. text)
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- The program, or nil with the reason.
local function find_vfi()
  if HOME:match("^@.*@$") then return "vfi" end -- not installed by `vfi install`: the PATH has to know it
  -- On Windows Lua opens no file with letters outside the system's code page, so nothing is looked for there.
  if is_windows then
    local path = HOME:lower():match("%.exe$") and HOME or HOME .. "/Scripts/vfi.exe"
    return (path:gsub("/", "\\"))
  end
  if exists(HOME .. "/bin/vfi") then return HOME .. "/bin/vfi" end
  if exists(HOME) and not exists(HOME .. "/.") then return HOME end
  return nil, "there is no vfi in " .. HOME .. "; run: vfi install resolve"
end

local function quoted_for_shell(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- For a line of a batch file: % is doubled there, backslashes count before a closing quote; names hold no quotes.
local function quoted_for_batch(text)
  return '"' .. text:gsub("%%", "%%%%"):gsub("(\\+)$", "%1%1") .. '"'
end

local function shell_command(arguments)
  local parts = { "env" }
  for _, name in ipairs(RESOLVES_OWN) do parts[#parts + 1] = "-u " .. name end
  for _, argument in ipairs(arguments) do parts[#parts + 1] = quoted_for_shell(argument) end
  return table.concat(parts, " ") .. " 2>&1; echo \"" .. EXIT_MARK .. "$?\""
end

local function batch_text(arguments)
  -- 65001 is UTF-8, in which Resolve hands paths to scripts.
  local lines = { "@echo off", "chcp 65001 >nul" }
  for _, name in ipairs(RESOLVES_OWN) do lines[#lines + 1] = 'set "' .. name .. '="' end
  local parts = {}
  for _, argument in ipairs(arguments) do parts[#parts + 1] = quoted_for_batch(argument) end
  lines[#lines + 1] = table.concat(parts, " ") .. " 2>&1"
  lines[#lines + 1] = "echo " .. EXIT_MARK .. "%ERRORLEVEL%"
  return table.concat(lines, "\r\n") .. "\r\n"
end

-- The command line to give to io.popen, and a file to remove afterwards; or nil with the reason.
local function prepared(arguments)
  if not is_windows then return shell_command(arguments) end
  -- A batch file, since a command line that goes through cmd.exe has neither UTF-8 nor a way to write %.
  local path = (os.getenv("TEMP") or ".") .. "\\vfi_resolve.cmd"
  local file, problem = io.open(path, "wb")
  if not file then return nil, problem end
  file:write(batch_text(arguments))
  file:close()
  return '"' .. path .. '"', path
end

-- Runs a program and prints its lines as they come; its exit code, or nil with the reason.
local function run(arguments)
  local command, detail = prepared(arguments)
  local pipe = command and io.popen(command, "r")
  if not pipe then return nil, "the command cannot be started: " .. tostring(detail or command) end
  local code
  for line in pipe:lines() do
    local number = line:match("^" .. EXIT_MARK .. "(%d+)")
    if number then code = tonumber(number) else print(line) end
  end
  pipe:close()
  if detail then os.remove(detail) end
  if not code then return nil, "the command ended without an exit code" end
  return code
end

-- The exported file, or nil where the requester was closed or this Resolve has none.
local function chosen_file()
  local host = fusion or fu
  if not host then return nil, "this Resolve has no file requester for scripts" end
  local done, path = pcall(function()
    return host:RequestFile("", "", {
      FReqB_SeqGather = false,
      FReqS_Title = "The timeline that you exported",
      FReqS_Filter = "OpenTimelineIO (*.otio)|*.otio",
    })
  end)
  if not done then return nil, "the file requester did not open" end
  if not path or path == "" then return nil, "no file was chosen" end
  return path
end

local function target_of(path)
  return (path:gsub("%.[oO][tT][iI][oO]$", "")) .. "_vfi.otio"
end

-- Which of the two the name of a file asks for.
local function job_of(path)
  return path:lower():match("repair%.otio$") and "repair" or "retime"
end

-- Why a path cannot be used, or nil.
local function problem_with(path)
  if not path:lower():match("%.otio$") then return "is no .otio file; export the timeline as OpenTimelineIO" end
  if path:find("[%c\"]") and is_windows or path:find("%c") then return "has a name that no command can take" end
  return nil
end

local function main()
  print(STEPS)
  local vfi, missing = find_vfi()
  if not vfi then return say(missing) end
  local path, why_not = chosen_file()
  if not path then
    return say(why_not .. "; in a terminal the command is: vfi timeline retime IN.otio --out OUT.otio")
  end
  local problem = problem_with(path)
  if problem then return say(path .. " " .. problem) end
  local target, job = target_of(path), job_of(path)
  say((job == "repair" and "repairing" or "rendering") .. "; Resolve may answer late until this is done")
  local code, failed = run({ vfi, "timeline", job, path, "--out", target })
  if code == 0 then
    say("done. Now File > Import > Timeline, and choose " .. target)
  elseif code then
    say("not everything was done (exit code " .. code .. "): see above. What was rendered is kept, so run this again;")
    say("if " .. target .. " is there, it can be imported: clips that failed are in it as they were")
  else
    say(failed)
  end
end

main()
