/**
 * The state store's operations as Lua scripts, each atomic in the server. A kind has four keys: values and versions
 * (hashes by id), ranks (sorted set, which orders equal ranks by the bytes of the id) and expiries (sorted set, epoch
 * milliseconds by the server's clock). Expired documents are removed by the next script that touches their kind, so they
 * are gone everywhere at the same moment; Redis's own expiry cannot remove members of a sorted set.
 */
const PREAMBLE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function forget(first, ids)
  redis.call('HDEL', KEYS[first], unpack(ids))
  redis.call('HDEL', KEYS[first + 1], unpack(ids))
  redis.call('ZREM', KEYS[first + 2], unpack(ids))
  redis.call('ZREM', KEYS[first + 3], unpack(ids))
end
local function sweep(first)
  while true do
    local gone = redis.call('ZRANGEBYSCORE', KEYS[first + 3], '-inf', now, 'LIMIT', 0, 1000)
    if #gone == 0 then return end
    forget(first, gone)
  end
end
`;

/** KEYS of the kind; ARGV id. Answers value, version, rank, or nothing. */
export const GET = `${PREAMBLE}
sweep(1)
local value = redis.call('HGET', KEYS[1], ARGV[1])
if not value then return {} end
return {value, redis.call('HGET', KEYS[2], ARGV[1]), redis.call('ZSCORE', KEYS[3], ARGV[1])}
`;

/** KEYS of the kind; ARGV from, to, limit, 'down' or 'up', how many to skip. Answers id, value, version, rank for each document. */
export const LIST = `${PREAMBLE}
sweep(1)
local found
if ARGV[4] == 'down' then
  found = redis.call('ZREVRANGEBYSCORE', KEYS[3], ARGV[2], ARGV[1], 'WITHSCORES', 'LIMIT', ARGV[5], ARGV[3])
else
  found = redis.call('ZRANGEBYSCORE', KEYS[3], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', ARGV[5], ARGV[3])
end
local out = {}
for i = 1, #found, 2 do
  out[#out + 1] = found[i]
  out[#out + 1] = redis.call('HGET', KEYS[1], found[i])
  out[#out + 1] = redis.call('HGET', KEYS[2], found[i])
  out[#out + 1] = found[i + 1]
end
return out
`;

/** KEYS of the kind. */
export const COUNT = `${PREAMBLE}
sweep(1)
return redis.call('HLEN', KEYS[1])
`;

/**
 * KEYS the token of this commit, the lease that fences it, then four for each kind. ARGV the fencing token ('' for none);
 * how many 'once', and for each the number of its first key, id, time to live ('' for none); how many 'put', and for each
 * key number, id, value, rank, wanted version ('' for any), time to live; how many 'delete', and for each key number and id.
 * All checks come before the first write. The result is kept under the token, so that a commit that is sent again after a
 * lost connection gets the same answer.
 */
export const COMMIT = `${PREAMBLE}
local known = redis.call('GET', KEYS[1])
if known then return known end
for first = 3, #KEYS, 4 do sweep(first) end
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local fence = take()
local once, put, gone = {}, {}, {}
for i = 1, tonumber(take()) do once[i] = {tonumber(take()), take(), take()} end
for i = 1, tonumber(take()) do put[i] = {tonumber(take()), take(), take(), take(), take(), take()} end
for i = 1, tonumber(take()) do gone[i] = {tonumber(take()), take()} end
local function finish(result)
  redis.call('SET', KEYS[1], result, 'PX', 60000)
  return result
end
if fence ~= '' and redis.call('HGET', KEYS[2], 'token') ~= fence then return finish('fenced') end
for _, d in ipairs(once) do
  if redis.call('HEXISTS', KEYS[d[1]], d[2]) == 1 then return finish('duplicate') end
end
for _, d in ipairs(put) do
  if d[5] ~= '' and (redis.call('HGET', KEYS[d[1] + 1], d[2]) or '0') ~= d[5] then return finish('conflict') end
end
local function expiry(first, id, ttl)
  if ttl == '' then redis.call('ZREM', KEYS[first + 3], id)
  else redis.call('ZADD', KEYS[first + 3], string.format('%.0f', now + tonumber(ttl)), id) end
end
for _, d in ipairs(once) do
  redis.call('HSET', KEYS[d[1]], d[2], string.format('{"at":%.0f}', now))
  redis.call('HSET', KEYS[d[1] + 1], d[2], 1)
  redis.call('ZADD', KEYS[d[1] + 2], 0, d[2])
  expiry(d[1], d[2], d[3])
end
for _, d in ipairs(put) do
  redis.call('HSET', KEYS[d[1]], d[2], d[3])
  redis.call('HINCRBY', KEYS[d[1] + 1], d[2], 1)
  redis.call('ZADD', KEYS[d[1] + 2], d[4], d[2])
  expiry(d[1], d[2], d[6])
end
for _, d in ipairs(gone) do forget(d[1], {d[2]}) end
return finish('done')
`;

/**
 * KEYS the lease; ARGV owner, milliseconds. Answers the fencing token, or nothing while another owner has the lease. A term
 * that ends later than a new one would is from before the server's clock was set back, and is over.
 */
export const ACQUIRE = `${PREAMBLE}
local owner, ends, token = unpack(redis.call('HMGET', KEYS[1], 'owner', 'ends', 'token'))
local left = (tonumber(ends) or 0) - now
if owner ~= ARGV[1] and left > 0 and left <= tonumber(ARGV[2]) then return false end
local new = tonumber(token) or 0
if owner ~= ARGV[1] or left <= 0 then new = new + 1 end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'ends', string.format('%.0f', now + tonumber(ARGV[2])), 'token', new)
return new
`;

/** KEYS the lease; ARGV owner. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('HSET', KEYS[1], 'ends', 0) end
`;
