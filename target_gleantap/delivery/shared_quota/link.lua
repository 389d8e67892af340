-- One exchange of one run over one quota: it tells what has left, and is given slots.
--
-- Runs as a whole, by Redis' own clock; all times are whole microseconds. The log holds a member
-- for each slot, `run:number`, and when it counts as used: a slot that was given counts as used at
-- the last moment at which it may be, until its run tells when it was. So whatever becomes of the
-- run, no window ever holds more than its quota.

local log, turns, hungry, hold, runs = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local at = 0

local function text()
    at = at + 1
    return ARGV[at]
end

local function number()
    return tonumber(text())
end

local run = text()
local alive = number()    -- how long a run counts without a sign of life
local horizon = number()  -- how far ahead slots are given
local valid = number()    -- how long after its time a slot may be used
local lead = number()     -- how many slots a run may be ahead of another that wants some
local pause = number()    -- how soon a run that wants more asks again
local space = number()    -- what lies at least between two slots: many at once arrive late
local held = number()     -- how long nobody may send, in milliseconds; 0 where nothing was said
local wanted = number()
local first = number()    -- the number of the first slot, if any is given

local quotas, longest = {}, tonumber(redis.call('HGET', turns, 'longest') or 0)
for i = 1, number() do
    quotas[i] = { requests = number(), window = number() }
    longest = math.max(longest, quotas[i].window)
end
redis.call('HSET', turns, 'longest', string.format('%.0f', longest))

-- What has left, in pairs: the slot's number, and how long ago.
for _ = 1, number() do
    local member = run .. ':' .. text()
    redis.call('ZADD', log, now - number(), member)
end
for _ = 1, number() do
    redis.call('ZREM', log, run .. ':' .. text())
end
-- What no window holds any more; and what lies in a future that cannot be: the clock was set back.
redis.call('ZREMRANGEBYSCORE', log, '-inf', now - longest)
redis.call('ZREMRANGEBYSCORE', log, now + horizon + 10 * valid, '+inf')

redis.call('ZADD', runs, now, run)
redis.call('ZREMRANGEBYSCORE', runs, '-inf', now - alive)

if held > math.max(redis.call('PTTL', hold), 0) then
    redis.call('SET', hold, 1, 'PX', held)
end

-- When the next slot may be used: when each window has room for one more.
local last = tonumber(redis.call('HGET', turns, 'last') or 0)
if last > now + horizon then
    last = now
end
local function opens()
    local open = math.max(now, last + space)
    for _, quota in ipairs(quotas) do
        local oldest = redis.call('ZRANGE', log, -quota.requests, -quota.requests, 'WITHSCORES')
        if oldest[2] then
            open = math.max(open, tonumber(oldest[2]) + quota.window)
        end
    end
    return open
end

-- Fair queueing: each run counts its turns, and none may be more than `lead` ahead of another that
-- wants slots just now. Who wanted none for a while begins where the others stand.
local turn = tonumber(redis.call('HGET', turns, run) or 0)
if tonumber(redis.call('ZSCORE', hungry, run) or 0) <= now then
    turn = math.max(turn, tonumber(redis.call('HGET', turns, 'now') or 0))
end
local least = math.huge
for _, other in ipairs(redis.call('ZRANGEBYSCORE', hungry, '(' .. string.format('%.0f', now), '+inf')) do
    if other ~= run then
        least = math.min(least, tonumber(redis.call('HGET', turns, other) or 0))
    end
end

local slots, open = {}, opens()
while #slots < wanted and open <= now + horizon and turn < least + lead do
    redis.call('ZADD', log, open + valid, run .. ':' .. string.format('%.0f', first + #slots))
    slots[#slots + 1] = open - now
    turn, last = turn + 1, open
    open = opens()
end

local wait = math.max(open - now, 0)
local asks_again = math.max(wait - horizon, pause)
if #slots < wanted then
    redis.call('ZADD', hungry, now + 2 * asks_again + pause, run)
else
    redis.call('ZADD', hungry, now, run)
end
if #slots > 0 then
    local others = math.min(least, turn)
    local passed = tonumber(redis.call('HGET', turns, 'now') or 0)
    redis.call('HSET', turns, run, turn, 'now', math.max(passed, others), 'last', last)
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', hungry, '-inf', now - longest - alive)) do
    redis.call('ZREM', hungry, gone)
    redis.call('HDEL', turns, gone)
end

local taken = {}
for i, quota in ipairs(quotas) do
    taken[i] = redis.call('ZCOUNT', log, now - quota.window, '+inf')
end

local kept = math.ceil((longest + alive) / 1000) + 1000
for _, key in ipairs({ log, turns, hungry, runs }) do
    redis.call('PEXPIRE', key, kept)
end
return { redis.call('ZCARD', runs), math.max(redis.call('PTTL', hold), 0), wait, taken, slots }
