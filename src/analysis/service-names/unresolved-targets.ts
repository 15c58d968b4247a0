import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { Lexicon } from '../lexicon/lexicon.ts';
import { failureKind, isUnanswered, saying } from '../logs/failure.ts';
import { plainAddresses } from './addresses.ts';
import { canonicalName, type Directory } from './names.ts';

/**
 * A target that has no name or address of a known service: an address, a host outside, or a plain word in a place where only a
 * target can be.
 */
export interface UnresolvedTarget {
  /** The address with its port (`10.0.0.5:5432`), or the name in lower case. */
  service: string;
  port?: string;
}

const LEXICON = new Lexicon('names');

const ADDRESS = String.raw`(?:(?:\d{1,3}\.){3}\d{1,3}|localhost|\[[0-9a-f:]+\]):\d{2,5}`;
const NAME = String.raw`[a-z](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*`;
/** What stands right before the target of a connection. */
const CALLS = String.raw`\b(?:dial(?:ing)?(?: (?:tcp|udp)\d?)?:? |lookup |connect(?:ing|ions?|ed)? (?:to|with) (?:server at )?|(?:reach|contact)(?:ing)? |econn[a-z]+ |etimedout |ehostunreach )`;
/** A name of several parts: a plain word in a sentence is none. */
const COMPOUND = '[a-z][a-z0-9]{1,30}(?:[-_][a-z0-9]{1,30}){1,6}';
/** What follows a target's name: a port, the reason, or the end of the sentence. */
const END = String.raw`(?=['"]? ?(?:$|[:,;.!()[\]](?!\w)|:\d|(?:${LEXICON.source('after-a-target')})\b|- ))`;

/** Client and server of a socket that broke: only the second was called. */
const SOCKET = new RegExp(`${ADDRESS} ?-> ?(?=${ADDRESS})`, 'gi');
/** The caller's address: it is not the target. */
const ASKER = new RegExp(
  String.raw`\b(?:from|client|by|peer|remote)\b[:=]? ?(?:addr\w*[:=]? ?)?/?${ADDRESS}`,
  'gi',
);
const ANY_ADDRESS = new RegExp(String.raw`(?<![\d.])${ADDRESS}\b`, 'gi');
const CALLED_ADDRESS = new RegExp(
  String.raw`(?:${CALLS}|->|//)['"]?(${ADDRESS})\b|(?<![\d.])(${ADDRESS})['"]?(?:에|로|으로|와|과|와의|과의)? ?(?:연결|접속)`,
  'gi',
);
const CALLED_NAME = new RegExp(
  String.raw`${CALLS}['"]?(${NAME})(?::(\d{2,5}))?${END}|(?<![\w./-])(${NAME})(?::(\d{2,5}))?['"]?(?:에|로|으로|와|과|와의|과의)? ?(?:연결|접속)`,
  'gi',
);
/** A whole host name: the last part is no number, and a file or a package is none. */
const HOST = String.raw`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z][a-z0-9-]{1,22}`;
/** Where only a host can stand: in a URL, with a port, behind the word host, or looked up. */
const CALLED_HOST = new RegExp(
  [
    String.raw`\w:\/\/(?:[^\s\/@'"]{1,80}@)?(${HOST})(?::(\d{2,5}))?(?![\w.@-])`,
    String.raw`(?<![\w.@/-])(${HOST}):(\d{2,5})\b(?![.:]\d)`,
    String.raw`\b(?:host(?:name)?|domain|server|endpoint|upstream|resolve|lookup|enotfound|eai_[a-z]{1,12})(?: host(?: ?name)?)?[ :=]{1,2}['"]?(${HOST})(?::(\d{2,5}))?(?![\w@-])`,
    String.raw`${CALLS}['"]?(${HOST})(?::(\d{2,5}))?(?![\w@-])`,
  ].join('|'),
  'gi',
);
/** In a line about a name that has no address, or about a host, a host may stand anywhere. */
const ANY_HOST = new RegExp(String.raw`(?<![\w.@/$-])(${HOST})\.?(?![\w.@(/$-])`, 'gi');
const ABOUT_HOSTS = /\bhosts? .{0,80}\bunreachable\b|\bno route to host\b/i;
/** The first part of the name of a package, and the last part of the name of a file. */
const PACKAGE = LEXICON.words('package');
const FILE = LEXICON.words('file');

