import { HOUR } from '../domain/time/units.ts';
/** Writes a line for the time it happens at (epoch milliseconds). */
export type Write = (at: number) => string;

export interface Dice {
  next(): number;
  int(from: number, to: number): number;
  chance(p: number): boolean;
  pick<T>(items: readonly T[]): T;
  hex(length: number): string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const iso = (at: number): string => new Date(at).toISOString();
/** The wall clock of Seoul, where the shop is: `2026-11-21T15:04:05.123`. */
const seoul = (at: number): string => iso(at + 9 * HOUR).slice(0, 23);

/** How each service of the demonstration writes its lines. Every time names its zone. */
export function formats(dice: Dice) {
  const agents = ['Mozilla/5.0 (Android 15)', 'ShopApp/5.2 (iOS)', 'Mozilla/5.0 (Windows NT 10.0)'];
  return {
    /** nginx access log with the request time at the end. */
    access(method: string, path: string, status: number, tookMs: number): Write {
      const client = `203.0.113.${dice.int(1, 254)}`;
      const [bytes, agent] = [dice.int(180, 9_000), dice.pick(agents)];
      return (at) => {
        const [date, time] = seoul(at).split('T') as [string, string];
        const [year, month, day] = date.split('-') as [string, string, string];
        const stamp = `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0900`;
        return `${client} - - [${stamp}] "${method} ${path} HTTP/1.1" ${status} ${bytes} "-" "${agent}" ${(tookMs / 1_000).toFixed(3)}`;
      };
    },
    /** nginx error log style. */
    gateway: (level: string, message: string): Write => {
      const worker = dice.int(21, 24);
      return (at) => `${iso(at).slice(0, 19)}Z [${level}] ${worker}#0: ${message}`;
    },
    /** JSON lines. */
    order: (level: string, msg: string, fields: Record<string, unknown>): Write => {
      return (at) => JSON.stringify({ time: iso(at), level, service: 'order', msg, ...fields });
    },
    /** log4j style with comma milliseconds. */
    inventory: (level: string, logger: string, message: string): Write => {
      const thread = `http-nio-8080-exec-${dice.int(1, 40)}`;
      return (at) =>
        `${iso(at).slice(0, 23).replace('.', ',')}Z ${level.padEnd(5)} [${thread}] ${logger} - ${message}`;
    },
    /** logfmt. */
    cart: (level: string, msg: string, fields: Record<string, string | number>): Write => {
      const pairs = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
      return (at) => [`ts=${iso(at)}`, `level=${level}`, 'service=cart', `msg="${msg}"`, ...pairs].join(' ');
    },
    /** Plain text with Korean levels. */
    payment: (level: string, message: string): Write => {
      return (at) => `[${seoul(at).slice(0, 19).replace('T', ' ')} +0900] ${level}: ${message}`;
    },
    /** Syslog, RFC 5424, facility local0. */
    search: (severity: number, message: string): Write => {
      const host = dice.pick(['search-a', 'search-b']);
      return (at) => `<${16 * 8 + severity}>1 ${iso(at)} ${host} search 812 - - ${message}`;
    },
  };
}
