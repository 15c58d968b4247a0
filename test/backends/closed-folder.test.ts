import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { closeToOthers, makeClosedFile } from '../../src/backends/closed-folder.ts';
import { claimDataDir, openBackends } from '../../src/backends/open.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';

const skip = process.platform === 'win32' ? 'Windows has no modes' : false;
const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-closed-'));
  chmodSync(dir, 0o755);
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
const modeOf = (path: string): number => lstatSync(path).mode & 0o777;
/** Everything below `dir` with its mode, by path within it. */
function modesOf(dir: string): Record<string, string> {
  const out: Record<string, string> = { '.': modeOf(dir).toString(8) };
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }))
    out[name] = modeOf(join(dir, name)).toString(8);
  return out;
}
/** The same process creates files under this umask, as a child, so that other tests keep theirs. */
async function bongsu(umask: string, args: string[]): Promise<{ out: string; err: string; code: number }> {
  const child = spawn('sh', ['-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code] = await once(child, 'close');
  return { out, err, code };
}

test('what ingest writes is for its user alone, under any umask, and while it writes', {
  skip,
}, async (t) => {
  for (const umask of ['000', '022', '077', '027']) {
    const dir = scratch(t);
    const config = join(dir, 'c.json');
    writeFileSync(config, JSON.stringify({ models: [], dataDir: 'new/data' }));
    writeFileSync(join(dir, 'x.log'), '2026-11-21T03:00:10Z ERROR pay: the password is 1234\n');
    const { code, err } = await bongsu(umask, ['ingest', join(dir, 'x.log'), '--config', config]);
    assert.equal(code, 0, err);
    const modes = modesOf(join(dir, 'new/data'));
    assert.ok('logs.sqlite' in modes && 'state.sqlite' in modes);
    for (const [name, mode] of Object.entries(modes))
      assert.equal(mode, name === '.' ? '700' : '600', `${umask}: ${name}`);
  }
});

test('what SQLite writes beside its files is closed while they are open', { skip }, async (t) => {
  const dir = join(scratch(t), 'data');
  const config = { ...parseConfig({ models: [] }), dataDir: dir };
  const log = createLog('silent');
  using _claim = claimDataDir(config, log);
  await using backends = await openBackends(config, log);
  await backends.state.commit({ put: [{ kind: 'asked', id: 'x', value: { typed: '' } }] });
  const modes = modesOf(dir);
  for (const name of ['logs.sqlite-wal', 'state.sqlite-wal', 'state.sqlite-shm'])
    assert.equal(modes[name], '600', name);
  for (const [name, mode] of Object.entries(modes)) assert.ok(/^[76]00$/.test(mode), `${name} ${mode}`);
});

test('a folder of before is mended at a start, which says so; doctor too; the second time there is nothing to say', {
  skip,
}, async (t) => {
  const dir = scratch(t);
  const data = join(dir, 'data');
  const config = join(dir, 'c.json');
  writeFileSync(config, JSON.stringify({ models: [], http: { port: 0 }, logLevel: 'warn' }));
  for (const how of ['ingest', 'doctor'] as const) {
    const log = join(dir, 'x.log');
    writeFileSync(log, 'one line\n');
    await bongsu('022', ['ingest', log, '--config', config]);
    chmodSync(data, 0o755);
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o644);
    mkdirSync(join(data, 'queue'), { recursive: true });
    chmodSync(join(data, 'queue'), 0o755);
    writeFileSync(join(data, 'queue/owner.pid'), '1');
    chmodSync(join(data, 'queue/owner.pid'), 0o644);
    writeFileSync(join(data, 'log-stream.refused'), 'a line');
    chmodSync(join(data, 'log-stream.refused'), 0o644);
    const first = await bongsu(
      '022',
      how === 'doctor' ? ['doctor', '--config', config] : ['ingest', log, '--config', config],
    );
    assert.match(
      how === 'doctor' ? first.out : first.err,
      how === 'doctor'
        ? /logs\.sqlite was open to other users \(0644\) and is closed now/
        : /logs\.sqlite.*it is closed now/,
    );
    for (const [name, mode] of Object.entries(modesOf(data)))
      assert.ok(/^[76]00$/.test(mode), `${name} ${mode}`);
    const second = await bongsu('022', ['doctor', '--config', config]);
    assert.doesNotMatch(second.out + second.err, /other users/);
    rmSync(data, { recursive: true });
  }
});

test('a folder that holds other things keeps its mode and theirs; what is Bongsu’s is closed', {
  skip,
}, (t) => {
  const dir = scratch(t);
  mkdirSync(join(dir, 'site'), { mode: 0o755 });
  for (const name of ['site/index.html', 'notes.txt', 'logs.sqlite', 'logs.sqlite-wal', 'state.sqlite']) {
    writeFileSync(join(dir, name), '');
    chmodSync(join(dir, name), 0o644);
  }
  const { mended, open } = closeToOthers(dir);
  assert.deepEqual(open, [{ path: dir, mode: '0755', why: 'shared' }]);
  assert.equal(mended.length, 3);
  assert.deepEqual(modesOf(dir), {
    '.': '755',
    site: '755',
    'site/index.html': '644',
    'notes.txt': '644',
    'logs.sqlite': '600',
    'logs.sqlite-wal': '600',
    'state.sqlite': '600',
  });
});

test('a link is not followed, whatever it leads to; that what it leads to is open is said', { skip }, (t) => {
  const dir = scratch(t);
  const data = join(dir, 'data');
  mkdirSync(data);
  const elsewhere = join(dir, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o755 });
  writeFileSync(join(elsewhere, 'a'), '');
  chmodSync(join(elsewhere, 'a'), 0o644);
  symlinkSync(elsewhere, join(data, 'queue'));
  symlinkSync(join(elsewhere, 'a'), join(data, 'logs.sqlite'));
  const { open } = closeToOthers(data);
  assert.deepEqual(
    open.map(({ why }) => why),
    ['link', 'link'],
  );
  assert.deepEqual(modesOf(elsewhere), { '.': '755', a: '644' });
  assert.equal(modeOf(data), 0o700);
});

test('a folder or disk whose rights cannot be changed is said and stops nothing', { skip }, (t) => {
  const dir = scratch(t);
  writeFileSync(join(dir, 'logs.sqlite'), '');
  chmodSync(join(dir, 'logs.sqlite'), 0o644);
  // A disk without modes answers "done" and keeps what it had; another user's says no.
  const disk = (fails: boolean) => ({
    chmod: () => {
      if (fails) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    },
  });
  for (const [fails, why] of [
    [true, 'owner'],
    [false, 'modes'],
  ] as const) {
    const { mended, open } = closeToOthers(dir, disk(fails).chmod);
    assert.deepEqual(mended, []);
    assert.deepEqual(
      open.map((one) => [one.path, one.why]),
      [
        [dir, why],
        [join(dir, 'logs.sqlite'), why],
      ],
    );
  }
  assert.equal(statSync(dir).mode & 0o777, 0o755);
});

test('a disk that refuses to set rights is no reason not to start', (t) => {
  const dir = scratch(t);
  const file = join(dir, 'state.sqlite');
  let handle = -1;
  makeClosedFile(file, (opened) => {
    handle = opened;
    throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
  });
  assert.equal(statSync(file).size, 0);
  assert.throws(() => fstatSync(handle), { code: 'EBADF' }, 'nothing is left open');
});
