import { isRandom, makeOf } from '../randomness.ts';
import type { Finder } from '../span.ts';
import { looksSecret } from '../values.ts';

const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
/** Characters that a key in PEM has at most, also with each line end written as `\\n`. */
const MOST = 12_000;
/** The body of a key: base64 with line ends, which may be escaped, and the headers of an encrypted one. */
const BODY =
  /(?:[A-Za-z0-9+/=]{8,100}|(?:Proc-Type|DEK-Info|Version|Comment)[^\n\\]{1,80}|\\{1,8}[nrt]|["',+\s]|[A-Za-z0-9+/=]{1,7}(?=\\|\s|-|"|$)){1,400}/y;
const BODY_BEFORE = /[A-Za-z0-9+/=\\\s]{16,4000}$/;

/** Private keys in PEM, whole or cut at either end, over several lines or on one. */
export const findPrivateKeys: Finder = (text, spans) => {
  if (!text.includes('PRIVATE KEY')) return;
  let done = 0;
  for (const match of text.matchAll(BEGIN)) {
    if (match.index < done) continue;
    const from = match.index + match[0].length;
    END.lastIndex = from;
    const end = END.exec(text.slice(0, from + MOST));
    if (end) {
      done = end.index + end[0].length;
      spans.push({ start: match.index, end: done, kind: 'KEY' });
      continue;
    }
    BODY.lastIndex = from;
    const body = BODY.exec(text);
    // At the end of a text that was cut, whatever follows.
    done = body ? from + body[0].trimEnd().length : from;
    spans.push({ start: match.index, end: done, kind: 'KEY' });
  }
  for (const match of text.matchAll(END)) {
    if (match.index < done) continue;
    const from = Math.max(done, match.index - 4_000);
    const body = BODY_BEFORE.exec(text.slice(from, match.index));
    done = match.index + match[0].length;
    if (body) spans.push({ start: from + body.index, end: done, kind: 'KEY' });
  }
};

const RUN = /(?<![A-Za-z0-9_+/=-])[A-Za-z0-9_+/-]{20,2000}={0,2}/g;
/** Letters and digits of both sizes from which on a run without a name is no id any more. */
const BARE = 30;
/** The same behind a prefix, as vendors write it: `acme_live_…`. */
const PREFIXED = 22;
/** And of one size: ids that are ordered by time have 26 characters. */
const PREFIXED_ONE_SIZE = 27;
/** Letters and digits of one size. */
const ONE_SIZE = 36;
const PREFIX = /^([A-Za-z][A-Za-z0-9]{0,12}(?:[_-][A-Za-z0-9]{1,10}){0,3})[_-]([A-Za-z0-9+/=_-]{22,})$/;
/** What stands before a run that is an id, a hash or a place in a list. */
const ID_NAME =
  /(?:(?:id|ids|uuid|guid|trace|span|request|req|correlation|commit|sha|sha\d{1,3}|md5|digest|checksum|hash|etag|cursor|fingerprint|build|image|revision|rev|blob|layer|node|cluster|integrity|crc|oid|ref|slug|version|page|next|offset|continuation|position|scroll|shard|partition|segment|file|object|bucket|cid|nonce|boundary|container|pod|job|task|run|event|message|msg|order|txn|transaction|batch|artifact|etag w|thumbprint|kid|ray|subject|snapshot|checkpoint)["']?|[a-z]Id["']?)\s?[:=#/ ~-]{0,3}\s?["'([<]{0,2}$/i;
const ID_PREFIX =
  /^(?:id|req|request|trace|span|evt|event|msg|message|txn|tx|cus|cust|sub|pi|ch|in|cs|seti|pm|price|prod|acct|job|run|build|task|order|ord|batch|file|chatcmpl|resp|gen|thread|asst|call|toolu|commit|sha\d*|md5|img|image|pod|node|i|vol|snap|ami|subnet|vpc|sg|eni|arn|db|urn|uuid|session-id|page|cursor|etag|web|app|svc|ip|k8s|docker|cri|crio|containerd|index|segment|W)$/i;

/** Long runs of chance that nothing names: no words, no number, no hash, no path. */
export const findRandomRuns: Finder = (text, spans) => {
  for (const match of text.matchAll(RUN)) {
    const run = match[0];
    if (!isLongChance(run)) continue;
    if (ID_NAME.test(text.slice(Math.max(0, match.index - 28), match.index))) continue;
    const start = partsBefore(text, match.index);
    spans.push({ start, end: match.index + run.length, kind: 'TOKEN' });
  }
};

const PARTS = /[\w-]{4,60}\.(?:[\w-]{4,60}\.)?$/;

/** Where a token of several parts begins of which the last is one of chance. */
function partsBefore(text: string, at: number): number {
  const [parts] = text[at - 1] === '.' ? (PARTS.exec(text.slice(Math.max(0, at - 124), at)) ?? []) : [];
  return parts !== undefined && /\d/.test(parts) && /[A-Z]/.test(parts) ? at - parts.length : at;
}

function isLongChance(run: string): boolean {
  const make = makeOf(run);
  if (make.digits < 2) return false;
  const prefixed = PREFIX.exec(run);
  if (prefixed && !ID_PREFIX.test(prefixed[1]!)) {
    const body = makeOf(prefixed[2]!);
    const both = body.lower > 2 && body.upper > 2;
    if (body.digits > 1 && both && body.length >= PREFIXED && isRandom(prefixed[2]!)) return true;
    if (body.digits > 3 && body.beyondHex > 3 && body.length >= PREFIXED_ONE_SIZE && isRandom(prefixed[2]!))
      return true;
  }
  if (prefixed && ID_PREFIX.test(prefixed[1]!)) return false;
  const letters = make.lower + make.upper;
  // Words with signs between them, and paths, are no run of chance however long.
  if (make.others > make.length / 6 || !isRandom(run)) return false;
  if (make.lower > 3 && make.upper > 3) return letters + make.digits >= BARE && wordless(run);
  return letters + make.digits >= ONE_SIZE && make.beyondHex >= 6 && make.digits >= 4 && wordless(run);
}

/** No part is a long word of one size: a path has some. */
const wordless = (run: string): boolean => !/[-_/+]/.test(run) || !/[a-z]{9,}|[A-Z]{11,}/.test(run);

/** What was cut off, with how much is missing or without. */
const CUT = /([^\s\u2026]{4,400}) ?\u2026/g;
const CUT_LOGIN = /:\/\/[^/\s:@]{0,100}:(?!\d{1,5}$)([^/\s@]{1,200})$/;
const ADDRESS = /^["'(<[]{0,2}[a-z][a-z\d+.-]{1,20}:\/\//i;

/** The beginning of what may be a secret, where a text was cut: nothing tells any more what it was. */
export const findCutSecrets: Finder = (text, spans) => {
  if (!text.includes('\u2026')) return;
  for (const match of text.matchAll(CUT)) {
    const run = match[1]!;
    const isAddress = ADDRESS.test(run);
    const value = isAddress ? CUT_LOGIN.exec(run)?.[1] : /[^"'([{<=:,;]*$/.exec(run)![0];
    if (value === undefined || !(isAddress || value.startsWith('eyJ') || looksSecret(value, false))) continue;
    const end = match.index + run.length;
    spans.push({ start: end - value.length, end, kind: 'TOKEN' });
  }
};
