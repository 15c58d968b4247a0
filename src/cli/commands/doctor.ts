import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { openChat } from '../../app.ts';
import { prepareDataDir } from '../../backends/open.ts';
import { type Config, PROJECT } from '../../config/config.ts';
import { toAppError } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { refusedFile } from '../../reading.ts';
import { openBackends } from '../../stores.ts';
import { collectHealth } from '../collect-health.ts';
import type { Context, Sources } from '../context.ts';
import { hookHealth } from '../hook-health.ts';
import { field, healthRow, printJson, printLine } from '../output.ts';

/** Checks every configured backend and says what to mend. Resolves with the exit code: 1 when something is broken. */
export async function doctor(context: Context): Promise<number> {
  const { config, log } = context;
  const found: Record<string, Health> = { ...local(context) };
  found.port = await portHealth(config.http.host, config.http.port);
  Object.assign(found, await collectHealth(config, found.port.kind === 'bongsu'));
  const { environment, env } = context.sources;
  Object.assign(found, hookHealth(config, [...environment, ...(env?.set ?? [])]));
  try {
    await using backends = await openBackends(config, log);
    Object.assign(found, await backends.health());
  } catch (error) {
    found.backends = {
      ok: false,
      kind: 'open',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
  const refused = await refusedFile(config, log).health();
  if (refused) found['refused lines'] = refused;
  const chats = await Promise.all(config.chats.map((chat) => chatHealth(context, chat)));
  for (const chat of chats) {
    let name = chat.kind;
    for (let another = 2; name in found; another += 1) name = `${chat.kind} ${another}`;
    found[name] = chat;
  }

  // Bongsu works without a model: answers are then evidence and ranked causes.
  const broken = Object.entries(found).filter(([name, health]) => !health.ok && !name.startsWith('model:'));
  if (context.json) await printJson({ ok: broken.length === 0, checks: found });
  else
    for (const [name, health] of Object.entries(found)) {
      const mark = health.ok ? 'ok' : name.startsWith('model:') ? 'note' : 'FAIL';
      await printLine(healthRow(mark, name, health));
      if (!health.ok && health.mend) await printLine(`     ${''.padEnd(16)} mend: ${field(health.mend)}`);
    }
  return broken.length === 0 ? 0 : 1;
}

/** Asks the platform whether tokens and channel are good. Nothing is started or posted. */
async function chatHealth({ config, log }: Context, chat: Config['chats'][number]): Promise<Health> {
  const missing =
    chat.kind === 'slack'
      ? [
          chat.botToken ? '' : 'SLACK_BOT_TOKEN',
          chat.mode === 'socket' && !chat.appToken ? 'SLACK_APP_TOKEN' : '',
          chat.mode === 'http' && !chat.signingSecret ? 'SLACK_SIGNING_SECRET' : '',
        ].filter(Boolean)
      : chat.token
        ? []
        : ['DISCORD_TOKEN'];
  if (missing.length > 0)
    return {
      ok: false,
      kind: chat.kind,
      detail: `not set: ${missing.join(', ')}`,
      mend: `set it in the environment or in ${join(PROJECT, '.env')}`,
    };
  try {
    await using opened = await openChat(chat, config, log);
    return await opened.health();
  } catch (error) {
    return { ok: false, kind: chat.kind, detail: toAppError(error).message };
  }
}

function local({ config, sources }: Context): Record<string, Health> {
  const node = process.versions.node;
  return {
    node: { ok: Number(node.split('.')[0]) >= 24, kind: 'node', detail: `v${node}`, mend: 'install Node 24' },
    ...sourcesHealth(sources),
    dataDir: dataDirHealth(config),
  };
}

/** Which files and variables made the configuration, and which files in the current directory were not read. */
function sourcesHealth({ config, env, environment }: Sources): Record<string, Health> {
  const names = (set: readonly string[]): string => set.join(', ') || 'none of ours';
  const here = ['config.json', '.env'].filter((name) => {
    const file = resolve(name);
    return existsSync(file) && file !== config && dirname(file) !== PROJECT;
  });
  return {
    config: { ok: true, kind: 'file', detail: config ?? `defaults (no config.json in ${PROJECT})` },
    env: {
      ok: true,
      kind: 'file',
      detail: env ? `${env.file} sets: ${names(env.set)}` : `none (no .env in ${PROJECT})`,
    },
    environment: { ok: true, kind: 'variables', detail: `set: ${names(environment)}` },
    ...(here.length > 0
      ? {
          here: {
            ok: true,
            kind: 'not read',
            detail: `${here.join(' and ')} in ${process.cwd()}: name a file with --config, or set variables`,
          },
        }
      : {}),
  };
}

const STILL_OPEN = {
  owner: 'belongs to another user',
  modes: 'its disk keeps no rights',
  shared: 'holds other files too and stays as it is',
  link: 'is a link, and stays as it is',
} as const;

/** Whether the data folder can be written, and whether other users can read it. */
function dataDirHealth(config: Config): Health {
  try {
    const { mended, open } = prepareDataDir(config);
    const written = folderHealth(config.dataDir);
    if (!written.ok) return written;
    const said = [
      written.detail,
      ...mended.map(({ path, mode }) => `${path} was open to other users (${mode}) and is closed now`),
      ...open.map(({ path, mode, why }) => `${path} is open to other users (${mode}): ${STILL_OPEN[why]}`),
    ];
    return {
      // A shared folder stays open, but our files in it are closed.
      ok: open.every(({ why }) => why === 'shared'),
      kind: 'folder',
      detail: said.join('; '),
      mend: 'give Bongsu a folder of its own (dataDir), that belongs to its user, on a disk that keeps rights',
    };
  } catch (error) {
    const { message } = toAppError(error);
    return { ok: false, kind: 'folder', detail: message, mend: 'change dataDir or its permissions' };
  }
}

/** More than one block of a disk, and little enough for any disk. */
const PROBE_BYTES = 64 * 1_024;

/** Whether a folder can be written. It writes a small file to find out, because permissions do not show a full disk. */
function folderHealth(folder: string): Health {
  const probe = join(folder, `.doctor-${process.pid}`);
  try {
    // A folder that does not exist yet is made at the first start.
    if (existsSync(folder)) writeFileSync(probe, Buffer.alloc(PROBE_BYTES));
    return { ok: true, kind: 'folder', detail: folder };
  } catch (error) {
    const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
    return {
      ok: false,
      kind: 'folder',
      detail: full ? `${folder}: no room left` : `${folder} cannot be written`,
      mend: full ? 'make room on its disk, or change dataDir' : 'change dataDir or its permissions',
    };
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Whether the port is free, or in use by a running Bongsu, which is fine. */
async function portHealth(host: string, port: number): Promise<Health> {
  const taken = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
  if (!taken) return { ok: true, kind: 'http', detail: `${host}:${port} is free` };
  const answer = await fetch(`http://${host}:${port}/openapi.json`, {
    signal: AbortSignal.timeout(2_000),
  }).catch(() => undefined);
  const isBongsu = answer !== undefined && /bongsu/i.test(await answer.text());
  return isBongsu
    ? { ok: true, kind: 'bongsu', detail: `Bongsu is running on ${host}:${port}` }
    : {
        ok: false,
        kind: 'http',
        detail: `${host}:${port} is taken by another program`,
        mend: 'stop it or change http.port',
      };
}
