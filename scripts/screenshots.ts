// Takes the pictures of the READMEs: a first start with the demonstration, and one with somebody's own logs; no model.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Language } from '../src/domain/question/question.ts';
import { seededRandom } from '../src/domain/seeded-random.ts';
import { MINUTE } from '../src/domain/time/units.ts';
import { chromiumPath, openBrowser } from '../test/acceptance/browser.ts';
import { startBongsu } from '../test/acceptance/process.ts';

const IMAGES = resolve(import.meta.dirname, '../docs/images');
/** Lines of it that are pasted. */
const PASTED = 1_000;
const WAIT = { timeout: 60_000 };

/** The log of a program nobody here knows: from a moment on, one route gets no connection to the database. */
function ownLog(now: number): string {
  const lines: string[] = [];
  const random = seededRandom(7);
  const pick = (from: number, to: number): number => from + Math.floor(random() * (to - from));
  for (let at = now - 90 * MINUTE, n = 0; at < now; at += pick(400, 2_600), n++) {
    const time = new Date(at).toISOString();
    const add = (level: string, message: string): number =>
      lines.push(`ts=${time} level=${level} service=billing worker=${pick(1, 9)} msg="${message}"`);
    if (at < now - 17 * MINUTE || n % 3 > 0)
      add('info', `${n % 2 ? 'GET' : 'POST'} /invoices 200 ${pick(4, 60)}ms`);
    else {
      add('error', `no connection within 5000 ms: pool exhausted (size=20 in_use=20 waiting=${pick(3, 40)})`);
      add('warn', `POST /invoices 503 ${pick(5_000, 5_060)}ms`);
    }
  }
  return `${lines.join('\n')}\n`;
}

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

const openPage = (browser: Browser, language: Language): Promise<Page> =>
  browser.newPage({
    viewport: { width: 1_440, height: 900 },
    deviceScaleFactor: 1.5,
    colorScheme: language === 'ko' ? 'dark' : 'light',
    locale: language === 'ko' ? 'ko-KR' : 'en-US',
  });

const configOf = (language: Language): object => ({
  language,
  timeZone: 'Asia/Seoul',
  dataDir: 'data',
  models: [],
});

/** The demonstration: channel and thread, an answer, and what is said of pasted text. */
async function takeDemo(language: Language, browser: Browser): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-pictures-'));
  const app = await startBongsu(folder, configOf(language));
  try {
    const page = await openPage(browser, language);
    const shot = (name: string) => page.screenshot({ path: join(IMAGES, `${name}.png`) });
    await incident(page, app.address);
    await shot(`console-${language}`);
    if (language === 'ko') return;

    await ask(page, '/logs summarize');
    await page.locator('#thread .chart img').scrollIntoViewIfNeeded();
    await shot('thread');

    await page.setViewportSize({ width: 1_200, height: 640 });
    await page.goto(`${app.address}/#/paste`);
    await page.fill('#paste-text', ownLog(Date.now()).split('\n').slice(-PASTED).join('\n'));
    await page.evaluate("document.getElementById('paste-text').scrollTo(0, 1e6)");
    await page.click('#paste-go');
    await page.locator('.answer .footnote').waitFor(WAIT);
    await page.locator('#paste-stop').waitFor({ state: 'hidden', ...WAIT });
    await shot('paste');
  } finally {
    await app.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}

/** Own logs: what was read, what was found, and a plain question. */
async function takeOwn(language: Language, browser: Browser): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-pictures-'));
  const file = join(folder, 'billing.log');
  await writeFile(file, ownLog(Date.now()));
  const app = await startBongsu(folder, configOf(language), ['--logs', file]);
  try {
    const page = await openPage(browser, language);
    await page.goto(app.address);
    await page.locator('#channel .alert').first().waitFor(WAIT);
    await page.locator('#thread .chart img').waitFor(WAIT);
    await page.locator('#incidents-read').waitFor(WAIT);
    await ask(
      page,
      language === 'ko' ? '어떤 엔드포인트가 가장 많이 실패했어?' : 'which endpoint fails most?',
    );
    await page.evaluate('document.fonts.ready.then(() => {})');
    await page.screenshot({ path: join(IMAGES, `own-logs-${language}.png`) });
  } finally {
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
const browser = await openBrowser(executable);
try {
  for (const language of ['en', 'ko'] as const) {
    await takeDemo(language, browser);
    await takeOwn(language, browser);
  }
} finally {
  await browser.close();
}
process.stdout.write(
  'docs/images: console-en.png, console-ko.png, own-logs-en.png, own-logs-ko.png, thread.png, paste.png\n',
);
