// Loaded before every test file: ends a test process that does not end by itself, and says what kept it.
// A thread of its own, so that it also ends a process whose event loop stands still.
import { isMainThread, Worker } from 'node:worker_threads';

const minutes = Number(process.env.TEST_FILE_MINUTES);

/** The timers that keep the main thread, each as its time and the first line of what it calls. */
async function timers(session) {
  const find = `Object.getPrototypeOf((() => { const t = setTimeout(() => {}); clearTimeout(t); return t; })())`;
  const { result: prototype } = await session.post('Runtime.evaluate', { expression: find });
  const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
  const { result } = await session.post('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: `function () {
      return this.filter((timer) => !timer._destroyed && timer.hasRef()).map((timer) =>
        timer._idleTimeout + ' ms: ' + String(timer._onTimeout).replace(/\\s+/g, ' ').slice(0, 120));
    }`,
    returnByValue: true,
  });
  return result.value;
}

if (isMainThread && process.env.NODE_TEST_CONTEXT && minutes > 0)
  new Worker(new URL(import.meta.url), { execArgv: [], argv: process.argv.slice(1) }).unref();
else if (!isMainThread)
  setTimeout(async () => {
    const { Session } = await import('node:inspector/promises');
    const { writeSync } = await import('node:fs');
    const say = (text) => writeSync(2, `${text}\n`);
    say(`${process.argv.slice(2).join(' ')} did not end within ${minutes} minutes; killed.`);
    const session = new Session();
    session.connectToMainThread();
    session.on('Debugger.paused', ({ params }) => {
      for (const frame of params.callFrames)
        say(`    at ${frame.functionName || '(anonymous)'} ${frame.url}:${frame.location.lineNumber + 1}`);
    });
    const late = new Promise((resolve) => setTimeout(resolve, 5_000));
    const looked = (async () => {
      await session.post('Debugger.enable');
      const { result } = await session.post('Runtime.evaluate', {
        expression: 'process.getActiveResourcesInfo().join(", ")',
      });
      say(`It was kept by: ${result.value}`);
      for (const timer of await timers(session)) say(`    ${timer}`);
    })();
    await Promise.race([looked, late]);
    // A loop that never yields does not answer; where it stands says enough.
    session.post('Debugger.pause').catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    process.kill(process.pid, 'SIGKILL');
  }, minutes * 60_000);