/** Something is asked of a target, or a talk with it is begun or broken: a compound name behind it is that of the target. */
const SPOKEN = new RegExp(
  String.raw`\b(?:handshakes?|requests?|calls?|rpcs?|sessions?|streams?|connections?|channels?|subscri(?:ption|bing|bed?)|talk(?:ing)?|quer(?:y|ies|ying)|fetch(?:ing|ed)?(?: [\w-]{1,24}){0,2}|read(?:ing)?(?: [\w-]{1,24})?) (?:to|with|from) ['"]?(${COMPOUND})['"]?(?![\w.-])|(?<![\w./@-])(${COMPOUND}) ?(?:에|로|으로|와|과|와의|과의|에서)? ?(?:[A-Za-z]{2,5} ?)?(?:호출|요청|연결|접속|핸드셰이크|통신|응답)`,
  'gi',
);
/** Words in such a place that do not name a particular target. */
const NO_TARGET = LEXICON.words('not-a-target');

/** Only a caller has these failures, so any address in such a line is the one it called. */
const CERTAIN: ReadonlySet<FailureKind> = new Set<FailureKind>(['refused', 'unavailable']);

/** Both ends of a socket, this program's first. */
const ENDS = /:(\d{2,5}) ?-> ?\S{1,60}:(\d{2,5})\b/;

/** Whether a line names a socket whose other end is a client: systems give the higher port to whoever calls. */
export function servesClient(text: string): boolean {
  const [, here, there] = ENDS.exec(text) ?? [];
  return Number(there) > Number(here);
}

/** The targets that a failing line reports as unreachable, if no known service has that name or address. */
export function unresolvedTargets(record: LogRecord, directory: Directory): UnresolvedTarget[] {
  if (servesClient(record.message)) return [];
  const text = plainAddresses(saying(record)).replace(SOCKET, '->').replace(ASKER, ' ');
  const kind = failureKind(text) ?? 'error';
  if (!isUnanswered(kind) && kind !== 'error' && kind !== 'tls') return [];
  const addresses = CERTAIN.has(kind)
    ? [...text.matchAll(ANY_ADDRESS)].map(([address]) => address)
    : [...text.matchAll(CALLED_ADDRESS)].map(([, there, here]) => (there ?? here)!);
  if (addresses.length > 0)
    return [...new Set(addresses)].map((service) => ({ service: service.toLowerCase() }));
  const hosts = hostsIn(text, kind);
  if (hosts.length > 0) return hosts;
  const self = canonicalName(record.service, directory.own);
  const places = kind === 'error' ? [CALLED_NAME] : [CALLED_NAME, SPOKEN];
  const names = places.flatMap((place) =>
    [...text.matchAll(place)].map((match): UnresolvedTarget => {
      const port = place === SPOKEN ? undefined : (match[2] ?? match[4]);
      const name = (match[1] ?? match[place === SPOKEN ? 2 : 3])!.toLowerCase();
      return { service: name, ...(port ? { port } : {}) };
    }),
  );
  const found = names.filter(
    ({ service }) => service.length > 1 && service !== self && !NO_TARGET.has(service),
  );
  return [...new Map(found.map((one) => [one.service, one])).values()];
}

/** The hosts outside that a line says it could not reach. */
function hostsIn(text: string, kind: FailureKind): UnresolvedTarget[] {
  const found = new Map<string, UnresolvedTarget>();
  const add = (name: string, port?: string): void => {
    const service = name.toLowerCase();
    const parts = service.split('.');
    if (PACKAGE.has(parts[0]!) || FILE.has(parts.at(-1)!)) return;
    if (!found.has(service)) found.set(service, { service, ...(port ? { port } : {}) });
  };
  for (const match of text.matchAll(CALLED_HOST)) {
    const at = match.findIndex((part, index) => index > 0 && part !== undefined);
    add(match[at]!, match[at + 1]);
  }
  if (found.size === 0 && (kind === 'dns' || kind === 'tls' || ABOUT_HOSTS.test(text)))
    for (const [, name] of text.matchAll(ANY_HOST)) add(name!);
  return [...found.values()];
}
