import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Said, staged, works, wrongFirst } from './staged/stage.ts';

const LIMITS: string[][] = [
  ['volume data-1 is 100% full', 'disk', 'WARN'],
  ['disk usage above high watermark, writes blocked', 'disk', 'WARN'],
  ['disk quota exceeded for project 7', 'disk', 'WARN'],
  ['memory alarm set on node 2', 'memory', 'WARN'],
  ['memory usage limit exceeded, rejecting writes', 'memory', 'WARN'],
  ['too many open files', 'limit', 'WARN'],
  ['inode quota exceeded on /var', 'disk', 'WARN'],
  ['too many processes, fork refused', 'limit', 'WARN'],
  ['write buffer is full, blocking writers', 'limit', 'WARN'],
  ['commit queue limit exceeded (5000)', 'limit', 'WARN'],
  ['listen backlog is full', 'limit', 'WARN'],
  ['handle limit reached: 1024 of 1024', 'limit', 'WARN'],
  ['maximum number of threads reached', 'limit', 'WARN'],
  ['too many sockets', 'limit', 'WARN'],
  ['shard is at capacity, inserts rejected', 'limit', 'WARN'],
  ['storage alarm triggered on node 3', 'disk', 'INFO'],
  ['tablespace ORDERS is full', 'disk', 'WARN'],
  ['disk watermark exceeded on data-1, index is read-only', 'disk', 'INFO'],
  ['디스크 사용량이 한도를 초과했습니다', 'disk', 'WARN'],
  ['데이터 볼륨이 가득 찼습니다', 'disk', 'WARN'],
  ['메모리 한도 초과, 쓰기 거부', 'memory', 'WARN'],
  ['큐 한도 초과로 메시지 거부', 'limit', 'WARN'],
  ['스레드가 너무 많아 작업을 거부합니다', 'limit', 'WARN'],
  ['Speicherplatz auf Datenträger erschöpft: Datenträger voll', 'disk', 'WARN'],
];

test('whatever is full, at its limit or too many comes before the many who time out', async () => {
  const lines = (text: string, level: string): Said[] => [
    works('store'),
    works('app'),
    ['app', 305, 1, 280, 'ERROR', 'write # timed out'],
    ['store', 300, 60, 5, level, text],
  ];
  const cases = LIMITS.map(([text, kind, level]): [string, Said[]] => [
    `store/${kind}`,
    lines(text!, level!),
  ]);
  assert.deepEqual(await wrongFirst(cases), []);
});

test('a limit that is set, kept or no longer reached is no failure', async () => {
  const calm: Said[] = [
    works('store'),
    works('app'),
    ['store', 0, 20, 30, 'INFO', 'disk usage 41% is below the watermark'],
    ['store', 5, 20, 30, 'INFO', 'queue limit set to 5000'],
    ['store', 9, 20, 30, 'INFO', 'memory limit: 2 GiB'],
  ];
  assert.deepEqual(
    await wrongFirst([['app', [...calm, ['app', 305, 1, 280, 'ERROR', 'No space left on device']]]]),
    [],
  );
  assert.equal(
    (await staged([...calm, ['store', 330, 20, 10, 'INFO', 'disk alarm cleared']])).verdict,
    'inconclusive',
  );
});

const ORDERED: string[][] = [
  ['received SIGTERM, shutting down', 'INFO'],
  ['SIGTERM caught, stopping workers', 'WARN'],
  ['got signal 15 from 1, exiting', 'INFO'],
  ['process exited with code 143', 'WARN'],
  ['exit status 130 after interrupt', 'WARN'],
  ['caught TERM signal, draining connections', 'WARN'],
  ['SIGTERM 신호를 받아 종료합니다', 'WARN'],
  ['종료 신호 수신, 서버를 정상 종료', 'WARN'],
  ['shutdown requested by administrator command, terminating', 'WARN'],
  ['signal: terminated', 'ERROR'],
  ['received SIGTERM, shutting down', 'INFO'],
];

