import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromiumPath, openBrowser } from './browser.ts';
import { startBongsu } from './process.ts';

const executable = chromiumPath();
/** The model is one that does not answer. */
const CONFIG = {
  language: 'en',
  timeZone: 'Asia/Seoul',
  dataDir: 'data',
  models: [{ kind: 'ollama' }],
};
const skip = executable ? false : 'no Chromium found; install one or set BONGSU_CHROMIUM';

test('a first start shows the demonstration as one thread that can be asked and acted on', {
  skip,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-demo-'));
  const browser = await openBrowser(executable!);
  let app = await startBongsu(folder, CONFIG);
  try {
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, locale: 'en-US' });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(app.address);
    const channel = page.locator('#channel');
    const thread = page.locator('#thread');
    const alerts = channel.locator('.message.alert.tone-critical');

    // One critical thread for the cause: it holds the services that suffer, the analysis and the chart.
    await alerts.first().waitFor({ timeout: 60_000 });
    await thread.locator('.chart img').waitFor({ timeout: 60_000 });
    for (const service of ['cart', 'gateway', 'order', 'payment'])
      await alerts
        .first()
        .locator('dd', { hasText: new RegExp(`\\b${service}\\b.*`) })
        .first()
        .waitFor({ timeout: 60_000 });
    assert.equal(await alerts.count(), 1);

    await page.fill('#channel-command', '/logs why');
    await page.keyboard.press('Enter');
    const why = channel.locator('.message.bot').last();
    await why.locator('pre').first().waitFor({ timeout: 60_000 });
    await why.locator('.at-work').waitFor({ state: 'detached', timeout: 60_000 });

    await page.fill('#channel-command', '/logs 요약');
    await page.keyboard.press('Enter');
    await channel.locator('.message.person', { hasText: '/logs 요약' }).waitFor();
    await channel
      .locator('.message.bot')
      .last()
      .getByRole('heading', { name: '요약' })
      .waitFor({ timeout: 60_000 });

    await page.fill('#name', 'Mina');
    await alerts.getByRole('button', { name: 'Acknowledge' }).click();
    await alerts.getByText('Acknowledged by Mina', { exact: false }).waitFor();
    await page.reload();
    await alerts.getByText('Acknowledged by Mina', { exact: false }).waitFor();

    // Killed and started again: everything is still there, and the demonstration is not replayed.
    await app.end('SIGKILL');
    app = await startBongsu(folder, CONFIG);
    await page.goto(app.address);
    await alerts.getByText('Acknowledged by Mina', { exact: false }).waitFor();
    assert.equal(await alerts.count(), 1);
    await channel.locator('.message.person', { hasText: '/logs 요약' }).waitFor();
    assert.deepEqual(
      app.lines.filter((line) => line.includes('Replaying')),
      [],
    );
    assert.deepEqual(errors, []);
    assert.equal(await app.end('SIGTERM'), 0);
  } finally {
    await browser.close();
    await app.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
