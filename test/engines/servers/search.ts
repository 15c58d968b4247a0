import { execFileSync } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { chown, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { type EngineName, javaOfOpenSearch, layout, missing, onPath } from '../provision.layout.ts';
import { selfSigned } from './certificate.ts';
import { freePort, freshDir, launch, type Server } from './launch.ts';

type Options = {
  /** Listens here instead of on a free port. */
  port?: number;
  heapMb?: number;
};

function demand(name: EngineName): void {
  const why = missing(name);
  if (why) throw new Error(why);
}

/** A single Elasticsearch node without security and without most modules: see README.md for what it lacks. */
export async function startElasticsearch(options: Options = {}): Promise<Server> {
  return startNode(options, async () => ({ settings: 'xpack.security.enabled: false\n', access: {} }));
}

/** What is different about a node: lines of its settings, and how its client gets in. May put files into `config`. */
type Kind = (config: string) => Promise<{
  settings: string;
  access: { auth?: { username: string; password: string }; tls?: { ca: string } };
}>;

async function startNode(options: Options, kind: Kind): Promise<Server> {
  demand('elasticsearch');
  const port = options.port ?? (await freePort());
  const transport = await freePort();
  const dir = await freshDir('elasticsearch');
  const user = unprivileged();
  let home = layout.elasticsearch();
  if (user) {
    // The cache may lie in a home folder closed to others: hard links bring it out without copying.
    home = join(dir, 'home');
    try {
      execFileSync('cp', ['-al', layout.elasticsearch(), home], { stdio: 'ignore' });
    } catch {
      execFileSync('cp', ['-a', layout.elasticsearch(), home]);
    }
  }
  const config = join(dir, 'config');
  await cp(join(layout.elasticsearch(), 'config'), config, { recursive: true });
  const folders = { data: join(dir, 'data'), logs: join(dir, 'logs'), tmp: join(dir, 'tmp') };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const { settings, access } = await kind(config);
  await writeFile(
    join(config, 'elasticsearch.yml'),
    `discovery.type: single-node
${settings}http.host: 127.0.0.1
http.port: ${port}
transport.host: 127.0.0.1
transport.port: ${transport}
path.data: ${folders.data}
path.logs: ${folders.logs}
cluster.routing.allocation.disk.threshold_enabled: false
`,
  );
  if (user)
    for (const path of [dir, config, ...Object.values(folders), ...(await within(config))])
      await chown(path, user.uid, user.gid);
  const heap = options.heapMb ?? 512;
  const url = `${access.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const client = new Client({ node: url, maxRetries: 0, requestTimeout: 5_000, ...access });
  return launch({
    name: 'elasticsearch',
    url,
    dir,
    cwd: dir,
    command: 'bash',
    args: [join(home, 'bin', 'elasticsearch')],
    env: {
      ES_JAVA_HOME: javaHome(),
      ES_PATH_CONF: config,
      ES_TMPDIR: folders.tmp,
      ES_JAVA_OPTS: `-Xms${heap}m -Xmx${heap}m`,
      // Both the small launcher and the server it starts.
      CLI_JAVA_OPTS: '-Xmx64m -XX:TieredStopAtLevel=1',
      HOME: dir,
    },
    ...(user ? { user } : {}),
    // Not info() nor ping(): GET / is in a module that this distribution lacks.
    ready: () => client.cluster.health({ wait_for_status: 'yellow', timeout: '2s' }),
    readyMs: 120_000,
    stopMs: 20_000,
  });
}

/** Where the `java` of the PATH lives; the distribution carries none. */
function javaHome(): string {
  return process.env.ES_JAVA_HOME || dirname(dirname(realpathSync(onPath('java') ?? 'java')));
}

async function within(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
}

/** `nobody`, when we are root: Elasticsearch refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid = '65534', gid = '65534'] = line?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

/** A person or a program that the secured node knows. */
export interface SearchUser {
  username: string;
  password: string;
}

/** A server with users, reached by TLS only. */
export type SecuredSearch = Server & {
  /** File with the certificate authority, which is the certificate itself. */
  readonly ca: string;
  /** May do everything. */
  readonly admin: SearchUser;
  /** May read `filebeat-*` and nothing else. */
  readonly reader: SearchUser;
};

/** A hash of a password as the file realm reads it. */
function hashed(password: string): string {
  const salt = randomBytes(32);
  const key = pbkdf2Sync(password, salt, 10_000, 32, 'sha512');
  return `{PBKDF2}10000$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** An Elasticsearch node with security: HTTP over TLS, users of the file realm, API keys. */
export async function startSecuredElasticsearch(options: Options = {}): Promise<SecuredSearch> {
  const user = (username: string): SearchUser => ({
    username,
    password: randomBytes(12).toString('base64url'),
  });
  const [admin, reader] = [user('admin'), user('reader')];
  let ca = '';
  const server = await startNode(options, async (config) => {
    ca = join(config, 'http.crt');
    const key = join(config, 'http.key');
    selfSigned(ca, key);
    const users = [admin, reader].map(({ username, password }) => `${username}:${hashed(password)}\n`);
    await writeFile(join(config, 'users'), users.join(''));
    await writeFile(join(config, 'users_roles'), 'superuser:admin\nfilebeat_reader:reader\n');
    await writeFile(
      join(config, 'roles.yml'),
      'filebeat_reader:\n  indices:\n    - names: ["filebeat-*"]\n      privileges: ["read"]\n',
    );
    const settings = `xpack.security.enabled: true
xpack.security.authc.api_key.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.key: http.key
xpack.security.http.ssl.certificate: http.crt
`;
    return { settings, access: { auth: admin, tls: { ca: readFileSync(ca, 'utf8') } } };
  });
  return Object.assign(server, { ca, admin, reader });
}

/** A single OpenSearch node without security, from a runner of its libraries. */
export async function startOpenSearch(options: Options = {}): Promise<Server> {
  demand('opensearch');
  const port = options.port ?? (await freePort());
  const dir = await freshDir('opensearch');
  const url = `http://127.0.0.1:${port}`;
  const heap = options.heapMb ?? 512;
  const classes = join(layout.opensearch(), 'lib', '*');
  return launch({
    name: 'opensearch',
    url,
    dir,
    cwd: dir,
    command: javaOfOpenSearch()!,
    args: [
      ...[`-Xms${heap}m`, `-Xmx${heap}m`, '-XX:TieredStopAtLevel=1', '-cp', classes],
      ...[join(import.meta.dirname, '../opensearch/Node.java'), String(port), join(dir, 'data')],
    ],
    ready: async () => {
      const query = 'wait_for_status=yellow&timeout=2s';
      const { ok } = await fetch(`${url}/_cluster/health?${query}`, { signal: AbortSignal.timeout(5_000) });
      if (!ok) throw new Error('not ready');
    },
    readyMs: 120_000,
    stopMs: 20_000,
  });
}
