// Two made systems whose lines are written down as facts first: what is counted in them is counted from those.
import { type LogReader, readerOver } from '../../../src/analysis/logs/reader.ts';
import type { SourceLine } from '../../../src/domain/log/source-line.ts';
import { recordsOfLines } from '../../../src/pipeline/offline.ts';
import { seeded } from '../generated/world.ts';

/** What a line says, before it is written. */
export interface Fact {
  at: number;
  service: string;
  level: 'info' | 'warn' | 'error';
  text: string;
  request?: { path: string; status: number; ms: number };
}

/** A system: its facts, and its lines as a person's files would hold them. */
export interface System {
  facts: readonly Fact[];
  /** The clock of the person who asks. */
  now: number;
  reader(): Promise<LogReader>;
}

const MINUTE = 60_000;
const at = (text: string): number => Date.parse(`${text}Z`);

/** Adds facts from a begin to an end, one about every so many milliseconds. */
type Every = (from: string, to: string, ms: number, make: (number: number) => Omit<Fact, 'at'>) => void;

function collect(seed: number): { facts: Fact[]; every: Every; below: (limit: number) => number } {
  const random = seeded(seed);
  const facts: Fact[] = [];
  const every: Every = (from, to, ms, make) => {
    let number = 0;
    for (let time = at(from); time < at(to); time += ms * (0.7 + 0.6 * random())) {
      facts.push({ ...make(number), at: Math.floor(time) });
      number += 1;
    }
  };
  return { facts, every, below: (limit) => Math.floor(random() * limit) };
}

/** A shop over two days; on the second one a pool runs dry from 14:00 to 14:40. */
export function shop(): System {
  const { facts, every, below } = collect(7);
  const [from, to] = ['2026-05-11T00:00:00', '2026-05-12T15:30:00'];
  const access = (path: string, status: number, ms: number): Omit<Fact, 'at'> => ({
    service: 'gateway',
    level: status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info',
    text: '',
    request: { path, status, ms },
  });
  every(from, to, 25_000, () => access('/api/orders', 200, 40 + below(40)));
  every(from, to, 45_000, () => access('/api/search', 200, 90 + below(60)));
  every(from, to, 90_000, () => access('/health', 200, 1 + below(4)));
  every(from, to, 11 * MINUTE, () => access('/api/coupons', 404, 5 + below(10)));
  every('2026-05-12T14:00:00', '2026-05-12T14:40:00', 9_000, () =>
    access('/api/orders', 503, 4_000 + below(1_500)),
  );
  every(from, to, 50_000, () => ({
    service: 'order',
    level: 'info',
    text: `calling http://payment:8090/charge for order ${below(90_000)}`,
  }));
  every(from, to, 70_000, () => ({
    service: 'order',
    level: 'info',
    text: `reserving at inventory:7000, item ${below(900)}`,
  }));
  every(from, to, 37 * MINUTE, () => ({
    service: 'order',
    level: 'error',
    text: `rejected order ${below(90_000)}: item not found`,
  }));
  every(from, to, 60_000, () => ({
    service: 'payment',
    level: 'info',
    text: `charged ${below(900)} for order ${below(90_000)}`,
  }));
  every(from, to, 55 * MINUTE, () => ({
    service: 'payment',
    level: 'warn',
    text: `retrying card ${below(900)}, attempt 2`,
  }));
  every(from, to, 80_000, () => ({
    service: 'inventory',
    level: 'info',
    text: `stock of item ${below(900)} is ${below(70)}`,
  }));
  every('2026-05-12T14:00:00', '2026-05-12T14:40:00', 5_000, () => ({
    service: 'inventory',
    level: 'error',
    text: `connection pool exhausted (20/20), request ${below(90_000)} waits`,
  }));
  every(from, to, 30 * MINUTE, () => ({
    service: 'search',
    level: 'warn',
    text: `GC pause of ${150 + below(200)} ms`,
  }));
  every(from, to, 100_000, () => ({
    service: 'search',
    level: 'info',
    text: `query took ${below(60)} ms, ${below(40)} hits`,
  }));
  facts.push({
    at: at('2026-05-12T13:55:10'),
    service: 'order',
    level: 'info',
    text: 'deploy of order 2.3.1 finished',
  });
  facts.push({
    at: at('2026-05-12T14:20:30'),
    service: 'inventory',
    level: 'info',
    text: 'restarting worker 3 by hand',
  });
  return made(facts, at('2026-05-12T15:30:30'));
}

/** A payroll of a day, in Korean, asked about half a year later; the mail server refuses connections from 09:30 on. */
export function payroll(): System {
  const { facts, every, below } = collect(11);
  const [from, to] = ['2026-03-03T00:00:00', '2026-03-03T10:00:00'];
  every(from, to, 20_000, () => ({
    service: 'portal',
    level: 'info',
    text: '',
    request: { path: '/v1/slips', status: 200, ms: 20 + below(30) },
  }));
  every(from, to, 60_000, () => ({
    service: 'portal',
    level: 'info',
    text: '',
    request: { path: '/v1/login', status: 200, ms: 200 + below(100) },
  }));
  every('2026-03-03T09:30:00', to, 15_000, () => ({
    service: 'portal',
    level: 'error',
    text: '',
    request: { path: '/v1/mails', status: 502, ms: 900 + below(100) },
  }));
  every(from, to, 30_000, () => ({
    service: '정산',
    level: 'info',
    text: `급여 ${below(9_000)}번 정산을 마쳤습니다`,
  }));
  every(from, to, 41 * MINUTE, () => ({
    service: '정산',
    level: 'error',
    text: `사번 ${below(9_000)}의 근태 기록이 없습니다`,
  }));
  every(from, to, 45_000, () => ({ service: 'mailer', level: 'info', text: `sent slip ${below(9_000)}` }));
  every('2026-03-03T09:30:00', to, 6_000, () => ({
    service: 'mailer',
    level: 'error',
    text: `connect ECONNREFUSED smtp:25, slip ${below(9_000)}`,
  }));
  every(from, to, 20 * MINUTE, () => ({
    service: 'ledger-db',
    level: 'info',
    text: `checkpoint complete: wrote ${below(400)} buffers`,
  }));
  every(from, to, 50 * MINUTE, () => ({
    service: 'ledger-db',
    level: 'warn',
    text: `slow query took ${900 + below(900)} ms`,
  }));
  return made(facts, at('2026-09-20T08:00:00'));
}

function made(facts: Fact[], now: number): System {
  facts.sort((a, b) => a.at - b.at);
  return {
    facts,
    now,
    async reader() {
      const lines = facts.map(
        (fact, index): SourceLine => ({
          text: written(fact),
          source: fact.service,
          position: String(index + 1),
          stream: { service: fact.service, name: fact.service },
        }),
      );
      return readerOver(await recordsOfLines([lines], 'UTC'));
    },
  };
}

function written({ at: time, service, level, text, request }: Fact): string {
  const iso = new Date(time).toISOString();
  if (request)
    return JSON.stringify({
      time: iso,
      level,
      service,
      msg: 'request',
      method: 'GET',
      path: request.path,
      status: request.status,
      duration_ms: request.ms,
    });
  return `${iso} ${level.toUpperCase()} ${text}`;
}
