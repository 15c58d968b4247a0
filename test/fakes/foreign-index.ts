import type { CertificateFault } from '../../src/backends/certificate.ts';
import type {
  ForeignDocument,
  ForeignIndex,
  TimeField,
} from '../../src/backends/logs/foreign/foreign-index.ts';
import { AppError } from '../../src/domain/errors.ts';
import { leavesOf } from '../../src/pipeline/foreign/document.ts';

type Stored = { id: string; source: Record<string, unknown> };

/** An index of others in memory; what was asked of it is counted. */
export interface FakeIndex extends ForeignIndex {
  documents: Stored[];
  /** Types of fields that the values do not tell. */
  types: Record<string, string>;
  /** Thrown by the next calls of that name, until it is taken away. */
  fails: Partial<Record<'fields' | 'sample' | 'extent' | 'counts' | 'read', AppError>>;
  fault: CertificateFault | undefined;
  /** Documents given out by `read` so far. */
  given: number;
}

const UNITS = { date: 1, seconds: 1_000, millis: 1, micros: 1e-3, nanos: 1e-6 };

export function fakeIndex(documents: Stored[] = [], name = 'app-*'): FakeIndex {
  const atOf = ({ source }: Stored, time: TimeField): number => {
    const value = leavesOf(source).get(time.name);
    return typeof value === 'number' ? Math.floor(value * UNITS[time.unit]) : Date.parse(String(value));
  };
  const fail = (what: keyof FakeIndex['fails']): void => {
    const error = index.fails[what];
    if (error) throw error;
  };
  const dated = (time: TimeField): ForeignDocument[] =>
    index.documents
      .map((one) => ({ ...one, at: atOf(one, time) }))
      .filter(({ at }) => !Number.isNaN(at))
      .sort((a, b) => a.at - b.at);
  const index: FakeIndex = {
    kind: 'elasticsearch',
    place: 'search.example:9200',
    name,
    documents,
    types: {},
    fails: {},
    fault: undefined,
    given: 0,
    async fields() {
      fail('fields');
      const types = new Map<string, string[]>();
      for (const { source } of index.documents)
        for (const [field, value] of leavesOf(source))
          types.set(field, [index.types[field] ?? guess(field, value)]);
      return { indices: index.documents.length > 0 ? [name.replace('*', '1')] : [], types };
    },
    async sample(count, time) {
      fail('sample');
      const all = time ? dated(time).reverse() : index.documents.map((one) => ({ ...one, at: Number.NaN }));
      return all.slice(0, count);
    },
    async extent(time) {
      fail('extent');
      const all = dated(time);
      const [first, last] = [all[0], all.at(-1)];
      return first && last && { from: first.at, to: last.at + 1, records: all.length };
    },
    timeless: async (time) => index.documents.length - dated(time).length,
    async counts(time, { from, to }, bucketMs) {
      fail('counts');
      const counts = new Map<number, number>();
      for (const { at } of dated(time))
        if (at >= from && at < to) {
          const bucket = Math.floor(at / bucketMs);
          counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
        }
      return counts;
    },
    async *read(time, { from, to }, signal) {
      fail('read');
      if (signal?.aborted) throw new AppError('stopped', 'was not waited for');
      const all = dated(time).filter(({ at }) => at >= from && at < to);
      for (let start = 0; start < all.length; start += 1_000) {
        const batch = all.slice(start, start + 1_000);
        index.given += batch.length;
        yield batch;
      }
    },
    certificate: async () => index.fault,
    async [Symbol.asyncDispose]() {},
  };
  return index;
}

/** As a server guesses a type that nobody has told it. */
const guess = (field: string, value: unknown): string => {
  if (typeof value === 'number') return 'long';
  if (typeof value === 'boolean') return 'boolean';
  if (/^\d{4}-\d\d-\d\dT/.test(String(value))) return 'date';
  return field.endsWith('message') ? 'text' : 'keyword';
};
