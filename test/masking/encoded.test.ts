import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unescapedView } from '../../src/masking/encoded.ts';
import { redactCredentials } from '../../src/masking/redact.ts';

const SECRET = ['Tiger', 'p4wq21'].join('#');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('escapes are undone however deep, and each character knows where it came from', () => {
  for (const [escaped, plain] of [
    [String.raw`{\"a\":\"b\"}`, '{"a":"b"}'],
    [String.raw`\\\"a\\\"`, '"a"'],
    [String.raw`\u0022a\x22`, '"a"'],
    ['a%3Db%26c', 'a=b&c'],
    ['a%253Db', 'a=b'],
    ['&quot;a&quot; &#39;b&#x27; &amp;lt;', `"a" 'b' <`],
    ['%EB%B9%84%EB%B2%88=1', '비번=1'],
    ['p%3A+x', 'p:x'],
  ] as const) {
    const view = unescapedView(escaped);
    assert.equal(view?.text, plain);
    assert.equal(view?.at.length, plain.length + 1);
    assert.equal(view?.at[plain.length], escaped.length);
  }
  for (const text of ['plain', '100% sure', 'a & b', String.raw`C:\dir`, '%zz %8', '%ff%fe'])
    assert.equal(unescapedView(text)?.text ?? text, text);
});

test('a password behind escapes is hidden whole', () => {
  const encoded = encodeURIComponent(`${SECRET}&=`);
  for (const line of [
    `GET /l?u=kim%26password%3D${encoded} 500`,
    `q=pwd%3d${encoded} failed`,
    `msg="{\\u0022password\\u0022:\\u0022${SECRET}\\u0022}" bad`,
    `raw={\\x22password\\x22:\\x22${SECRET}\\x22} bad`,
    `<field name=&quot;password&quot;>${SECRET}</field>`,
    `비밀번호%3D${encodeURIComponent(SECRET)}`,
  ]) {
    const masked = redactCredentials(line);
    assert.ok(!masked.includes(SECRET) && !masked.includes(encodeURIComponent(SECRET)), masked);
  }
});

test('what is written in base64 is hidden if it holds a secret or a login, and else it stays', () => {
  for (const inner of [`kim:${SECRET}`, `{"password":"${SECRET}"}`, base64(`kim:${SECRET}`)]) {
    const line = `blob ${base64(inner)} refused`;
    assert.equal(redactCredentials(line), 'blob [redacted] refused', inner);
  }
  for (const inner of ['order 4711 was shipped today', '{"page":3,"size":20}', 'cursor:4711'])
    assert.equal(redactCredentials(`blob ${base64(inner)} refused`), `blob ${base64(inner)} refused`);
  assert.doesNotMatch(
    redactCredentials(`Secret shop/db data={"first":"${base64('letmein now')}"} rejected`),
    new RegExp(base64('letmein now')),
  );
});
