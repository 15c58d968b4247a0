import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Path of a Chromium: `BONGSU_CHROMIUM`, else where distributions put it. Undefined when there is none. */
export const chromiumPath = (): string | undefined =>
  [
    process.env.BONGSU_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => path !== undefined && existsSync(path));

export const openBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