test('an order from outside to end is no crash of who obeys it', async () => {
  const wrong: string[] = [];
  for (const [own, level] of ORDERED) {
    const { causes } = await staged([
      works('quote', 380),
      works('front'),
      ['quote', 381, 1, 1, level!, own!],
      ['front', 385, 1, 150, 'ERROR', 'call to quote failed: connection refused'],
    ]);
    if (causes[0]?.service !== 'quote' || causes[0].kind === 'crash') wrong.push(own!);
  }
  assert.deepEqual(wrong, []);
});

test('who had to go because another is short of memory is not blamed for it; who was killed is', async () => {
  const lines = (said: Said): Said[] => [
    works('quote', 380),
    works('front'),
    works('agent'),
    ['front', 385, 1, 150, 'ERROR', 'call to quote failed: connection refused'],
    ['quote', 381, 1, 1, 'INFO', 'received SIGTERM, shutting down'],
    said,
  ];
  assert.deepEqual(
    await wrongFirst([
      ['agent', lines(['agent', 375, 5, 12, 'WARN', 'memory pressure on this node, evicting quote'])],
      ['quote/crash', lines(['quote', 381, 1, 1, 'ERROR', 'worker terminated by signal 9 (SIGKILL)'])],
    ]),
    [],
  );
});

const LAST: string[][] = [
  ['FATAL', '서비스 중단: 색인 판이 다릅니다', '10.0.3.4:2380 연결 실패'],
  ['FATAL', 'clock offset is over 500 ms, node stops', 'rpc to peer # failed: connection refused'],
  ['FATAL', 'data directory has wrong ownership', 'could not connect to server: connection refused'],
  ['FATAL', 'assertion failed: a.size() == b.size()', 'member 10.0.3.4:2380 unreachable: i/o timeout'],
  ['FATAL', '원장 순번이 맞지 않아 중단', '10.0.3.4:2380 연결 실패'],
  ['CRITICAL', '설정 파일 서명이 틀려 더 진행할 수 없습니다', '피어 응답 없음'],
  ['CRITICAL', 'journal replay stopped at entry 5', 'peer down: no response from #'],
  ['ERROR', 'panic: nil map write', 'dial tcp 10.0.3.4:2380: connect: connection refused'],
  ['EMERG', 'cannot bind control socket, giving up', 'upstream timed out for #'],
  [
    'ERROR',
    'unrecoverable inconsistency in index, halting the node',
    'peer went away: connection reset by peer',
  ],
  ['ERROR', 'schema version 7 is newer than 6, exiting now', 'replica # is gone: broken pipe'],
  ['FATAL', 'le journal est incomplet, arrêt du serveur', 'peer # timed out'],
];

test('who says that it ends and falls silent comes before many who miss it', async () => {
  const lines = (level: string, text: string, peer: string): Said[] => [
    works('s2', 300),
    works('s1'),
    works('s3'),
    ['s1', 303, 1, 280, 'ERROR', peer],
    ['s3', 304, 1, 280, 'ERROR', peer],
    ['s2', 301, 1, 1, level, text],
  ];
  const cases = LAST.map(([level, text, peer]): [string, Said[]] => ['s2', lines(level!, text!, peer!)]);
  assert.deepEqual(await wrongFirst(cases), []);
});

const FAILED: string[][] = [
  ["process didn't exit successfully: `cc -c a.c`"],
  ['the deployment did not roll out successfully'],
  ['hook post-install did not run successfully'],
  ['snapshot was not taken successfully'],
  ['the import could not be completed successfully'],
  ['export # has not ended successfully'],
  ['restore of # was unsuccessful'],
  ['login to the registry unsuccessfully tried 3 times'],
  ['작업 #이 정상적으로 완료되지 않았습니다'],
  ['배포가 성공하지 못했습니다'],
  ['스냅샷을 정상 생성하지 못함'],
  ['sync ended without success'],
];

