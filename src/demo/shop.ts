import { type Dice, formats, type Write } from './shop-formats.ts';

/** A line on its way: milliseconds since the recording began, and how it is written once its time is known. */
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

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    chance: (p) => next() < p,
    pick: (items) => items[int(0, items.length - 1)]!,
    hex: (length) => Array.from({ length }, () => int(0, 15).toString(16)).join(''),
  };
}

/** The shop as a machine that is asked, second by second, what was logged. */
export function createShop(seed: number): { second(second: number): ShopEvent[] } {
  const dice = diceOf(seed);
  const log = formats(dice);
  let order = 48_200;
  /** How the inventory's database pool fares: waiting time in ms, and the chance that no connection comes at all. */
  function pool(second: number): { wait: number; fails: number } {
    if (second < SLOW_FROM) return { wait: dice.int(0, 4), fails: 0 };
    if (second < DRY_FROM) return { wait: dice.int(80, 200 + (second - SLOW_FROM) * 25), fails: 0 };
    return { wait: dice.int(1_500, 3_000), fails: Math.min(0.92, 0.55 + (second - DRY_FROM) / 200) };
  }

  /** A stock request: what inventory logs, how long it takes and whether it works. */
  function inventory(events: ShopEvent[], at: number, second: number, caller: string, trace: string) {
    const { wait, fails } = pool(second);
    const sku = `SKU-${dice.int(10_000, 10_240)}`;
    const add = (delay: number, write: Write) => events.push({ at: at + delay, service: 'inventory', write });
    if (dice.chance(fails)) {
      const took = dice.int(2_900, 3_050);
      add(
        took,
        dice.pick([
          log.inventory(
            'ERROR',
            'c.s.inventory.db.ConnectionPool',
            `커넥션 풀 고갈: 사용 중 ${POOL}/${POOL}, 대기 ${dice.int(14, 80)}건, ${took}ms 동안 연결을 얻지 못했습니다`,
          ),
          log.inventory(
            'ERROR',
            'c.s.inventory.StockService',
            `stock lookup for ${sku} failed: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after ${took}ms (active=${POOL}, idle=0, waiting=${dice.int(14, 80)})`,
          ),
          log.inventory(
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
        log.inventory(
          'WARN',
          'c.s.inventory.db.ConnectionPool',
          `slow acquire: waited ${wait} ms for a connection (active=${dice.int(17, POOL)}/${POOL}, idle=0)`,
        ),
      );
    const took = wait + dice.int(3, 18);
    add(
      took,
      log.inventory(
        'INFO',
        'c.s.inventory.StockService',
        `재고 조회 완료 ${sku} 수량 ${dice.int(0, 400)}개, ${took}ms`,
      ),
    );
    return { ok: true, took };
  }

  function search(events: ShopEvent[], at: number): number {
    const took = dice.int(6, 40);
    events.push({
      at: at + took,
      service: 'search',
      write: log.search(
        6,
        `query "${dice.pick(['머그컵', 'mug', '우산', 'lamp', '노트'])}" hits=${dice.int(0, 90)} took=${took}ms`,
      ),
    });
    return took;
  }

  function cart(events: ShopEvent[], at: number, second: number, trace: string) {
    const stock = inventory(events, at + 3, second, 'cart', trace);
    const took = stock.took + dice.int(4, 12);
    const user = dice.int(1_000, 9_999);
    events.push({
      at: at + took,
      service: 'cart',
      write: stock.ok
        ? log.cart('info', 'item added', {
            user: `u${user}`,
            items: dice.int(1, 7),
            duration_ms: took,
            trace_id: trace,
          })
        : log.cart('error', 'stock check failed: upstream inventory timed out', {
            user: `u${user}`,
            upstream: 'inventory',
            status: 504,
            duration_ms: took,
            trace_id: trace,
          }),
    });
    return { status: stock.ok ? 200 : 504, took };
  }

  function checkout(events: ShopEvent[], at: number, second: number, trace: string) {
    const id = `ORD-${++order}`;
    const stock = inventory(events, at + 5, second, 'order', trace);
    if (!stock.ok) {
      const took = stock.took + dice.int(5, 20);
      events.push({
        at: at + took,
        service: 'order',
        write: log.order('error', `주문 ${id} 재고 예약 실패: inventory 응답 503`, {
          order_id: id,
          upstream: 'http://inventory:8080/reserve',
          status: 503,
          duration_ms: took,
          trace_id: trace,
        }),
      });
      if (dice.chance(0.6))
        events.push({
          at: at + took + 20,
          service: 'payment',
          write: log.payment('오류', `결제 취소: 주문 ${id}의 재고 확정을 받지 못함 (inventory 시간 초과)`),
        });
      return { status: 503, took };
    }
    const pay = dice.int(60, 220);
    const declined = dice.chance(0.02);
    events.push({
      at: at + stock.took + pay,
      service: 'payment',
      write: declined
        ? log.payment('경고', `카드 승인 거절: 주문 ${id} 사유 한도 초과`)
        : log.payment('정보', `결제 승인 완료: 주문 ${id} 금액 ${dice.int(3, 180) * 500}원 ${pay}ms`),
    });
    const took = stock.took + pay + dice.int(5, 20);
    events.push({
      at: at + took,
      service: 'order',
      write: declined
        ? log.order('warn', `order ${id} not paid: card declined`, {
            order_id: id,
            status: 402,
            duration_ms: took,
            trace_id: trace,
          })
        : log.order('info', `주문 ${id} 접수 완료`, {
            order_id: id,
            status: 201,
            duration_ms: took,
            trace_id: trace,
          }),
    });
    return { status: declined ? 402 : 201, took };
  }

  function request(events: ShopEvent[], second: number): void {
    const at = second * 1_000 + dice.next() * 1_000;
    const trace = dice.hex(32);
    const roll = dice.next();
    let method = 'GET';
    let path = `/api/search?q=${dice.pick(['mug', 'lamp', 'note'])}`;
    let [status, took] = [200, 0];
    let upstream = 'search';
    if (roll < 0.42) took = search(events, at + 1);
    else if (roll < 0.72) {
      [method, path, upstream] = ['POST', '/api/cart/items', 'cart'];
      ({ status, took } = cart(events, at + 1, second, trace));
    } else if (roll < 0.97) {
      [method, path, upstream] = ['POST', '/api/orders', 'order'];
      ({ status, took } = checkout(events, at + 1, second, trace));
    } else [path, status, took] = [`/static/img/${dice.int(100, 999)}.png`, dice.chance(0.1) ? 404 : 304, 1];
    const done = at + took + 2;
    events.push({ at: done, service: 'gateway', write: log.access(method, path, status, took) });
    if (status >= 500)
      events.push({
        at: done + 0.5,
        service: 'gateway',
        write: log.gateway(
          'error',
          `upstream ${upstream} answered ${status} for ${method} ${path} after ${took} ms`,
        ),
      });
  }

  /** Lines that come by the clock and mean nothing. */
  function routine(events: ShopEvent[], second: number): void {
    const add = (service: string, write: Write) =>
      events.push({ at: second * 1_000 + dice.next() * 1_000, service, write });
    if (second % 10 === 3) {
      const dry = second >= DRY_FROM;
      add(
        'inventory',
        log.inventory(
          dry ? 'WARN' : 'INFO',
          'c.s.inventory.db.ConnectionPool',
          `pool stats: active=${dry ? POOL : dice.int(2, 8)} idle=${dry ? 0 : dice.int(10, 14)} waiting=${dry ? dice.int(14, 80) : 0}`,
        ),
      );
    }
    if (second >= DRY_FROM - 1 && second < DRY_FROM + 3)
      for (let n = 0; n < 3; n++)
        add(
          'inventory',
          log.inventory(
            'ERROR',
            'c.s.inventory.db.ConnectionPool',
            `cannot open connection ${dice.int(300, 999)}: SQLSTATE 53300 too many clients, pool ${POOL}/${POOL} in use`,
          ),
        );
    if (second % 15 === 5)
      add('search', log.search(6, `index refreshed, ${dice.int(18_000, 18_400)} documents`));
    if (second % 20 === 8) add('payment', log.payment('정보', `정산 대기 ${dice.int(2, 30)}건 확인`));
    if (second % 60 === 30)
      add('gateway', log.gateway('info', `health check ok, ${dice.int(40, 90)} connections`));
    if (second % 90 === 40)
      add(
        'cart',
        log.cart('info', 'expired carts removed', { count: dice.int(0, 12), duration_ms: dice.int(5, 30) }),
      );
  }

  /** Start-up noise, and warnings that have nothing to do with the incident. */
  function extras(events: ShopEvent[], second: number): void {
    const add = (service: string, write: Write) => events.push({ at: second * 1_000 + 500, service, write });
    const script: Record<number, () => void> = {
      1: () => add('gateway', log.gateway('info', 'gateway 1.24.0 starting with 4 workers')),
      2: () =>
        add(
          'inventory',
          log.inventory('INFO', 'c.s.inventory.Application', '재고 서비스를 시작합니다, 프로필 prod'),
        ),
      3: () => add('cart', log.cart('info', 'starting', { version: '2.9.1', port: 8081 })),
      4: () =>
        add('order', log.order('warn', 'connect ECONNREFUSED payment:8090, retrying in 1 s', { attempt: 1 })),
      5: () => add('search', log.search(3, 'cannot open index yet: shard not ready, retrying')),
      6: () => add('order', log.order('info', 'payment에 연결되었습니다', { attempt: 2 })),
      7: () => add('search', log.search(6, 'index opened, 18211 documents')),
      8: () => add('payment', log.payment('정보', '결제 모듈 준비 완료')),
      200: () =>
        add('cart', log.cart('warn', 'setting session.ttl is deprecated, use session.maxAge', { line: 18 })),
      290: () => add('search', log.search(4, `GC pause of ${dice.int(180, 320)} ms`)),
      365: () =>
        add('payment', log.payment('오류', `카드사 응답 없음: 주문 ORD-${order} 1차 시도, 다시 보냅니다`)),
      430: () => add('gateway', log.gateway('warn', 'certificate of shop.example expires in 21 days')),
      520: () =>
        add('search', log.search(4, `slow query took ${dice.int(900, 1_400)}ms "선물 세트 전체 목록"`)),
      610: () => add('order', log.order('warn', '알림 메일 발송이 지연되고 있습니다', { queue: 3 })),
      905: () => add('search', log.search(4, `GC pause of ${dice.int(180, 320)} ms`)),
      1010: () => add('search', log.search(4, `slow query took ${dice.int(900, 1_400)}ms "전체 상품"`)),
    };
    script[second]?.();
  }

  return {
    second(second) {
      const events: ShopEvent[] = [];
      extras(events, second);
      routine(events, second);
      // Traffic swings by a third over the twenty minutes and varies from second to second.
      const rate = 8.5 + 2 * Math.sin(second / 190) + dice.next() * 3;
      if (second > 8) for (let n = 0; n < rate; n++) request(events, second);
      return events;
    },
  };
}
