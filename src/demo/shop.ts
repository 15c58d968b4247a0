import { seededRandom } from '../domain/seeded-random.ts';
import { HOUR } from '../domain/time/units.ts';

/** Writes a line for the time it happens at (epoch milliseconds). */
type Write = (at: number) => string;

interface Dice {
  next(): number;
  int(from: number, to: number): number;
  chance(p: number): boolean;
  pick<T>(items: readonly T[]): T;
  hex(length: number): string;
}

/** A line that will be written: milliseconds since the recording began, and how it is written once its time is known. */
export interface ShopEvent {
  at: number;
  service: string;
  write: Write;
}

/** Seconds since the start. */
const SLOW_FROM = 12 * 60;
const DRY_FROM = 13 * 60;
/** Connections of the inventory's database pool. */
const POOL = 20;

function diceOf(seed: number): Dice {
  const next = seededRandom(seed);
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: (items) => items[int(0, items.length - 1)]!,
    hex: (length) => Array.from({ length }, () => int(0, 15).toString(16)).join(''),
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const iso = (at: number): string => new Date(at).toISOString();
/** The wall clock of Seoul, where the shop is: `2026-11-21T15:04:05.123`. */
const seoul = (at: number): string => iso(at + 9 * HOUR).slice(0, 23);

/** How each service of the demonstration writes its lines. Every time names its zone. */
function formats(dice: Dice) {
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

/** Start-up noise, and warnings that have nothing to do with the incident, by the second in which they come. */
const EXTRAS: Record<
  number,
  (log: ReturnType<typeof formats>, dice: Dice, order: number) => [service: string, write: Write]
> = {
  1: (log) => ['gateway', log.gateway('info', 'gateway 1.24.0 starting with 4 workers')],
  2: (log) => [
    'inventory',
    log.inventory('INFO', 'c.s.inventory.Application', '재고 서비스를 시작합니다, 프로필 prod'),
  ],
  3: (log) => ['cart', log.cart('info', 'starting', { version: '2.9.1', port: 8081 })],
  4: (log) => [
    'order',
    log.order('warn', 'connect ECONNREFUSED payment:8090, retrying in 1 s', { attempt: 1 }),
  ],
  5: (log) => ['search', log.search(3, 'cannot open index yet: shard not ready, retrying')],
  6: (log) => ['order', log.order('info', 'payment에 연결되었습니다', { attempt: 2 })],
  7: (log) => ['search', log.search(6, 'index opened, 18211 documents')],
  8: (log) => ['payment', log.payment('정보', '결제 모듈 준비 완료')],
  200: (log) => [
    'cart',
    log.cart('warn', 'setting session.ttl is deprecated, use session.maxAge', { line: 18 }),
  ],
  290: (log, dice) => ['search', log.search(4, `GC pause of ${dice.int(180, 320)} ms`)],
  365: (log, _dice, order) => [
    'payment',
    log.payment('오류', `카드사 응답 없음: 주문 ORD-${order} 1차 시도, 다시 보냅니다`),
  ],
  430: (log) => ['gateway', log.gateway('warn', 'certificate of shop.example expires in 21 days')],
  520: (log, dice) => [
    'search',
    log.search(4, `slow query took ${dice.int(900, 1_400)}ms "선물 세트 전체 목록"`),
  ],
  610: (log) => ['order', log.order('warn', '알림 메일 발송이 지연되고 있습니다', { queue: 3 })],
  905: (log, dice) => ['search', log.search(4, `GC pause of ${dice.int(180, 320)} ms`)],
  1010: (log, dice) => ['search', log.search(4, `slow query took ${dice.int(900, 1_400)}ms "전체 상품"`)],
};

/** The shop as a machine: for each second it says what was logged. */
export class Shop {
  readonly #dice: Dice;
  readonly #formats: ReturnType<typeof formats>;
  /** Number of the last order. */
  #order = 48_200;

  constructor(seed: number) {
    this.#dice = diceOf(seed);
    this.#formats = formats(this.#dice);
  }

  /** What happens in one second, counted from the start of the recording; not sorted, and some of it ends later. */
  second(second: number): ShopEvent[] {
    const events: ShopEvent[] = [];
    this.#extras(events, second);
    this.#routine(events, second);
    // Traffic swings by a third over the twenty minutes and varies from second to second.
    const rate = 8.5 + 2 * Math.sin(second / 190) + this.#dice.next() * 3;
    if (second > 8) for (let n = 0; n < rate; n++) this.#request(events, second);
    return events;
  }

  /** The state of the inventory's database pool: waiting time in ms, and the chance to get no connection at all. */
  #pool(second: number): { wait: number; fails: number } {
    if (second < SLOW_FROM) return { wait: this.#dice.int(0, 4), fails: 0 };
    if (second < DRY_FROM) return { wait: this.#dice.int(80, 200 + (second - SLOW_FROM) * 25), fails: 0 };
    return { wait: this.#dice.int(1_500, 3_000), fails: Math.min(0.92, 0.55 + (second - DRY_FROM) / 200) };
  }

  /** A stock request: adds what `inventory` logs; says whether it worked and how long it took, in ms. */
  #inventory(events: ShopEvent[], at: number, second: number, caller: string, trace: string) {
    const { wait, fails } = this.#pool(second);
    const sku = `SKU-${this.#dice.int(10_000, 10_240)}`;
    const add = (delay: number, write: Write) => events.push({ at: at + delay, service: 'inventory', write });
    if (this.#dice.chance(fails)) {
      const took = this.#dice.int(2_900, 3_050);
      add(
        took,
        this.#dice.pick([
          this.#formats.inventory(
            'ERROR',
            'c.s.inventory.db.ConnectionPool',
            `커넥션 풀 고갈: 사용 중 ${POOL}/${POOL}, 대기 ${this.#dice.int(14, 80)}건, ${took}ms 동안 연결을 얻지 못했습니다`,
          ),
          this.#formats.inventory(
            'ERROR',
            'c.s.inventory.StockService',
            `stock lookup for ${sku} failed: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after ${took}ms (active=${POOL}, idle=0, waiting=${this.#dice.int(14, 80)})`,
          ),
          this.#formats.inventory(
            'ERROR',
            'c.s.inventory.db.Postgres',
            `SQLSTATE 53300: FATAL: remaining connection slots are reserved, pool size ${POOL}, request from ${caller} trace_id=${trace}`,
          ),
        ]),
      );
      return { ok: false, took };
    }
    if (wait > 100)
      add(
        wait,
        this.#formats.inventory(
          'WARN',
          'c.s.inventory.db.ConnectionPool',
          `slow acquire: waited ${wait} ms for a connection (active=${this.#dice.int(17, POOL)}/${POOL}, idle=0)`,
        ),
      );
    const took = wait + this.#dice.int(3, 18);
    add(
      took,
      this.#formats.inventory(
        'INFO',
        'c.s.inventory.StockService',
        `재고 조회 완료 ${sku} 수량 ${this.#dice.int(0, 400)}개, ${took}ms`,
      ),
    );
    return { ok: true, took };
  }

  #search(events: ShopEvent[], at: number): number {
    const took = this.#dice.int(6, 40);
    events.push({
      at: at + took,
      service: 'search',
      write: this.#formats.search(
        6,
        `query "${this.#dice.pick(['머그컵', 'mug', '우산', 'lamp', '노트'])}" hits=${this.#dice.int(0, 90)} took=${took}ms`,
      ),
    });
    return took;
  }

  #cart(events: ShopEvent[], at: number, second: number, trace: string) {
    const stock = this.#inventory(events, at + 3, second, 'cart', trace);
    const took = stock.took + this.#dice.int(4, 12);
    const user = this.#dice.int(1_000, 9_999);
    events.push({
      at: at + took,
      service: 'cart',
      write: stock.ok
        ? this.#formats.cart('info', 'item added', {
            user: `u${user}`,
            items: this.#dice.int(1, 7),
            duration_ms: took,
            trace_id: trace,
          })
        : this.#formats.cart('error', 'stock check failed: upstream inventory timed out', {
            user: `u${user}`,
            upstream: 'inventory',
            status: 504,
            duration_ms: took,
            trace_id: trace,
          }),
    });
    return { status: stock.ok ? 200 : 504, took };
  }

  #checkout(events: ShopEvent[], at: number, second: number, trace: string) {
    const id = `ORD-${++this.#order}`;
    const stock = this.#inventory(events, at + 5, second, 'order', trace);
    if (!stock.ok) {
      const took = stock.took + this.#dice.int(5, 20);
      events.push({
        at: at + took,
        service: 'order',
        write: this.#formats.order('error', `주문 ${id} 재고 예약 실패: inventory 응답 503`, {
          order_id: id,
          upstream: 'http://inventory:8080/reserve',
          status: 503,
          duration_ms: took,
          trace_id: trace,
        }),
      });
      if (this.#dice.chance(0.6))
        events.push({
          at: at + took + 20,
          service: 'payment',
          write: this.#formats.payment(
            '오류',
            `결제 취소: 주문 ${id}의 재고 확정을 받지 못함 (inventory 시간 초과)`,
          ),
        });
      return { status: 503, took };
    }
    const pay = this.#dice.int(60, 220);
    const declined = this.#dice.chance(0.02);
    events.push({
      at: at + stock.took + pay,
      service: 'payment',
      write: declined
        ? this.#formats.payment('경고', `카드 승인 거절: 주문 ${id} 사유 한도 초과`)
        : this.#formats.payment(
            '정보',
            `결제 승인 완료: 주문 ${id} 금액 ${this.#dice.int(3, 180) * 500}원 ${pay}ms`,
          ),
    });
    const took = stock.took + pay + this.#dice.int(5, 20);
    events.push({
      at: at + took,
      service: 'order',
      write: declined
        ? this.#formats.order('warn', `order ${id} not paid: card declined`, {
            order_id: id,
            status: 402,
            duration_ms: took,
            trace_id: trace,
          })
        : this.#formats.order('info', `주문 ${id} 접수 완료`, {
            order_id: id,
            status: 201,
            duration_ms: took,
            trace_id: trace,
          }),
    });
    return { status: declined ? 402 : 201, took };
  }

  #request(events: ShopEvent[], second: number): void {
    const at = second * 1_000 + this.#dice.next() * 1_000;
    const trace = this.#dice.hex(32);
    const roll = this.#dice.next();
    let method = 'GET';
    let path = `/api/search?q=${this.#dice.pick(['mug', 'lamp', 'note'])}`;
    let [status, took] = [200, 0];
    let upstream = 'search';
    if (roll < 0.42) took = this.#search(events, at + 1);
    else if (roll < 0.72) {
      [method, path, upstream] = ['POST', '/api/cart/items', 'cart'];
      ({ status, took } = this.#cart(events, at + 1, second, trace));
    } else if (roll < 0.97) {
      [method, path, upstream] = ['POST', '/api/orders', 'order'];
      ({ status, took } = this.#checkout(events, at + 1, second, trace));
    } else
      [path, status, took] = [
        `/static/img/${this.#dice.int(100, 999)}.png`,
        this.#dice.chance(0.1) ? 404 : 304,
        1,
      ];
    const done = at + took + 2;
    events.push({ at: done, service: 'gateway', write: this.#formats.access(method, path, status, took) });
    if (status >= 500)
      events.push({
        at: done + 0.5,
        service: 'gateway',
        write: this.#formats.gateway(
          'error',
          `upstream ${upstream} answered ${status} for ${method} ${path} after ${took} ms`,
        ),
      });
  }

  /** Lines that come at regular times and mean nothing. */
  #routine(events: ShopEvent[], second: number): void {
    const add = (service: string, write: Write) =>
      events.push({ at: second * 1_000 + this.#dice.next() * 1_000, service, write });
    if (second % 10 === 3) {
      const dry = second >= DRY_FROM;
      add(
        'inventory',
        this.#formats.inventory(
          dry ? 'WARN' : 'INFO',
          'c.s.inventory.db.ConnectionPool',
          `pool stats: active=${dry ? POOL : this.#dice.int(2, 8)} idle=${dry ? 0 : this.#dice.int(10, 14)} waiting=${dry ? this.#dice.int(14, 80) : 0}`,
        ),
      );
    }
    if (second >= DRY_FROM - 1 && second < DRY_FROM + 3)
      for (let n = 0; n < 3; n++)
        add(
          'inventory',
          this.#formats.inventory(
            'ERROR',
            'c.s.inventory.db.ConnectionPool',
            `cannot open connection ${this.#dice.int(300, 999)}: SQLSTATE 53300 too many clients, pool ${POOL}/${POOL} in use`,
          ),
        );
    if (second % 15 === 5)
      add('search', this.#formats.search(6, `index refreshed, ${this.#dice.int(18_000, 18_400)} documents`));
    if (second % 20 === 8)
      add('payment', this.#formats.payment('정보', `정산 대기 ${this.#dice.int(2, 30)}건 확인`));
    if (second % 60 === 30)
      add('gateway', this.#formats.gateway('info', `health check ok, ${this.#dice.int(40, 90)} connections`));
    if (second % 90 === 40)
      add(
        'cart',
        this.#formats.cart('info', 'expired carts removed', {
          count: this.#dice.int(0, 12),
          duration_ms: this.#dice.int(5, 30),
        }),
      );
  }

  #extras(events: ShopEvent[], second: number): void {
    const extra = EXTRAS[second]?.(this.#formats, this.#dice, this.#order);
    if (!extra) return;
    const [service, write] = extra;
    events.push({ at: second * 1_000 + 500, service, write });
  }
}
