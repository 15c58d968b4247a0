import { AppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { Context } from '../context.ts';
import { healthRow, printJson, printLine } from '../output.ts';

/** Asks the process that runs on the configured port. Resolves with the exit code. */
export async function health(context: Context): Promise<number> {
  const { host, port, token } = context.config.http;
  const url = `http://${host}:${port}/health`;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  if (!response) throw new AppError('unavailable', `no Bongsu answers at ${url}; start it with: npm start`);
  type Shown = Omit<Health, 'detail'> & { detail?: string };
  const body = (await response.json()) as { backends?: Record<string, Shown> };
  if (context.json) await printJson(body);
  else {
    const shown = Object.entries(body.backends ?? {});
    for (const [name, health] of shown)
      await printLine(healthRow(health.ok ? 'ok' : 'FAIL', name, health).trimEnd());
    if (shown.some(([, one]) => one.detail === undefined))
      await printLine('With the token of that process in BONGSU_TOKEN this shows more.');
  }
  return response.ok ? 0 : 1;
}
