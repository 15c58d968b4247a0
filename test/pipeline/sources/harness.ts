import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkedState } from '../../../src/backends/state/checked.ts';
import { openSqliteState } from '../../../src/backends/state/sqlite.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { SourceLine } from '../../../src/domain/log/source-line.ts';
import { createLog } from '../../../src/log.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { openCollectors } from '../../../src/pipeline/sources/collectors.ts';
import type { IdleTimeouts } from '../../../src/pipeline/sources/receiving/idle-timeout.ts';
import { pipelineWithSink } from '../harness.ts';

/** A folder that is removed when the test is over. */
export function scratch(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'bongsu-collect-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Resolves when `condition` holds; fails after a generous time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const start = Date.now(); !condition(); await new Promise((resolve) => setTimeout(resolve, 5)))
    if (Date.now() - start > 60_000) throw new Error(`waited too long for ${what}`);
}

/**
 * Real listeners on free ports in front of the real pipeline, with a store in memory. While `gate` is set, the store
 * waits for it.
 */
export async function startCollectors(collect: object, idle?: IdleTimeouts) {
  const folder = scratch();
  const log = createLog('silent');
  const state = checkedState(await openSqliteState({ file: join(folder.path, 'state.db') }, log), log);
  const { pipeline, sink } = pipelineWithSink();
  const metrics = createMetrics();
  const taken: SourceLine[] = [];
  const control: { gate?: Promise<void> | undefined } = {};
  const collectors = await openCollectors(parseConfig({ collect }).collect, {
    take: async (lines, how) => {
      await control.gate;
      await pipeline.take(lines, how);
      taken.push(...lines);
    },
    state,
    metrics,
    log,
    ...(idle ? { idle } : {}),
  });
  const portOf = (name: string): number => {
    const listener = collectors.listeners.find((other) => other.name === name);
    if (!listener) throw new Error(`no listener ${name}`);
    return listener.port;
  };
  return {
    collectors,
    sink,
    taken,
    control,
    state,
    portOf,
    folder: folder.path,
    /** How much was rejected, by reason. */
    async refused(): Promise<Record<string, number>> {
      const out: Record<string, number> = {};
      for (const { labels, value } of (await metrics.collectRefused.get()).values)
        if (value > 0) out[String(labels.reason)] = (out[String(labels.reason)] ?? 0) + value;
      return out;
    },
    async [Symbol.asyncDispose]() {
      await collectors[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Why no certificate can be made here; undefined if one can. */
export function noOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'openssl is not installed';
  }
}

/** A self-signed certificate for 127.0.0.1 and localhost, as files in `folder`. */
export function certificate(folder: string): { cert: string; key: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { cert, key };
}
