"""The sliding window itself: a Lua script over one Redis string for each caller.

The string is a ring of the moments of the last admitted requests. A header of 12 bytes
(slot of the oldest living moment, number of living ones, the oldest, the newest) is
followed by up to ``limit`` slots of 4 bytes, each a moment in ticks modulo 2**32 of
Redis's own clock. A refusal writes nothing. See docs/decisions/0014-rate-limits.md.

A clock that is set back by less than a window delays by as much; one that is set back
further forgets the window; by more than 2**31 ticks (36 minutes), it may refuse for up
to one window.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from custom.rates import Rate

MICROSECOND_WINDOW: Final = 30 * 60  # seconds; longer ones are told in milliseconds

# KEYS[1]; ARGV: limit, window in ticks, 1 to take a slot or 0 to look, µs in a tick.
# Returns whether it fits, slots left, ticks until one frees, and the moment taken.
TAKE: Final = """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local key, span = KEYS[1], 4294967296
local time = redis.call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / ARGV[4]) % span
local head, live, oldest, newest, behind = 0, 0, now, now, 0
local header = redis.call('GETRANGE', key, 0, 11)
if #header == 12 then
  head, live, oldest, newest = struct.unpack('<I2I2I4I4', header)
  local ahead = (newest - now) % span
  if ahead > 0 and ahead < span / 2 then -- the clock was set back, as by a failover
    if ahead > window then live = 0 else behind, now = ahead, newest end
  end
end
if live > 0 and (now - oldest) % span >= window then
  if (now - newest) % span >= window then
    live = 0
  else -- gallop, then bisect, to the first that lives; the newest does
    local function moment(place)
      local from = 12 + 4 * ((head + place) % limit)
      return (struct.unpack('<I4', redis.call('GETRANGE', key, from, from + 3)))
    end
    local dead, alive, found = 0, 1, 0
    while alive < live - 1 and (now - moment(alive)) % span >= window do
      dead, alive = alive, alive * 2
    end
    if alive > live - 1 then alive = live - 1 end
    while alive - dead > 1 do
      local middle = math.floor((dead + alive) / 2)
      if (now - moment(middle)) % span >= window then dead = middle
      else alive = middle end
    end
    oldest = moment(alive)
    head, live = (head + alive) % limit, live - alive
  end
end
if live == 0 then oldest = now end
local wait = window - (now - oldest) % span + behind
if live >= limit then return {0, 0, wait, 0} end
if ARGV[3] == '0' then return {1, limit - live, live == 0 and 0 or wait, 0} end
local kept = math.ceil((window + behind) * ARGV[4] / 1000) + 1000 -- ms, and a second
local slot = struct.pack('<I4', now)
if live == 0 then
  redis.call('SET', key, struct.pack('<I2I2I4I4', 0, 1, now, now) .. slot, 'PX', kept)
else
  local place = 12 + 4 * ((head + live) % limit)
  redis.call('SETRANGE', key, place, slot)
  redis.call('SETRANGE', key, 0, struct.pack('<I2I2I4I4', head, live + 1, oldest, now))
  redis.call('PEXPIRE', key, kept)
end
return {1, limit - live - 1, wait, now}
"""
# KEYS[1]; ARGV: limit, the moment taken. Frees that slot again, if it still is one.
GIVE_BACK: Final = """
local limit, key, span = tonumber(ARGV[1]), KEYS[1], 4294967296
local header = redis.call('GETRANGE', key, 0, 11)
if #header < 12 then return 0 end
local head, live, oldest, newest = struct.unpack('<I2I2I4I4', header)
local taken, later = tonumber(ARGV[2]), {}
local function place(number) return 12 + 4 * ((head + number) % limit) end
for number = live - 1, 0, -1 do
  local from = place(number)
  local slot = redis.call('GETRANGE', key, from, from + 3)
  local moment = struct.unpack('<I4', slot)
  if moment == taken then
    if live == 1 then return redis.call('DEL', key) end
    for step = #later, 1, -1 do -- those behind it move one place to the front
      redis.call('SETRANGE', key, place(live - 1 - step), later[step])
    end
    local function read(one)
      return (struct.unpack('<I4', redis.call('GETRANGE', key, one, one + 3)))
    end
    redis.call('SETRANGE', key, 0,
      struct.pack('<I2I2I4I4', head, live - 1, read(place(0)), read(place(live - 2))))
    return 1
  end
  if (taken - moment) % span < span / 2 then return 0 end
  later[#later + 1] = slot
end
return 0
"""


@lru_cache(maxsize=256)
def ticks_of(rate: Rate) -> tuple[int, int]:
    """Return the window in ticks, and the microseconds of a tick.

    Moments are told modulo 2**32, which must be more than twice the window. In
    milliseconds one tick is added: what is rounded down must never be early.
    """
    if rate.window <= MICROSECOND_WINDOW:
        return rate.window * 1_000_000, 1
    return rate.window * 1_000 + 1, 1_000


def pack(*words: bytes) -> bytes:
    """Write one command as Redis reads it."""
    return b"*%d\r\n%b" % (len(words), pack_words(words))


def pack_words(words: Iterable[bytes]) -> bytes:
    """Write a part of a command."""
    return b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


class Script:
    """A Lua script on one key, as bytes that need only the key and the arguments."""

    def __init__(self, text: str, *, arguments: int) -> None:
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        start = b"*%d\r\n" % (4 + arguments)
        self._short = start + pack_words((b"EVALSHA", digest.encode(), b"1"))
        self._whole = start + pack_words((b"EVAL", text.encode(), b"1"))

    def call(self, key: bytes, arguments: bytes) -> bytes:
        """Write a call by the script's digest; arguments are packed."""
        return b"%b$%d\r\n%b\r\n%b" % (self._short, len(key), key, arguments)

    def call_whole(self, key: bytes, arguments: bytes) -> bytes:
        """Write a call for a server that has forgotten the script."""
        return b"%b$%d\r\n%b\r\n%b" % (self._whole, len(key), key, arguments)


def take_arguments(rate: Rate, *, cost: int) -> tuple[int, ...]:
    """Return the arguments of ``TAKE``."""
    window, tick = ticks_of(rate)
    return rate.limit, window, cost, tick


@lru_cache(maxsize=256)
def packed_take(rate: Rate, cost: int) -> bytes:
    """Return the arguments of ``TAKE`` as Redis reads them."""
    numbers = take_arguments(rate, cost=cost)
    return pack_words(str(number).encode() for number in numbers)


def packed_give_back(rate: Rate, moment: int) -> bytes:
    """Return the arguments of ``GIVE_BACK`` as Redis reads them."""
    return pack_words((b"%d" % rate.limit, b"%d" % moment))
