import { LruMap } from '../../../domain/lru-map.ts';

/** Suffixes that say "this is a service"; people leave them out. */
const SUFFIX = /(?:[-_.]?(?:service|svc|server|api|app)|서비스)$/i;
const WORD = /[\p{L}\p{N}_]+(?:-[\p{L}\p{N}_]+)*/gu;
/** Words before a name which say that this service made the request, and did not fail. */
const ASKER =
  /(?:\b(?:from|client|caller|called by|on behalf of|requested by|user[-_ ]?agent|consumer)|호출자|요청자)["'\s:=[(]{0,4}$/i;

/** The services of the stream, and which of them a line names. */
export interface ServiceNames {
  add(service: string): void;
  /** Known services other than `own` that the lines name as failing, the most frequent first. */
  namedIn(lines: string[], own: string): string[];
}

export function createServiceNames(): ServiceNames {
  const services = new LruMap<string, string>(5_000);
  const aliases = new LruMap<string, string>(10_000);

  function find(word: string): string | undefined {
    let name = word.toLowerCase();
    // `inventory-7d9f8b-x2x` is an instance of `inventory`: ever shorter beginnings are tried.
    for (let tries = 0; tries < 6; tries++) {
      const service = aliases.get(name) ?? aliases.get(name.replace(SUFFIX, ''));
      if (service) return service;
      const dash = name.lastIndexOf('-');
      if (dash < 3) return undefined;
      name = name.slice(0, dash);
    }
    return undefined;
  }

  return {
    add(service) {
      if (services.has(service)) return;
      services.set(service, service);
      const name = service.toLowerCase();
      if (name.length < 2 || name === 'unknown') return;
      aliases.set(name, service);
      const short = name.replace(SUFFIX, '');
      // A short name that is also the name of a service keeps meaning that service.
      if (short.length >= 2 && !aliases.has(short)) aliases.set(short, service);
    },
    namedIn(lines, own) {
      const counts = new Map<string, number>();
      for (const line of lines) {
        const text = line.length > 4_000 ? line.slice(0, 4_000) : line;
        const inLine = new Set<string>();
        for (const match of text.matchAll(WORD)) {
          const service = find(match[0]);
          if (!service || service === own || inLine.has(service)) continue;
          if (ASKER.test(text.slice(Math.max(0, match.index - 32), match.index))) continue;
          inLine.add(service);
        }
        for (const service of inLine) counts.set(service, (counts.get(service) ?? 0) + 1);
      }
      return [...counts].sort((a, b) => b[1] - a[1]).map(([service]) => service);
    },
  };
}
