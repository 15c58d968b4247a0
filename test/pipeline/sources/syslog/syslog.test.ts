import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { SyslogFramer } from '../../../../src/pipeline/sources/syslog/frames.ts';
import { syslogLine } from '../../../../src/pipeline/sources/syslog/message.ts';
import { certificate, noOpenssl, scratch, startCollectors, until } from '../harness.ts';

const ORIGIN = { sender: '10.0.0.9', position: 'p', receivedAt: 1_700_000_000_000 };
const count = (text: string): string => `${Buffer.byteLength(text)} ${text}`;
const FULL =
  '<165>1 2026-10-11T22:14:15.003Z web-1 order 812 ID47 [meta@32473 user="kim \\"k\\" \\]" path="a\\\\b"][flag] 주문 ORD-1 실패: ECONNREFUSED';

test('RFC 5424: header, structured data with escapes, Korean message', () => {
  const { fields, text } = syslogLine(FULL, ORIGIN);
  assert.equal(text, FULL);
  assert.deepEqual(fields, {
    timestamp: '2026-10-11T22:14:15.003Z',
    level: 'notice',
    host: 'web-1',
    service: 'order',
    message: '주문 ORD-1 실패: ECONNREFUSED',
    pid: '812',
    msgid: 'ID47',
    facility: 20,
    'meta@32473.user': 'kim "k" ]',
    'meta@32473.path': 'a\\b',
    flag: true,
  });
  assert.equal(syslogLine('<34>1 - - - - - - \uFEFFhello', ORIGIN).fields?.message, 'hello');
});

test('what is not RFC 5424 stays a plain line', () => {
  for (const text of [
    '<34>Oct 11 22:14:15 mymachine su: failed',
    '<999>1 2026-10-11T22:14:15Z a b c d - x',
    '<34>1 2026-10-11T22:14:15Z a b c d [broken x',
    'no priority at all',
  ])
    assert.equal(syslogLine(text, ORIGIN).fields, undefined, text);
});

test('framing: octet counts and lines are told apart for each message, wherever chunks are cut', () => {
  const stream = Buffer.from(
    `${count('<34>1 - a b c d - 하나\n둘')}<13>three\n${count('<13>four\n')}2026-01-01 five\r\n<13>six`,
  );
  const wanted = ['<34>1 - a b c d - 하나\n둘', '<13>three', '<13>four', '2026-01-01 five', '<13>six'];
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const framer = new SyslogFramer(1_000);
    const parts = [framer.push(stream.subarray(0, cut)), framer.push(stream.subarray(cut)), framer.end()];
    assert.deepEqual(
      parts.flatMap(({ messages }) => messages),
      wanted,
      `cut at ${cut}`,
    );
  }
});

test('framing: a long message is held in few pieces, and comes out the same however it is cut', () => {
  const long = Array.from({ length: 6_000 }, (_, n) => `${n} 결제 실패 12 <1>`).join(' ');
  const stream = Buffer.from(`<13>one\n${count(`<13>${long}`)}<13>${long}\n${count('<13>two')}`);
  for (const size of [1, 7, 1_000, 70_000, stream.length]) {
    const framer = new SyslogFramer(stream.length);
    const messages: string[] = [];
    let most = 0;
    for (let at = 0; at < stream.length; at += size) {
      messages.push(...framer.push(stream.subarray(at, at + size)).messages);
      most = Math.max(most, framer.pieces);
      assert.ok(framer.expected >= framer.held);
    }
    assert.deepEqual(messages, ['<13>one', `<13>${long}`, `<13>${long}`, '<13>two'], `pieces of ${size}`);
    assert.ok(most < 40, `${most} pieces of ${size}`);
    assert.deepEqual([framer.held, framer.expected], [0, 0]);
  }
});

test('framing: messages that end in NUL, with a line end behind it or without', () => {
  const stream = Buffer.from(`<13>one\0<13>two\0\n${count('<13>three\0')}<13>four\n<13>five\0`);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const framer = new SyslogFramer(1_000);
    const parts = [framer.push(stream.subarray(0, cut)), framer.push(stream.subarray(cut))];
    assert.deepEqual(
      parts.flatMap(({ messages }) => messages),
      ['<13>one', '<13>two', '<13>three', '<13>four', '<13>five'],
      `cut at ${cut}`,
    );
  }
});

