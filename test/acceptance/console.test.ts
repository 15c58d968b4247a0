import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { parseConfig } from '../../src/config/config.ts';
import { HOSTILE, LINES, sampleRoom } from '../web/fixtures.ts';
import { startWeb } from '../web/harness.ts';
import { chromiumPath, openBrowser } from './browser.ts';

const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? '';
const executable = chromiumPath();
const skip = executable ? false : 'no Chromium found; install one or set BONGSU_CHROMIUM';

describe('the console page', { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await openBrowser(executable!);
  });
  after(() => browser?.close());

  /** A page on a server with the sample incident; errors of the page's own scripts fail the test. */
  async function open(
    language: 'en' | 'ko',
    options: { path?: string; width?: number; env?: Record<string, string> } = {},
  ) {
    const room = sampleRoom(language);
    const config = parseConfig({ http: { port: 0 }, language, timeZone: 'Asia/Seoul' }, options.env);
    const server = await startWeb({ config, room });
    const page = await browser.newPage({
      viewport: { width: options.width ?? 1_400, height: 900 },
      locale: language === 'ko' ? 'ko-KR' : 'en-US',
    });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of')) errors.push(message.text());
    });
    await page.goto(`${server.address}${options.path ?? '/'}`);
    return {
      room,
      page,
      server,
      async [Symbol.asyncDispose]() {
        await page.close();
        await server.web.stop();
        assert.deepEqual(errors, []);
      },
    };
  }
  const channel = (page: Page) => page.locator('#channel');
  const thread = (page: Page) => page.locator('#thread');

  test('shows the incident with its facts, and its thread with analysis, chart and lines', async () => {
    await using opened = await open('en');
    const { page } = opened;
    const alert = channel(page).locator('.message.tone-critical');
    await alert.waitFor();
    assert.equal(await alert.count(), 1);
    const facts = [
      'inventory: Connection pool exhausted',
      'Affectsinventory, gateway',
      '12 times',
      'gateway (44 times)',
    ];
    for (const fact of facts) assert.match(await textOf(alert), new RegExp(fact.replace(/[()]/g, '\\$&')));
    await thread(page).locator('.chart img').waitFor();
    // A picture that cannot be drawn rejects.
    await page.evaluate("document.querySelector('#thread .chart img').decode()");
    assert.match(await textOf(thread(page)), /Likely: inventory/);
    assert.match(await page.title(), /^\(1\) Bongsu$/);
    await page.locator('#health .gauge').first().waitFor();
    assert.match(
      await textOf(page.locator('#health')),
      /no GPU[\s\S]*CPU[\s\S]*25%[\s\S]*All 1 backends well/,
    );
  });

  test('shows hostile log text as text', async () => {
    await using opened = await open('en');
    const { page } = opened;
    await channel(page).locator('pre').first().waitFor();
    await channel(page).locator('.more summary').click();
    const shown = await channel(page).locator('pre code').allTextContents();
    assert.deepEqual(shown, LINES);
    assert.ok(shown.includes(HOSTILE));
    assert.equal(await page.locator('img[src="x"], #channel script').count(), 0);
    assert.doesNotMatch(await page.title(), /pwned/);
  });

  test('acknowledge is pressed, the state changes for all to see and stays after a reload', async () => {
    await using opened = await open('en');
    const { page, room } = opened;
    await page.fill('#name', 'Mina');
    await channel(page).getByRole('button', { name: 'Acknowledge' }).click();
    await channel(page).getByText('Acknowledged by Mina', { exact: false }).waitFor();
    await thread(page).getByText('Mina acknowledged', { exact: false }).waitFor();
    assert.equal(room.inputs.at(-1)?.action?.name, 'acknowledge');
    assert.equal(room.inputs.at(-1)?.thread, room.parent);
    await page.reload();
    await channel(page).getByText('Acknowledged by Mina', { exact: false }).waitFor();
    assert.equal(await channel(page).getByRole('button', { name: 'Acknowledge' }).count(), 0);
    assert.equal(await page.inputValue('#name'), 'Mina');
    await channel(page).getByRole('button', { name: 'Resolve' }).click();
    await channel(page).locator('.message.tone-good').waitFor();
  });

  test('take, more and false alarm by button; what more there is only the one who pressed sees', async () => {
    await using opened = await open('en');
    const { page, room } = opened;
    await page.fill('#name', 'Mina');
    await channel(page).getByRole('button', { name: 'Take' }).click();
    await channel(page).getByText('Taken by', { exact: false }).waitFor();
    await thread(page).getByText('Mina takes care of this', { exact: false }).waitFor();
    await channel(page).getByRole('button', { name: 'More…' }).first().click();
    const menu = channel(page).locator('.message').last();
    await menu.getByRole('button', { name: 'Mute inventory 1 day' }).click();
    await page.locator('[data-action$="|86400000:service"]').waitFor();
    assert.equal(room.inputs.at(-1)?.action?.value, '86400000:service');
    assert.equal(await menu.locator('.replies').count(), 0, 'it opens no thread');
    await channel(page).getByRole('button', { name: 'False alarm' }).first().click();
    await channel(page).locator('.message.tone-good').waitFor();
    await channel(page).getByRole('button', { name: 'Open again' }).first().click();
    await channel(page).locator('.message.tone-critical').waitFor();
  });

  test('a command is completed by keyboard, answered live and can be stopped', async () => {
    await using opened = await open('en');
    const { page, room } = opened;
    await channel(page).locator('.message').first().waitFor();
    await page.keyboard.press('/');
    const box = page.locator('#channel-command');
    assert.equal(await box.inputValue(), '/logs ');
    await page.keyboard.type('w');
    await page.getByRole('option', { name: '/logs why' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await box.inputValue(), '/logs why ');
    await page.keyboard.press('Enter');
    const answer = channel(page).locator('.message').last();
    await answer.locator('.at-work').waitFor();
    await answer.getByRole('button', { name: 'Stop' }).click();
    await page.locator('[data-action^="stop|job-1"]').waitFor();
    assert.equal(room.inputs.at(-1)?.action?.name, 'stop');
    room.finish();
    await answer.locator('.at-work').waitFor({ state: 'detached' });
    assert.match(await textOf(answer), /What to do: Find what holds connections/);
    await page.keyboard.press('ArrowUp');
  });

  test('words in a thread stay in the thread', async () => {
    await using opened = await open('en');
    const { page, room } = opened;
    await thread(page).locator('.message').first().waitFor();
    await page.fill('#thread-command', 'is it the deploy?');
    await page.keyboard.press('Enter');
    await thread(page).getByText('is it the deploy?').waitFor();
    assert.equal(await channel(page).getByText('is it the deploy?').count(), 0);
    assert.equal(room.inputs.at(-1)?.thread, room.parent);
    await page.keyboard.press('Tab');
    await page.locator('#thread-close').click();
    await page.locator('#thread-empty').waitFor();
  });

  test('speaks Korean, and switches', async () => {
    await using opened = await open('ko');
    const { page, room } = opened;
    await channel(page).getByText('커넥션 풀 고갈').first().waitFor();
    assert.equal(await page.getAttribute('html', 'lang'), 'ko');
    assert.match(await textOf(page.locator('.tabs')), /채널\s+로그 붙여넣기/);
    await page.fill('#channel-command', '/logs 요');
    await page.getByRole('option', { name: '/logs 요약' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await channel(page).getByText('/logs 요약').waitFor();
    assert.equal(room.inputs.at(-1)?.language, 'ko');
    assert.equal(room.inputs.at(-1)?.user, '이름 없는 사용자');
    await page.getByRole('button', { name: 'EN', exact: true }).click();
    assert.match(await textOf(page.locator('.tabs')), /Channel\s+Paste logs/);
    await page.reload();
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
  });

  test('pasted logs are analyzed: readable and as JSON, streamed, stoppable', async () => {
    await using opened = await open('en', { path: '/#/paste' });
    const { page } = opened;
    await page.click('#paste-go');
    assert.match(await textOf(page.locator('#paste-error')), /Paste some log lines first/);
    await page.fill('#paste-text', HOSTILE);
    await page.focus('#paste-temperature');
    await page.keyboard.press('ArrowRight');
    assert.equal(await textOf(page.locator('#paste-temperature-value')), '0.3');
    const sent = page.waitForRequest((request) => request.url().endsWith('/analyze'));
    await page.click('#paste-go');
    assert.deepEqual((await sent).postDataJSON(), {
      text: HOSTILE,
      temperature: 0.3,
      language: 'en',
      stream: true,
    });
    await page.locator('.answer').waitFor();
    const answer = await textOf(page.locator('#paste-answer'));
    for (const part of [HOSTILE.slice(0, 30), 'PoolTimeout', 'The pool has no free connection.', '5 of 5'])
      assert.ok(answer.includes(part), part);
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    const json = JSON.parse(await textOf(page.locator('#paste-answer'))) as Record<string, unknown>;
    assert.equal(json.error_type, 'PoolTimeout');
    assert.equal(json.severity, 5);

    await page.fill('#paste-text', 'hang');
    await page.click('#paste-go');
    await page.locator('#paste-working .spinner').waitFor();
    await page.click('#paste-stop');
    await page.getByText('Stopped.').waitFor();
    assert.equal(await page.isEnabled('#paste-go'), true);
  });

  test('fits a phone: one pane at a time, nothing wider than the screen', async () => {
    await using opened = await open('ko', { width: 390 });
    const { page } = opened;
    await channel(page).locator('.message').first().waitFor();
    assert.equal(await page.locator('#thread-pane').isVisible(), false);
    await channel(page).getByRole('button', { name: '답글 2개' }).click();
    await thread(page).locator('.chart img').waitFor();
    assert.equal(await channel(page).isVisible(), false);
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    await page.locator('#thread-close').click();
    await channel(page).locator('.message').first().waitFor();
  });

  test('comes back by itself after the server was away', async () => {
    const room = sampleRoom('en');
    const first = await startWeb({ room });
    const page = await browser.newPage();
    await page.goto(first.address);
    await channel(page).locator('.message').first().waitFor();
    await first.web.stop();
    await page.getByText('Connection lost', { exact: false }).waitFor();
    room.post({ summary: 'later', tone: 'neutral', blocks: [{ kind: 'text', text: 'said meanwhile' }] });
    const port = Number(new URL(first.address).port);
    const second = await startWeb({ room, config: parseConfig({ http: { port } }) });
    await channel(page).getByText('said meanwhile').waitFor();
    await page.close();
    await second.web.stop();
  });

  test('a server with a token asks for it, and signs out', async () => {
    const token = 'a-token-of-enough-length';
    await using opened = await open('en', { env: { BONGSU_TOKEN: token } });
    const { page } = opened;
    await page.waitForURL('**/login');
    await page.fill('#token', 'not-this-token-at-all');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token of this server.').waitFor();
    await page.fill('#token', token);
    await page.keyboard.press('Enter');
    await channel(page).locator('.message').first().waitFor();
    await page.click('#sign-out');
    await page.waitForURL('**/login');
  });
});
