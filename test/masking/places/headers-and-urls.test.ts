import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInHeadersAndUrls } from '../../../src/masking/places/headers-and-urls.ts';
import { foundIn, hides } from '../found.ts';

const TOKEN = ['9fQ2xk', '7TmA41', 'vZp0Rd', '8LsE6w'].join('');
const SECRET = ['harbor', 'Tug73'].join('!');

test('credentials in headers and addresses are found', () => {
  for (const [line, value] of [
    [`> Authorization: Bearer ${TOKEN}`, TOKEN],
    [`authorization=[Basic ${TOKEN}==] GET /tide`, TOKEN],
    [`"Proxy-Authorization":"Bearer ${TOKEN}"`, TOKEN],
    [`Cookie: theme=dark; quay_session=${TOKEN}`, TOKEN],
    [`Set-Cookie: quay=${TOKEN}; Path=/`, TOKEN],
    [`dial amqp://quay:${SECRET}@mq.example.com:5672/v`, SECRET],
    [`redis://:${SECRET}@cache:6379/0`, SECRET],
    [`jdbc:postgresql://quay:${SECRET}@db/tide`, SECRET],
    [`clone https://${TOKEN}@git.example.com/quay.git`, TOKEN],
    [`GET /cb?code=${TOKEN}&x=1 302`, TOKEN],
    [`GET /file?sig=${TOKEN}&se=2027 200`, TOKEN],
    [`mail sent: https://quay.example.com/reset-password/${TOKEN}`, TOKEN],
    [`POST https://chat.example.com/services/T0QUAY12/B0PIER34/${TOKEN} 200`, TOKEN],
    [`quay:${SECRET}@db.example.com refused`, SECRET],
  ] as const)
    assert.ok(hides(findInHeadersAndUrls, line, value), `${line}: ${foundIn(findInHeadersAndUrls, line)}`);
});

test('addresses, paths and ids without a credential stay', () => {
  for (const line of [
    'GET https://quay.example.com:8443/tide?page=3&size=20 200',
    'connect to tcp://db:5432 refused',
    'mail to quay@example.com bounced',
    'Authorization: required',
    'Cookie: none',
    'GET /orders/6f1c2a9e-0d43-4c1b-9f0e-4c1d2a3b4c5d 404',
    'GET /assets/app.9f8e7d6c.js 304',
    'pull registry.example.com/quay/tide:2026.11.3',
    'git@github.com:quay/tide.git',
  ])
    assert.deepEqual(foundIn(findInHeadersAndUrls, line), [], line);
});
