import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventJoiner } from '../../../../src/pipeline/sources/files/events.ts';

/** The events of a text, each with its lines. */
function eventsOf(text: string): string[] {
  const joiner = createEventJoiner();
  const events: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const event = joiner.add({ number: index + 1, text: line });
    if (event) events.push(event.text);
  }
  for (let event = joiner.flush(); event; event = joiner.flush()) events.push(event.text);
  return events;
}
const withoutBlanks = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .join('\n');

const TRACES: Record<string, string> = {
  'chained Python': `Traceback (most recent call last):
  File "a.py", line 1, in <module>
    int("x")
    ~~~^^^^^
ValueError: invalid literal

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 9, in main
shop.errors.OrderError: no`,
  Go: `panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.pick(...)
	/app/main.go:9
main.(*Cart).total(0xc000012345, {0x4a, 0x1})
	/app/cart.go:20 +0x1d
created by main.main in goroutine 1
	/app/main.go:5 +0x2a

goroutine 7 [select]:
net/http.(*Server).Serve(0xc0001)
	/usr/go/net/http/server.go:3 +0x1
exit status 2`,
  Rust: `thread 'main' panicked at src/main.rs:10:15:
called \`Result::unwrap()\` on an \`Err\` value: NoStock
stack backtrace:
   0: rust_begin_unwind
             at /rustc/std/src/panicking.rs:645:5
   1: shop::main
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.`,
  PHP: `PHP Fatal error:  Uncaught RuntimeException: no stock in /app/cart.php:12
Stack trace:
#0 /app/index.php(3): Cart->total()
#1 {main}
  thrown in /app/cart.php on line 12`,
  '.NET': `Unhandled exception. System.InvalidOperationException: no stock
 ---> System.Net.Sockets.SocketException (111): Connection refused
   at Shop.Cart.Total() in /app/Cart.cs:line 12
   --- End of inner exception stack trace ---
   at Shop.Program.Main(String[] args)
--- End of stack trace from previous location ---
   at Shop.Host.Run()`,
  Ruby: `app/cart.rb:12:in 'total': no stock (RuntimeError)
	from app/cart.rb:20:in 'pay'
	from app/main.rb:3:in '<main>'`,
  'Java without a thread': `java.lang.IllegalStateException: no stock
	at shop.Cart.total(Cart.java:12)
Caused by: java.net.ConnectException: refused
	at java.net.Socket.connect(Socket.java:1)
	... 3 more`,
  'Node with the fields of the error': `Error: connect ECONNREFUSED 10.0.0.1:5432
    at TCPConnectWrap.afterConnect (node:net:1637:16) {
  errno: -111,
  code: 'ECONNREFUSED'
}`,
  'Node, uncaught': `/app/cart.js:12
    throw new Error('no stock');
    ^

Error: no stock
    at total (/app/cart.js:12:11)

Node.js v20.11.1`,
  'Node without a module': `node:internal/modules/cjs/loader:1143
  throw err;
  ^

Error: Cannot find module 'pg'
Require stack:
- /app/cart.js
    at Module._load (node:internal/modules/cjs/loader:985:27) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/app/cart.js' ]
}

Node.js v20.11.1`,
};

test('a trace is one event in every language, with its blank lines left out', () => {
  for (const [language, trace] of Object.entries(TRACES))
    assert.deepEqual(
      eventsOf(`plain words before\n${trace}\nplain words behind`),
      language === 'chained Python' || language === 'Java without a thread'
        ? [`plain words before\n${withoutBlanks(trace)}`, 'plain words behind']
        : ['plain words before', withoutBlanks(trace), 'plain words behind'],
      language,
    );
});

test('the same trace again is another event, where a program crashes at each start and names no time', () => {
  for (const [language, trace] of Object.entries(TRACES)) {
    const one = withoutBlanks(trace);
    assert.deepEqual(eventsOf([trace, trace, trace].join('\n')), [one, one, one], language);
  }
});

const dated = (...texts: string[]): string[] => texts.map((text, n) => `2026-11-21 15:04:0${n} ${text}`);

test('lines without a time belong to the event before once events have shown to begin with one', () => {
  const [one, two, three, four] = dated('INFO one', 'INFO two', 'INFO query:', 'INFO four');
  const sql = 'SELECT *\nFROM orders\n\nWHERE id = 7;';
  const body = '{\n"id": 7\n}';
  assert.deepEqual(eventsOf([one, two, three, sql, four, body].join('\n')), [
    one,
    two,
    `${three}\n${withoutBlanks(sql)}`,
    `${four}\n${body}`,
  ]);
  assert.deepEqual(
    eventsOf([one, 'plain', two, 'plain', three, four, 'plain'].join('\n')),
    [one, 'plain', two, 'plain', three, four, 'plain'],
    'a source of mixed lines',
  );
});

test('what is surely an event of its own is none before it, whatever the source has shown', () => {
  const events = [
    ...dated('INFO one', 'INFO two', 'INFO three'),
    '{"level":"warn","msg":"slow"}',
    'WARN slow',
    '[오류] 실패',
    'web-1  | 2026-11-21 15:04:05 up',
    'TypeError: x is undefined',
    'Nov 21 15:04:05 host app[1]: up',
    '10.0.0.7 - - [21/Nov/2026:15:04:05 +0900] "GET / HTTP/1.1" 200 1',
    '1795241045 up',
    '<13>Nov 21 15:04:05 host app: up',
  ];
  assert.deepEqual(eventsOf(events.join('\n')), events);
});

test('a source that ceases to name times has its lines apart again', () => {
  const lines = Array.from({ length: 2_000 }, (_, n) => `line ${n}`);
  const events = eventsOf([...dated('INFO one', 'INFO two', 'INFO three'), ...lines].join('\n'));
  assert.deepEqual(events.slice(-1_000), lines.slice(-1_000));
  assert.ok(events.every((event) => event.split('\n').length <= 500));
});

test('frames of a call are told by their form, also long ones', () => {
  const head = 'panic: boom\n\ngoroutine 1 [running]:';
  const frames = [
    'main.(*Pool).Get(0xc000, 0x1)',
    `main.run[${'a.b/c.Type[...]'.repeat(200)}](0x1)`,
    'net/http.HandlerFunc.ServeHTTP({0x1, 0x2}, (x))',
  ];
  assert.deepEqual(eventsOf([head, ...frames].join('\n')), [withoutBlanks([head, ...frames].join('\n'))]);
  // None of these is a call.
  for (const line of ['(', 'a b(c)', `${'('.repeat(60_000)}0`, 'main.Get(', '()x'])
    assert.equal(eventsOf([head, line].join('\n')).at(-1), line);
});
