import { z } from 'zod';
import { recordedIncident } from '../../demo/recorded-incident.ts';
import { AppError } from '../../domain/errors.ts';
import { inBatches } from '../../domain/log/source-line.ts';
import { openBackends } from '../../stores.ts';
import type { Context } from '../context.ts';
import { field, printJson, printLine } from '../output.ts';
import { type Progress, progressBar } from '../progress.ts';

/**
 * Sends the recorded incident through the running system: on Kafka as raw lines on the topic of logs; else the bus is
 * inside one process, and that process is asked over HTTP. Resolves with the exit code.
 * @throws AppError `unavailable` when no process answers
 */
export async function replay(context: Context): Promise<number> {
  const bar = progressBar('Replaying', 'lines');
  const kafka = context.config.bus.kind === 'kafka';
  const lines = await (kafka ? overKafka(context, bar) : byProcess(context, bar)).finally(() => bar.stop());
  const to = kafka ? context.config.topics.logs : addressOf(context);
  if (context.json) await printJson(kafka ? { lines, topic: to } : { lines, process: to });
  else await printLine(`${lines} lines sent to ${field(to)}`);
  return 0;
}

async function overKafka({ config, log, signal }: Context, bar: Progress): Promise<number> {
  await using backends = await openBackends(config, log);
  const all = [...recordedIncident({ seed: Date.now() % 100_000, endsAt: Date.now() })];
  let lines = 0;
  for (const batch of inBatches(all)) {
    if (signal.aborted) throw new AppError('stopped', 'stopped');
    // One key for all lines keeps them in one partition and so in order.
    await backends.bus.publish(
      config.topics.logs,
      batch.map(({ text, hint }) => ({
        key: 'replay',
        value: hint?.service ? JSON.stringify({ line: text, service: hint.service }) : text,
      })),
    );
    lines += batch.length;
    bar.update(lines, all.length);
  }
  return lines;
}

const addressOf = ({ config: { http } }: Context): string => `http://${http.host}:${http.port}`;

const progress = z.object({ done: z.number(), total: z.number() });
const end = z.object({ lines: z.number() });
const refusal = z.object({ detail: z.string() });

async function byProcess(context: Context, bar: Progress): Promise<number> {
  const { token } = context.config.http;
  const address = addressOf(context);
  const response = await fetch(`${address}/replay`, {
    method: 'POST',
    headers: token ? { authorization: `Bearer ${token}` } : {},
    signal: context.signal,
  }).catch((cause: unknown) => {
    if (context.signal.aborted) throw new AppError('stopped', 'stopped', { cause });
    throw new AppError('unavailable', `no Bongsu answers at ${address}; start it with: npm start`, { cause });
  });
  if (!response.ok || !response.body) {
    const said = refusal.safeParse(await response.json().catch(() => undefined)).data?.detail;
    throw new AppError('unavailable', `${address} refused (${response.status})${said ? `: ${said}` : ''}`);
  }
  let rest = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split('\n\n');
    rest = events.pop()!;
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data: unknown = JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null');
      if (name === 'progress') {
        const { done, total } = progress.parse(data);
        bar.update(done, total);
      } else if (name === 'end') return end.parse(data).lines;
      else if (name === 'problem') throw new AppError('unavailable', refusal.parse(data).detail);
    }
  }
  throw new AppError('unavailable', `${address} ended before the replay was done`);
}