test('what did not end successfully is a failure, what did is none', async () => {
  const lines = (text: string): Said[] => [
    works('builder', 500),
    works('other'),
    ['builder', 400, 20, 4, 'INFO', text],
  ];
  assert.deepEqual(await wrongFirst(FAILED.map(([text]) => ['builder', lines(text!)])), []);
  const well = [
    'import of # finished successfully, nothing was left',
    'cache not needed, build # completed successfully',
    '작업 # 성공적으로 완료',
  ];
  assert.deepEqual(await wrongFirst(well.map((text) => ['nothing', lines(text)])), []);
});

const ROOTS: string[][] = [
  [
    'GC overhead limit exceeded in batch #',
    'could not get a connection from the pool, # waiting: pool exhausted',
    'memory',
  ],
  ['cannot allocate memory for buffer #', 'too many clients already, # refused', 'memory'],
  ['ENOSPC: no space left on device, write #', 'pool exhausted after # ms', 'disk'],
  ['Remounting filesystem read-only', 'database connection pool exhausted (#)', 'disk'],
  ['deadlock detected between # and 7', 'thread pool exhausted, task # rejected', 'deadlock'],
  ['worker # was OOM-killed', 'authentication failed: session # is gone', 'memory'],
  ['메모리 부족으로 작업 # 중단', '커넥션 풀 고갈, 대기 #', 'memory'],
  ['인증서 만료: 내부 CA', '권한 없음: 토큰 # 거부', 'tls'],
  ['missing required property tax.rate', 'authorization failed for order #', 'auth'],
  ['panic: index out of range [#]', 'too many connections (#)', 'crash'],
];

test('a rare root beside a loud one of the same service is the first or the second cause', async () => {
  const wrong: string[] = [];
  for (const [root, loud, kind] of ROOTS) {
    const { causes } = await staged([
      works('depot'),
      works('web'),
      ['depot', 300, 50, 3, 'ERROR', root!],
      ['depot', 312, 1, 150, 'ERROR', loud!],
      ['web', 315, 3, 70, 'ERROR', 'request # to depot timed out'],
    ]);
    const two = causes.slice(0, 2).map((cause) => `${cause.service}/${cause.kind}`);
    if (!two.includes(`depot/${kind}`)) wrong.push(`${root}: ${two}`);
  }
  assert.deepEqual(wrong, []);
});

test('what began when the loud failure was over, or was usual before, does not take its place', async () => {
  const lines = (other: Said, loud: Said): Said[] => [works('depot'), works('web'), other, loud];
  const late: Said = ['depot', 560, 8, 2, 'ERROR', 'cannot allocate memory for report #'];
  const usual: Said = ['depot', 20, 100, 6, 'ERROR', 'deadlock detected between # and 7'];
  assert.deepEqual(
    await wrongFirst([
      ['depot/pool', lines(late, ['depot', 300, 1, 250, 'ERROR', 'pool exhausted, # waiting'])],
      ['depot/pool', lines(usual, ['depot', 400, 1, 190, 'ERROR', 'pool exhausted, # waiting'])],
    ]),
    [],
  );
});

test('of two that show the same equally, an answer names both', async () => {
  for (const text of ['No space left on device', 'cannot allocate memory', '커넥션 풀 고갈', 'panic: boom']) {
    const { either } = await staged([
      works('x1'),
      works('x2'),
      ['x1', 300, 3, 90, 'ERROR', text],
      ['x2', 300, 3, 90, 'ERROR', text],
    ]);
    assert.deepEqual(either?.services.toSorted(), ['x1', 'x2'], text);
  }
});

test('of the lines about the end of a process, the one that names the signal is quoted first', async () => {
  for (const told of [
    'worker 4 ended by signal 9',
    'process did not exit: SIGSEGV',
    '작업자가 SIGKILL 로 종료',
  ]) {
    const { causes } = await staged([
      works('runner', 500),
      works('other'),
      ['runner', 500, 1, 1, 'ERROR', told],
      ['runner', 502, 1, 3, 'ERROR', 'stage # ended with exit code 137'],
    ]);
    assert.equal(causes[0]?.lines[0]?.message, told);
  }
});
