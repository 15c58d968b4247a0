import type { LogRecord } from '../../domain/log/record.ts';
import { turn } from '../../domain/time/event-loop.ts';
import { Lexicon } from '../lexicon/lexicon.ts';
import { failureKind, isFrame, isUnanswered, saying } from '../logs/failure.ts';
import { ADDRESS_PORT, plainAddresses } from './addresses.ts';

/** Words that may come before a colon and a number without being a host. */
const LEXICON = new Lexicon('names');
const NO_HOST = LEXICON.words('not-a-host');
/** Words that name nobody, unless a port stands with them. */
const NO_NAME = LEXICON.words('never-a-name');
const LABEL = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** A host in a place where only a host can stand: looked up, called, or in a URL. Name in group 1, port in 2. */
const HOST_PLACES = [
  new RegExp(`\\blookup (${LABEL}(?:\\.[a-z0-9.-]+)?)(?: on |:|$)`, 'gi'),
  new RegExp(`//(?:[^\\s/@'"]+@)?(${LABEL}(?:\\.[a-z0-9.-]+)?)(?::(\\d{2,5}))?(?=[/\\s'"?)\\],;]|$)`, 'gi'),
  new RegExp(
    `\\b(?:${LEXICON.source('before-a-host')})\\b[ :=]*['"]?(${LABEL}(?:\\.[a-z0-9.-]+)?)(?::(\\d{2,5}))?['"]?`,
    'gi',
  ),
];
/** A name after the word service: `no servers for service: stock`. There must be a mark between them. */
const SAID_SERVICE = new RegExp(`\\bservice(?:[:=] ?|\\s?['"\\[])(${LABEL})\\b`, 'gi');
const NAME_PORT = new RegExp(
  // A file and its line (`pool.go:123: …`) look the same, so before a colon only a bare name counts.
  `(?<![\\w.$/-])(?:(${LABEL}(?:\\.[a-z0-9-]+)*):(\\d{3,5})(?!\\w|\\.\\w|:)|(${LABEL}):(\\d{3,5})(?=:(?:\\s|$)))`,
  'gi',
);
/** A name and its port apart from each other: resolved (`db/10.0.0.5:5432`), or in words (`host "db", port 5432`). */
const NAME_AND_PORT = [
  new RegExp(`(?<![\\w.$/-])(${LABEL}(?:\\.[a-z0-9.-]+)?)/(?:\\d{1,3}\\.){3}\\d{1,3}:(\\d{2,5})\\b`, 'gi'),
  new RegExp(
    [
      `\\b(?:host(?:name)?|connect(?:ing|ion)? to(?: server at)?)[ :=]{1,2}['"]?(${LABEL}(?:\\.[a-z0-9.-]+)?)['"]?`,
      String.raw`(?: \([^)]{1,40}\))?(?:,| and accepting TCP/IP connections on)? ?port[ :=]{1,2}(\d{2,5})\b`,
    ].join(''),
    'gi',
  ),
];
/** The last words before the target of a call. */
const CALLS =
  /\b(?:dial(?:ing)?(?: tcp\d?)?|connect(?:ing|ions?|ed)? (?:to|with)|reach(?:ing)?|call(?:ing)?) ['"]?$/i;
/** How many characters before a name are searched for those words. */
const CALL_CHARS = 40;
const LISTENS = /(?:listen|started|running|serving|bound|register)\w{0,20}\b.{0,80}?[ :=](\d{3,5})\b/gi;
/** A name beside the address it stands for: `db/10.0.0.5:5432`, `host "db" (10.0.0.5), port 5432`. */
const RESOLVED = [
  new RegExp(`(?<![\\w.$/-])(${LABEL}(?:\\.[a-z0-9.-]+)?)/((?:\\d{1,3}\\.){3}\\d{1,3}):(\\d{2,5})\\b`, 'gi'),
  new RegExp(
    `['"](${LABEL}(?:\\.[a-z0-9.-]+)?)['"] \\(((?:\\d{1,3}\\.){3}\\d{1,3})\\),? (?:and accepting TCP/IP connections on )?port[ :=]{1,2}(\\d{2,5})\\b`,
    'gi',
  ),
];
/** A service says at which address it listens; an address that means "all addresses" says nothing. */
const LISTENS_AT =
  /\b(?:listening|serving|bound|(?:started|running|registered)(?= (?:on|at)\b))\b[^,;]{0,40}?[ :=[/](?!0\.|127\.)((?:\d{1,3}\.){3}\d{1,3}):(\d{2,5})\b/gi;
const WORD = /[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*/gi;

/** Which services exist and on which ports they are reached, as far as the logs show it. */
export interface Directory {
  /** Services that wrote lines. */
  own: ReadonlySet<string>;
  /** These services, and hosts that lines name. */
  known: ReadonlySet<string>;
  /** Port → services that lines mention with it, the most frequent first. */
  ports: ReadonlyMap<string, string[]>;
  /** Port → services that say themselves that they listen on it. */
  listeners: ReadonlyMap<string, ReadonlySet<string>>;
  /** Address with its port → the service that lines say is there. */
  addresses: ReadonlyMap<string, ReadonlySet<string>>;
  /** How a path may spell a service → the service. */
  paths: ReadonlyMap<string, string>;
}

/** The suffix that a cluster adds to the name of a service for each of its pods. */
const POD = /-[0-9a-f]{7,10}-[a-z0-9]{5}$/;
const NAMED = 1_000;
/** Names of up to this many letters are often a unit or a key. */
const SHORT = 3;

/** One service that another one names. */
export interface NameMention {
  service: string;
  /**
   * `host`: named in a place for hosts, or by an address that is known to be its own; `served`: its port is named, and its
   * name occurs; `port`: only its port is named; `sibling`: the same message names it at other times; `path`: a requested
   * path begins with its name; `word`: its name occurs somewhere; `absent`: an unresolved address, and it is the only service
   * of the catalogue that wrote nothing.
   */
  how: 'host' | 'served' | 'port' | 'sibling' | 'path' | 'word' | 'absent';
  port?: string;
}

/**
 * The service that a name means: without namespace (`db.prod.svc`), pod hash, ordinal, or the suffix of an earlier or side
 * container (`cart.previous`), as long as the rest is a name.
 */
export function canonicalName(name: string, own: ReadonlySet<string>): string {
  const whole = name.toLowerCase();
  if (own.has(whole) && !whole.includes('.')) return whole;
  let short = whole.split('.')[0]!;
  if (own.has(short)) return short;
  short = short.replace(POD, '');
  if (own.has(short)) return short;
  const base = short.replace(/-\d{1,2}$/, '');
  return base === '' ? short : base;
}

/**
 * Learns names and ports from configuration and start-up lines and from the hosts that any line names.
 * @param catalogue names known beforehand, of services that may have written nothing
 */
export async function learnNames(
  services: Iterable<string>,
  records: readonly LogRecord[],
  catalogue: readonly string[] = [],
): Promise<Directory> {
  // A service that started long before the window is only known by the lines found for its port.
  const speakers = records.map((record) => record.service);
  const raw = new Set([...services, ...speakers].map((service) => service.toLowerCase()));
  const bare = withoutSuffixed(raw);
  const own = new Set([...raw].map((service) => canonicalName(service, bare)));
  const known = new Set([...own, ...catalogue.map((name) => canonicalName(name, own))]);
  const votes = new Map<string, Map<string, number>>();
  const listeners = new Map<string, Set<string>>();
  const addresses = new Map<string, Set<string>>();
  const stands = (address: string, service: string): void => {
    if (known.has(service)) addresses.set(address, (addresses.get(address) ?? new Set()).add(service));
  };
  const vote = (port: string, service: string, weight: number): void => {
    const at = votes.get(port) ?? new Map<string, number>();
    votes.set(port, at.set(service, (at.get(service) ?? 0) + weight));
  };
  for (const record of records) {
    const pause = turn();
    if (pause) await pause;
    if (isFrame(record.message)) continue;
    const self = canonicalName(record.service, own);
    for (const { name, port, sure } of hosts(record)) {
      const service = canonicalName(name, own);
      if (!known.has(service) && !plausible(service, name, sure)) continue;
      known.add(service);
      // Callers use the port they are configured with; the port a process listens on may be mapped to another one.
      if (port) vote(port, service, NAMED);
    }
    for (const place of RESOLVED)
      for (const [, name, host, port] of saying(record).matchAll(place))
        stands(`${host}:${port}`, canonicalName(name!, own));
    for (const [, host, port] of record.message.matchAll(LISTENS_AT)) stands(`${host}:${port}`, self);
    for (const [, port] of record.message.matchAll(LISTENS)) {
      vote(port!, self, 1);
      listeners.set(port!, (listeners.get(port!) ?? new Set()).add(self));
    }
  }
  const ports = new Map(
    [...votes].map(([port, at]) => {
      const ranked = [...at].sort((a, b) => b[1] - a[1]);
      const sure = ranked.filter(([, weight]) => weight >= NAMED);
      return [port, (sure.length > 0 ? sure : ranked).map(([service]) => service)];
    }),
  );
  return { own, known, ports, listeners, addresses, paths: pathNames(known) };
}

const squeeze = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const ROLE = /(?:service|svc|server|api|app)$/;

/** Paths spell a service without its dashes, without the first part that most names share, or without its role. */
function pathNames(known: ReadonlySet<string>): Map<string, string> {
  const heads = new Map<string, number>();
  for (const name of known) {
    const head = name.split('-')[0]!;
    heads.set(head, (heads.get(head) ?? 0) + 1);
  }
  const owners = new Map<string, Set<string>>();
  for (const name of known) {
    const [head, ...rest] = name.split('-');
    const spelt = [name, ...(rest.length > 0 && heads.get(head!)! > known.size / 2 ? [rest.join('-')] : [])];
    for (const one of spelt.flatMap((whole) => [squeeze(whole), squeeze(whole).replace(ROLE, '')]))
      if (one.length > 3) owners.set(one, (owners.get(one) ?? new Set()).add(name));
  }
  // A path that may mean two services counts for none.
  return new Map([...owners].flatMap(([path, by]) => (by.size === 1 ? [[path, [...by][0]!] as const] : [])));
}

/** The service a requested path begins with: `POST /api/v1/orders/7` is for `orders`. */
function serviceOfPath(endpoint: string, paths: ReadonlyMap<string, string>): string | undefined {
  const path = endpoint.slice(endpoint.indexOf('/') + 1);
  const first = path.split(/[/?]/).find((part) => !/^(?:|api|rest|v\d+)$/i.test(part));
  return first && paths.get(squeeze(first));
}

const withoutSuffixed = (raw: ReadonlySet<string>): Set<string> =>
  new Set([...raw].filter((name) => !name.includes('.') || !raw.has(name.split('.')[0]!)));

/**
 * Whether an unknown name in a host's place is a service inside the system, not a site out there or a plain word.
 * @param sure nothing but a host can stand there, so that a short name (`db`) is one too
 */
const plausible = (service: string, name: string, sure: boolean): boolean =>
  service.length > (sure ? 1 : SHORT) &&
  !NO_HOST.has(service) &&
  !NO_NAME.has(service) &&
  (!name.includes('.') || /\.(?:svc|local|internal|cluster)\b/i.test(name));

/** Whether the name at a place is called. In a line about a failed connection any name is; elsewhere `ttl:3600` is not. */
function isCalledIn(line: string): (at: number) => boolean {
  let unanswered: boolean | undefined;
  return (at) => {
    if (unanswered === undefined) {
      const kind = failureKind(line);
      unanswered = kind !== undefined && isUnanswered(kind);
    }
    return unanswered || CALLS.test(line.slice(Math.max(0, at - CALL_CHARS), at));
  };
}

/** A list of keys and small numbers: `[busy:50; idle:0; wait:30000]`. */
const KEYS = /[;,[{(] ?[a-z_]{1,30}:\d{1,2} ?[;,\])}]/i;

/** Whether a name and its number at a place are one of such a list: a key and its value, no host and its port. */
const isKeyIn = (text: string, at: number): boolean =>
  /[;,[{(] ?$/.test(text.slice(Math.max(0, at - 2), at)) && KEYS.test(text);

function* hosts(record: LogRecord): Generator<{ name: string; port?: string; sure: boolean }> {
  const line = saying(record);
  const isCalled = isCalledIn(line);
  for (const match of line.matchAll(NAME_PORT)) {
    if (isKeyIn(line, match.index)) continue;
    const [name, port] = [(match[1] ?? match[3])!, (match[2] ?? match[4])!];
    yield { name, port, sure: name.length <= SHORT && isCalled(match.index) };
  }
  for (const place of NAME_AND_PORT)
    for (const [, name, port] of line.matchAll(place)) yield { name: name!, port: port!, sure: true };
  // Of the places only these (called a service, looked up, URL) are sure enough to make a new name known.
  for (const place of [SAID_SERVICE, ...HOST_PLACES.slice(0, 2)])
    for (const [, name, port] of line.matchAll(place))
      yield { name: name!, ...(port ? { port } : {}), sure: port !== undefined || place === HOST_PLACES[0] };
}

const ASKER = `(?:the )?(?:service )?['"\\[]?${LABEL}(?![\\w:])`;
/** The caller is not the one that fails: `request from cart`, `called by cart`, `client=cart`, `cart에서 온 요청`. */
const ASKERS = [
  new RegExp(
    `\\b(?:requests?|calls?|traffic|callbacks?) (?:#?\\d\\S* |[\\w-]+=\\S+ )?(?:from|by) ${ASKER}`,
    'gi',
  ),
  new RegExp(`\\b(?:called|invoked|requested|sent) by ${ASKER}|\\bon behalf of ${ASKER}`, 'gi'),
  new RegExp(
    `\\b(?:caller|client|requester|from)(?:[_-]?(?:service|name|app|id))?(?:=|["']: ?)${ASKER}`,
    'gi',
  ),
  // Whoever has to go because something else is short.
  new RegExp(
    `\\b(?:evict|preempt)(?:ing|ed|s)? (?:(?:the )?(?:pod|container|task|job|instance|workload|service)s? )?['"]?${LABEL}`,
    'gi',
  ),
  new RegExp(`(?<![\\w-])${LABEL}(?:을|를)? ?(?:축출|선점)`, 'gi'),
  // The process that asked the kernel for what failed.
  new RegExp(`\\bcomm[:=]? ?["']?${LABEL}`, 'gi'),
  new RegExp(`(?<![\\w-])${LABEL}(?:에서|로부터|의|이|가) ?(?:(?:온|받은|들어온|보낸) )?(?:요청|호출)`, 'gi'),
];

/**
 * The services a record names, other than its own. Hosts in a host's place win over ports, ports over names
 * that occur anywhere: the most exact kind found is returned alone.
 */
export function mentions(record: LogRecord, directory: Directory): NameMention[] {
  const { found, add } = collecting(record, directory);
  const text = withoutAskers(record);
  for (const place of [SAID_SERVICE, NAME_PORT, ...NAME_AND_PORT, ...HOST_PLACES])
    for (const match of text.matchAll(place)) {
      if (place === NAME_PORT && isKeyIn(text, match.index)) continue;
      const [name, port] = [match[1] ?? match[3], match[2] ?? match[4]];
      add({ service: canonicalName(name!, directory.own), how: 'host', ...(port ? { port } : {}) });
    }
  if (found.size > 0) return [...found.values()];
  for (const [, host, port] of plainAddresses(text).matchAll(ADDRESS_PORT)) {
    const exact = directory.addresses.get(`${host}:${port}`);
    const there = directory.ports.get(port!) ?? [];
    // Several services share the port: words of the line decide, then the only one that writes nothing; else it may be any of
    // them.
    const named = namedAmong([...new Set([...there, ...(directory.listeners.get(port!) ?? [])])], text);
    const silent = there.filter((service) => !directory.own.has(service));
    if (exact?.size === 1) for (const service of exact) add({ service, how: 'host', port: port! });
    else if (named.length > 0) for (const service of named) add({ service, how: 'served', port: port! });
    else
      for (const service of silent.length === 1
        ? silent
        : there.length > 0
          ? there
          : onlyOneAt(host!, directory))
        add({ service, how: 'port', port: port! });
  }
  if (found.size > 0) return [...found.values()];
  const asked = record.request && serviceOfPath(record.request.endpoint, directory.paths);
  if (asked) add({ service: asked, how: 'path' });
  return found.size > 0 ? [...found.values()] : wordMentions(record, directory);
}

/** The service at an address, whatever the port, if lines say of just one that it is there. */
function onlyOneAt(host: string, { addresses }: Directory): string[] {
  const there = new Set([...addresses].flatMap(([at, by]) => (at.startsWith(`${host}:`) ? [...by] : [])));
  return there.size === 1 ? [...there] : [];
}

/** The known services whose names occur anywhere in a record, other than its own. */
export function wordMentions(record: LogRecord, directory: Directory): NameMention[] {
  const { found, add } = collecting(record, directory);
  for (const [word] of withoutAskers(record).matchAll(WORD))
    add({ service: canonicalName(word, directory.own), how: 'word' });
  return [...found.values()];
}

const withoutAskers = (record: LogRecord): string =>
  ASKERS.reduce((rest, asker) => rest.replace(asker, ' '), saying(record));

/** Keeps the first mention of each known service other than the record's own. */
function collecting(record: LogRecord, directory: Directory) {
  const self = canonicalName(record.service, directory.own);
  const found = new Map<string, NameMention>();
  const add = (mention: NameMention): void => {
    if (NO_NAME.has(mention.service) && !mention.port) return;
    if (mention.service !== self && directory.known.has(mention.service) && !found.has(mention.service))
      found.set(mention.service, mention);
  };
  return { found, add };
}

/**
 * Those of some services whose names a text has among its words, as a path or a sentence would spell them: without the pod's
 * hash, the role or the first part, also in the plural. Among a few services even a short name is clear.
 */
function namedAmong(services: readonly string[], text: string): string[] {
  const words = new Set(
    [...text.matchAll(WORD)].flatMap(([word]) => [squeeze(word), squeeze(word).replace(/s$/, '')]),
  );
  return services.filter((service) => {
    const name = service.replace(POD, '');
    const [, ...rest] = name.split(/[-_]/);
    const forms = [name, rest.join('-')].flatMap((form) => [squeeze(form), squeeze(form).replace(ROLE, '')]);
    return forms.some((form) => form.length > 1 && (words.has(form) || words.has(form.replace(/s$/, ''))));
  });
}

/**
 * Whether a name looks like the wrong address of a service that exists: no service of that name writes, and it is a known
 * name with one letter changed, or with a part added while the port is the known one's own.
 */
export function isMisspelt(name: string, port: string | undefined, directory: Directory): boolean {
  if (directory.own.has(name)) return false;
  const there = (port && directory.listeners.get(port)) || new Set<string>();
  return [...directory.own].some(
    (known) => near(name, known) || (there.has(known) && known.length > 3 && name.startsWith(known)),
  );
}

/** Whether two names differ by at most one letter that is inserted, left out or changed, or by two that are exchanged. */
function near(a: string, b: string): boolean {
  if (a.length < 6 || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length === 2 && left === `${right[1]}${right[0]}`) return !/\d/.test(left);
  // Numbered or lettered siblings (`db-1`, `db-2`) are different services, not misspellings.
  const changed = a.slice(start, a.length - end) + b.slice(start, b.length - end);
  return Math.max(a.length, b.length) - start - end <= 1 && !/\d/.test(changed);
}
