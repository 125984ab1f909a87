-- Has wrk send recorded octets as they are:   wrk -s raw_request.lua URL -- FILE [TIMES]
-- They are TIMES requests in one write (pipelining); the octets are made once, not for each request.
function init(args)
  local file = assert(io.open(args[1], "rb"))
  local octets = file:read("*a")
  file:close()
  wrk.format = function() return string.rep(octets, tonumber(args[2] or 1)) end
end
