// Takes the pictures of the READMEs: a first start with the demonstration and no model.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import type { Language } from '../src/domain/question/question.ts';
import { chromiumPath, openBrowser } from '../test/acceptance/browser.ts';
import { startBongsu } from '../test/acceptance/process.ts';

const IMAGES = resolve(import.meta.dirname, '../docs/images');
const WAIT = { timeout: 120_000 };
const PASTED = [
  'ts=2026-11-21T05:03:12.481Z level=error service=inventory msg="pool timeout after 30000 ms" active=20 idle=0 waiting=41',
  'ts=2026-11-21T05:03:12.777Z level=error service=inventory msg="SQLSTATE 53300: remaining connection slots are reserved"',
  'ts=2026-11-21T05:03:13.120Z level=warn service=inventory msg="커넥션 대기 시간이 30초를 넘었습니다" waiting=41',
  'ts=2026-11-21T05:03:13.502Z level=error service=order msg="inventory did not answer in 30 s" status=503',
  'ts=2026-11-21T05:03:14.009Z level=error service=checkout msg="payment held back: order answered 503"',
  'ts=2026-11-21T05:03:14.310Z level=info service=payment msg="settled batch 5521" duration_ms=84',
];

/** Opens the page, and waits for the incident's thread with analysis and chart, and for the fonts. */
async function incident(page: Page, address: string): Promise<void> {
  const shown = async (): Promise<void> => {
    await page.locator('#channel .alert.tone-critical').first().waitFor(WAIT);
    await page.locator('#thread .chart img').waitFor(WAIT);
  };
  await page.goto(address);
  await shown();
  // Loaded again: someone who is called to the incident sees the page like this.
  await page.reload();
  await shown();
  await page.locator('#health .gauge').first().waitFor(WAIT);
  await page.evaluate('document.fonts.ready.then(() => {})');
}

async function ask(page: Page, command: string): Promise<void> {
  const said = await page.locator('#channel .message.bot').count();
  await page.fill('#channel-command', command);
  await page.keyboard.press('Enter');
  const answer = page.locator('#channel .message.bot').nth(said);
  await answer.locator('.footnote').waitFor(WAIT);
  await answer.locator('.at-work').waitFor({ state: 'detached', ...WAIT });
}

async function take(language: Language): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-pictures-'));
  const browser = await openBrowser(executable!);
  const app = await startBongsu(folder, { language, timeZone: 'Asia/Seoul', dataDir: 'data', models: [] });
  try {
    const open = (colorScheme: 'light' | 'dark') =>
      browser.newPage({
        viewport: { width: 1_440, height: 900 },
        deviceScaleFactor: 1.5,
        colorScheme,
        locale: language === 'ko' ? 'ko-KR' : 'en-US',
      });
    const page = await open(language === 'ko' ? 'dark' : 'light');
    const shot = (name: string) => page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await incident(page, app.address);
    await shot(`console-${language}`);
    if (language === 'ko') return;

    await ask(page, '/logs summarize');
    await page.locator('#thread .chart img').scrollIntoViewIfNeeded();
    await shot('thread');

    await page.goto(`${app.address}/#/paste`);
    await page.fill('#paste-text', PASTED.join('\n'));
    await page.evaluate("document.getElementById('paste-text').scrollTo(0, 0)");
    await page.click('#paste-go');
    await page.locator('.answer .footnote').waitFor(WAIT);
    await page.locator('#paste-stop').waitFor({ state: 'hidden', ...WAIT });
    await shot('paste');
  } finally {
    await browser.close();
    await app.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}

const executable = chromiumPath();
if (!executable) {
  process.stderr.write('No Chromium found. Install one, or set BONGSU_CHROMIUM to its path.\n');
  process.exit(1);
}
await mkdir(IMAGES, { recursive: true });
await take('en');
await take('ko');
process.stdout.write('docs/images: console-en.png, console-ko.png, thread.png, paste.png\n');