test('Korean in CP949 is read as such, over TCP and UDP', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 }, udp: { port: 0 } } });
  const message = Buffer.concat([
    Buffer.from('<27>Oct 11 22:14:15 db-1 pay[91]: '),
    Buffer.from('b0e1c1a620bdc7c6d0', 'hex'),
  ]);
  connect(app.portOf('syslog tcp'), '127.0.0.1').end(Buffer.concat([message, Buffer.from('\n')]));
  const udp = createSocket('udp4');
  udp.send(message, app.portOf('syslog udp'), '127.0.0.1');
  await until(() => app.sink.records.length === 2, 'two records');
  udp.close();
  assert.deepEqual(
    app.sink.records.map((record) => record.message),
    ['결제 실패', '결제 실패'],
  );
});

test('framing: a message over the limit is skipped and counted, the next ones are read', () => {
  const framer = new SyslogFramer(20);
  const long = 'x'.repeat(50);
  const stream = Buffer.from(`${count(`<1>${long}`)}<1>ok\n<1>${long}\n${count('<1>also ok')}`);
  const out = [];
  for (const byte of stream) out.push(framer.push(Buffer.from([byte])));
  assert.deepEqual(
    out.flatMap(({ messages }) => messages),
    ['<1>ok', '<1>also ok'],
  );
  assert.equal(
    out.reduce((sum, { tooLarge }) => sum + tooLarge, 0),
    2,
  );
});

test('TCP and UDP: records with service, host, level and attributes', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 }, udp: { port: 0 } } });
  const tcp = connect(app.portOf('syslog tcp'), '127.0.0.1');
  tcp.end(`${count(FULL)}<27>Oct 11 22:14:15 db-1 postgres[91]: FATAL: too many clients\n`);
  const udp = createSocket('udp4');
  udp.send('<14>1 2026-10-11T22:14:15Z edge nginx 7 - - up\n', app.portOf('syslog udp'), '127.0.0.1');
  await until(() => app.sink.records.length === 3, 'three records');
  udp.close();
  const of = (service: string) => app.sink.records.find((record) => record.service === service);
  assert.equal(of('order')?.host, 'web-1');
  assert.equal(of('order')?.line, FULL);
  assert.equal(of('order')?.attributes['meta@32473.path'], 'a\\b');
  assert.equal(of('order')?.timestamp, Date.parse('2026-10-11T22:14:15.003Z'));
  assert.equal(of('postgres')?.host, 'db-1');
  assert.equal(of('nginx')?.level, 'info');
  const health = app.collectors.health();
  assert.match(health['syslog udp']!.detail, /1 lines/);
  assert.equal(health['syslog tcp']!.ok, true);
});

test('TLS: the same, and a plain sender is refused', { skip: noOpenssl() ?? false }, async () => {
  using folder = scratch();
  const files = certificate(folder.path);
  await using app = await startCollectors({ syslog: { tls: { port: 0, ...files } } });
  const ca = readFileSync(files.cert);
  const socket = connectTls({
    port: app.portOf('syslog tls'),
    host: '127.0.0.1',
    ca,
    servername: 'localhost',
  });
  await once(socket, 'secureConnect');
  socket.end(count(FULL));
  await until(() => app.sink.records.length === 1, 'the record');
  const plain = connect(app.portOf('syslog tls'), '127.0.0.1');
  plain.on('error', () => {});
  plain.write('<13>not encrypted\n');
  await once(plain, 'close');
  assert.equal(app.sink.records.length, 1);
});

test('a slow store holds up the TCP sender, and nothing is lost', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 } } });
  const gate = Promise.withResolvers<void>();
  app.control.gate = gate.promise;
  const socket = connect(app.portOf('syslog tcp'), '127.0.0.1');
  await once(socket, 'connect');
  const line = `<13>${'x'.repeat(500)} `;
  let sent = 0;
  // Until the buffers of the kernel are full too: then the sender is held up.
  const LINES = 120_000;
  while (sent < LINES) {
    const more = Array.from({ length: 1_000 }, (_, n) => `${line}${sent + n}\n`).join('');
    sent += 1_000;
    if (!socket.write(more) && socket.writableLength > 8_000_000) break;
  }
  assert.ok(sent < LINES, 'the sender was never held up');
  assert.match(app.collectors.health()['syslog tcp']!.detail, /waiting/);
  gate.resolve();
  socket.end();
  await until(() => app.sink.records.length === sent, 'all records');
  assert.equal(new Set(app.sink.records.map(({ id }) => id)).size, sent);
});

