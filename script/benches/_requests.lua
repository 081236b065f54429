-- Sends the requests of a file in turn, a line each: path, tab, token (or nothing).
-- Each comes from an address of its own, so that no caller meets the rate limit.
-- Prints what was measured as JSON: seconds and milliseconds.
local sent, at = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, token = line:match("^([^\t]*)\t(.*)$")
    local number = #sent + 1
    local headers = {
      ["X-Forwarded-For"] = string.format("10.0.%d.%d", number / 250, number % 250 + 1),
    }
    if token ~= "" then headers["Authorization"] = "Token " .. token end
    sent[number] = wrk.format("GET", path, headers)
  end
end

function request()
  at = at % #sent + 1
  return sent[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}\n',
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
