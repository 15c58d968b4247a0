import type { Sent } from './load.ts';
import type { Platform, Posted } from './platform.ts';

/** What people see at the end, held against what was sent. */
export interface Verdict {
  sent: number;
  incidents: number;
  /** Anomalies that no message counts, and what says so. */
  lost: number;
  /** Messages that stand twice, and anomalies counted twice. */
  doubled: number;
  /** Incidents whose message is not in the channel of their route. */
  misplaced: number;
  /** From the first anomaly of the highest severity on the bus to its thread, ms. */
  p50: number;
  p99: number;
  /** Each of these times, ms, shortest first. */
  delays: number[];
  threads: number;
  /** Posts and edits that the platform carried out. */
  used: number;
  /** The first few things that are wrong, in words. */
  wrong: string[];
}

const WORST = 5;
const WRONG_SHOWN = 8;

const parentsOf = (platform: Platform): Posted[] =>
  platform.messages.filter(({ nonce }) => nonce?.startsWith('parent/'));
const stormsOf = (platform: Platform): Posted[] =>
  platform.messages.filter(({ nonce }) => nonce?.startsWith('storm/'));

/** `12 times` anywhere behind the service's name in a message. */
function countIn(text: string, service: string): number | undefined {
  const at = text.indexOf(`${service}: `);
  if (at < 0) return undefined;
  const found = / (\d+) times?\b/.exec(text.slice(at));
  return found ? Number(found[1]) : undefined;
}

/** Whether a storm message has a button for the incident that it lists of a service. */
function canOpen(storm: Posted, service: string): boolean {
  const row = storm.text.split('\n').find((line) => line.includes(`• ${service}: `));
  const id = /#([0-9a-f]{10})\b/.exec(row ?? '')?.[1];
  return id !== undefined && storm.buttons.some((value) => value.includes(id));
}

/** Reads the platform as a person would, and counts. Nothing of the bot is asked. */
export function judge(sent: readonly Sent[], platform: Platform): Verdict {
  const wrong: string[] = [];
  const services = new Map<string, Sent[]>();
  for (const one of sent) {
    const others = services.get(one.service);
    if (others) others.push(one);
    else services.set(one.service, [one]);
  }
  const parents = parentsOf(platform);
  const storms = stormsOf(platform);
  const owner = (message: Posted): string => /^\W*(\S+?): /.exec(message.text)?.[1] ?? '';
  const parentOf = new Map<string, Posted[]>();
  for (const parent of parents) parentOf.set(owner(parent), [...(parentOf.get(owner(parent)) ?? []), parent]);
  const stormOf = new Map<string, Posted[]>();
  for (const storm of storms)
    for (const [, service] of storm.text.matchAll(/• (\S+?): /g))
      stormOf.set(service!, [...(stormOf.get(service!) ?? []), storm]);

  let lost = 0;
  let doubled = 0;
  let misplaced = 0;
  const delays: number[] = [];
  for (const [service, ofIt] of services) {
    const own = parentOf.get(service) ?? [];
    const told = [...own, ...(stormOf.get(service) ?? [])];
    if (told.length === 0) {
      lost += ofIt.length;
      wrong.push(`${service}: no message tells of its ${ofIt.length} anomalies`);
      continue;
    }
    const counts = told.map((message) => countIn(message.text, service) ?? 0);
    const count = Math.max(...counts);
    if (count < ofIt.length) {
      lost += ofIt.length - count;
      wrong.push(`${service}: ${count} of ${ofIt.length} anomalies counted`);
    }
    if (count > ofIt.length) {
      doubled += count - ofIt.length;
      wrong.push(`${service}: ${count} counted, ${ofIt.length} sent`);
    }
    if (told.length > 1) {
      doubled += told.length - 1;
      wrong.push(`${service}: ${own.length} threads, in ${told.length - own.length} storm messages`);
    }
    if (told.some(({ channel }) => channel !== ofIt[0]!.channel)) {
      misplaced += 1;
      wrong.push(`${service}: in another channel`);
    }
    const isWorst = ofIt[0]!.severity >= WORST;
    if (own.length === 0) {
      if (isWorst) wrong.push(`${service}: of the highest severity, and in no thread of its own`);
      if (!told.some((storm) => canOpen(storm, service)))
        wrong.push(`${service}: in a storm message without a button`);
    }
    const first = Math.min(...ofIt.map(({ at }) => at ?? Infinity));
    if (isWorst) delays.push(own[0] ? own[0].at - first : Infinity);
  }
  const nonces = new Map<string, number>();
  for (const { nonce } of platform.messages) if (nonce) nonces.set(nonce, (nonces.get(nonce) ?? 0) + 1);
  for (const [nonce, count] of nonces) {
    if (count === 1) continue;
    // Two threads of one incident are counted above.
    if (!nonce.startsWith('parent/')) doubled += count - 1;
    wrong.push(`${nonce}: stands ${count} times`);
  }
  for (const beyond of platform.beyondLimits) wrong.push(`beyond the platform's limits: ${beyond}`);
  delays.sort((a, b) => a - b);
  const used = platform.calls.filter(
    ({ method, carriedOut }) => carriedOut && (method === 'chat.postMessage' || method === 'chat.update'),
  ).length;
  return {
    sent: sent.length,
    incidents: services.size,
    lost,
    doubled,
    misplaced,
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99),
    delays,
    threads: parents.length,
    used,
    wrong: wrong.slice(0, WRONG_SHOWN),
  };
}

/** The value that as large a share of the sorted ones does not exceed (nearest rank). */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;

/** Whether all that was sent can be seen, each once and with the right count. */
export const isRight = ({ lost, doubled, misplaced, wrong }: Verdict): boolean =>
  lost === 0 && doubled === 0 && misplaced === 0 && wrong.length === 0;

/**
 * Waits until everything can be seen and nothing has been sent for `quietMs`: what comes then can be a double. What is not
 * there when nothing has been sent for `stuckMs` is lost; how long it takes until then is the machine's and the pace's matter.
 */
export async function settled(
  sent: readonly Sent[],
  platform: Platform,
  options: { quietMs: number; stuckMs: number },
): Promise<Verdict> {
  const writes = (): number => platform.calls.filter(({ method }) => method.startsWith('chat.')).length;
  let quietSince = Date.now();
  let seen = writes();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (writes() !== seen) {
      seen = writes();
      quietSince = Date.now();
    }
    const quietMs = Date.now() - quietSince;
    if (quietMs <= options.quietMs) continue;
    const verdict = judge(sent, platform);
    if (verdict.lost === 0 || quietMs > options.stuckMs) return verdict;
  }
}