test('UDP beyond the room is counted and shown', async () => {
  await using app = await startCollectors({ syslog: { udp: { port: 0 } }, limits: { linesPerSecond: 10 } });
  const udp = createSocket('udp4');
  for (let n = 0; n < 100; n += 1)
    await new Promise((resolve) => udp.send(`<13>line ${n}`, app.portOf('syslog udp'), '127.0.0.1', resolve));
  udp.close();
  const refused = async () => (await app.refused()).rate ?? 0;
  let seen = 0;
  await until(() => {
    void refused().then((now) => {
      seen = now;
    });
    return seen + app.sink.records.length >= 100;
  }, 'all datagrams to be accounted for');
  assert.ok(seen > 50);
  assert.match(app.collectors.health()['syslog udp']!.detail, /refused \d+ \(rate/);
});

test('connections beyond the limit are refused and counted', async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 } }, limits: { connections: 1 } });
  const first = connect(app.portOf('syslog tcp'), '127.0.0.1');
  await once(first, 'connect');
  first.write('<13>one\n');
  await until(() => app.sink.records.length === 1, 'the first line');
  const second = connect(app.portOf('syslog tcp'), '127.0.0.1');
  second.on('error', () => {});
  await once(second, 'close');
  assert.deepEqual(await app.refused(), { connections: 1 });
  first.end();
});

const noLogger = (): string | false => {
  try {
    execFileSync('logger', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'logger (util-linux) is not installed';
  }
};

test('the command logger: UDP and TCP, both RFCs', { skip: noLogger() }, async () => {
  await using app = await startCollectors({ syslog: { tcp: { port: 0 }, udp: { port: 0 } } });
  const logger = (...args: string[]) =>
    promisify(execFile)('logger', ['-n', '127.0.0.1', '-t', 'shop', '-p', 'user.err', ...args]);
  const [tcp, udp] = [String(app.portOf('syslog tcp')), String(app.portOf('syslog udp'))];
  await logger('-T', '-P', tcp, '--rfc5424', '--sd-id', 'order@1', '--sd-param', 'id="7"', 'tcp new');
  await logger('-T', '-P', tcp, '--rfc5424', '--octet-count', 'tcp counted');
  await logger('-T', '-P', tcp, '--rfc3164', 'tcp old');
  await logger('-d', '-P', udp, '--rfc5424', 'udp 새 형식');
  await logger('-d', '-P', udp, '--rfc3164', 'udp old');
  await until(() => app.sink.records.length === 5, 'five records');
  assert.deepEqual(app.sink.records.map(({ message }) => message).sort(), [
    'tcp counted',
    'tcp new',
    'tcp old',
    'udp old',
    'udp 새 형식',
  ]);
  for (const record of app.sink.records) {
    assert.equal(record.service, 'shop');
    assert.equal(record.level, 'error');
  }
  const tagged = app.sink.records.find(({ message }) => message === 'tcp new');
  assert.equal(tagged?.attributes['order@1.id'], '7');
});

test('framing: line ends and NULs in any order and number, wherever chunks are cut', () => {
  const ends = ['\n', '\u0000', '\r\n', '\n\u0000', '\u0000\u0000'];
  const messages = Array.from({ length: 2_000 }, (_, i) => `<13>m${i}`);
  const bytes = Buffer.from(messages.map((text, i) => text + ends[(i * 7) % 5]).join(''));
  for (const size of [1, 7, 4_096, bytes.length]) {
    const framer = new SyslogFramer(1_024);
    const got: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      got.push(...framer.push(bytes.subarray(at, at + size)).messages);
    got.push(...framer.end().messages);
    assert.deepEqual(got, messages, `chunks of ${size}`);
  }
});
