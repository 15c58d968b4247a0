import type { SourceLine } from '../domain/log/source-line.ts';
import { MINUTE } from '../domain/time/units.ts';
import { Shop, type ShopEvent } from './shop.ts';

export const INCIDENT_MINUTES = 20;

/**
 * The demonstration: 20 minutes of logs of a small shop, made from a seed. Six services write in six formats, in Korean
 * and English. From minute 12 the database pool of `inventory` is slow, and from minute 13 it has no free connection:
 * `order`, `cart`, `payment` and `gateway` then fail too, `search` does not. Lines come in time order. The same seed
 * and end give the same lines.
 * @param options.endsAt epoch milliseconds of the end of the recording
 */
export function* recordedIncident(options: { seed?: number; endsAt: number }): Generator<SourceLine> {
  const endsAt = Math.floor(options.endsAt / 1_000) * 1_000;
  const startsAt = endsAt - INCIDENT_MINUTES * MINUTE;
  const shop = new Shop(options.seed ?? 1);
  const positions = new Map<string, number>();
  let pending: ShopEvent[] = [];
  for (let second = 0; second < INCIDENT_MINUTES * 60; second++) {
    pending.push(...shop.second(second));
    // A request may write lines seconds later (timeouts): those wait until their time has come.
    const limit = (second + 1) * 1_000;
    const due = pending.filter((event) => event.at < limit).sort((a, b) => a.at - b.at);
    pending = pending.filter((event) => event.at >= limit);
    for (const event of due) {
      const source = `shop/${event.service}.log`;
      const position = (positions.get(source) ?? 0) + 1;
      positions.set(source, position);
      yield {
        text: event.write(startsAt + Math.floor(event.at)),
        source,
        position: String(position),
        hint: { service: event.service },
      };
    }
  }
}
