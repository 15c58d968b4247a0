import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { failureKind, isUnanswered, saying } from '../evidence/failure.ts';
import { plainAddresses } from './addresses.ts';
import { canonicalName, type Directory } from './names.ts';

/** Somebody nobody is known by: an address, a host outside, or a bare name where only something dialled can stand. */
export interface Dialled {
  /** The address with its port (`10.0.0.5:5432`), or the name in lower case. */
  service: string;
  port?: string;
}

const ADDRESS = String.raw`(?:(?:\d{1,3}\.){3}\d{1,3}|localhost|\[[0-9a-f:]+\]):\d{2,5}`;
const NAME = String.raw`[a-z](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*`;
/** What stands right before the thing that is dialled. */
const DIALS = String.raw`\b(?:dial(?:ing)?(?: (?:tcp|udp)\d?)?:? |connect(?:ing|ions?|ed)? (?:to|with) (?:server at )?|(?:reach|contact)(?:ing)? |econn[a-z]+ |etimedout |ehostunreach )`;
/** A name ends what is said of where to: a port, the reason or the end of the sentence follows. */
const END = String.raw`(?=['"]? ?(?:$|[:,;.!()[\]](?!\w)|:\d|(?:port|at|on|in|after|within|failed|failure|refused|timed|timeout|time|lost|closed|reset|was|is|has|could|cannot|because|due|error)\b|- ))`;

/** Client and server of a socket that broke: only the second was dialled. */
const SOCKET = new RegExp(`${ADDRESS} ?-> ?(?=${ADDRESS})`, 'gi');
/** Who asks is not who was dialled. */
const ASKER = new RegExp(
  String.raw`\b(?:from|client|by|peer|remote)\b[:=]? ?(?:addr\w*[:=]? ?)?/?${ADDRESS}`,
  'gi',
);
const ANY_ADDRESS = new RegExp(String.raw`(?<![\d.])${ADDRESS}\b`, 'gi');
const DIALLED_ADDRESS = new RegExp(
  String.raw`(?:${DIALS}|->|//)['"]?(${ADDRESS})\b|(?<![\d.])(${ADDRESS})['"]?(?:에|로|으로|와|과|와의|과의)? ?(?:연결|접속)`,
  'gi',
);
const DIALLED_NAME = new RegExp(
  String.raw`${DIALS}['"]?(${NAME})(?::(\d{2,5}))?${END}|(?<![\w./-])(${NAME})(?::(\d{2,5}))?['"]?(?:에|로|으로|와|과|와의|과의)? ?(?:연결|접속)`,
  'gi',
);
/** Words in such a place that name nobody in particular. */
const NOBODY =
  /^(?:an?|the|this|that|its?|it|any|all|one|some|each|other|another|remote|servers?|hosts?|peers?|upstreams?|backends?|clients?|services?|targets?|endpoints?|url|uri|socket|address|port|proxy|node|network|internet|quorum|consensus|limit|max|maximum|end|line|tcp|udp|ip|https?|tls|ssl|grpc|rpc|websocket|failed|error|timeout|refused|and|or|is|was|of|to|for|with|by|be|been|not|no)$/;

/** Only who dials is told these. */
const CERTAIN: ReadonlySet<FailureKind> = new Set<FailureKind>(['refused', 'unavailable']);

/** Whom a failing line says its service could not reach, where nobody is known by that name or address. */
export function dialled(record: LogRecord, directory: Directory): Dialled[] {
  const text = plainAddresses(saying(record)).replace(SOCKET, '->').replace(ASKER, ' ');
  const kind = failureKind(text) ?? 'error';
  if (!isUnanswered(kind) && kind !== 'error') return [];
  const addresses = CERTAIN.has(kind)
    ? [...text.matchAll(ANY_ADDRESS)].map(([address]) => address)
    : [...text.matchAll(DIALLED_ADDRESS)].map(([, there, here]) => (there ?? here)!);
  if (addresses.length > 0)
    return [...new Set(addresses)].map((service) => ({ service: service.toLowerCase() }));
  const self = canonicalName(record.service, directory.own);
  const names = [...text.matchAll(DIALLED_NAME)].map((match): Dialled => {
    const port = match[2] ?? match[4];
    const name = (match[1] ?? match[3])!.toLowerCase();
    return { service: name, ...(port ? { port } : {}) };
  });
  const told = names.filter(({ service }) => service.length > 1 && service !== self && !NOBODY.test(service));
  return [...new Map(told.map((one) => [one.service, one])).values()];
}
