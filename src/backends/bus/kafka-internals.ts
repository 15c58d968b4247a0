import { createRequire } from 'node:module';
import { setImmediate as yielded } from 'node:timers/promises';
import { BATCH, type Frame, framesOf } from './kafka-frames.ts';

// What is changed inside kafkajs 2.2.4, which is not developed any more. All of it is here.

const require = createRequire(import.meta.url);

/**
 * kafkajs sets a timer with a negative delay for every request, which Node 24 answers with a
 * TimeoutNegativeWarning. A timer is only needed while requests wait (kafkajs issue 1751).
 */
function silenceNegativeTimeouts(): void {
  const RequestQueue = require('kafkajs/src/network/requestQueue') as {
    prototype: { scheduleCheckPendingRequests(this: RequestQueueState): void };
  };
  interface RequestQueueState {
    pending: unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
  }
  RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueState): void {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(10, this.throttledUntil - Date.now()),
    );
  };
}

/** A message as kafkajs passes it on: here it stands for a whole frame. */
interface Passed {
  frame: Frame;
  offset: string;
  key: Buffer | null;
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

/** Behind every offset there is: a frame that does not say where it ends is passed on, wherever reading stands. */
const ANYWHERE = String(1n << 62n);
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Key of the only record of a control batch, behind the lengths and deltas of one byte each: version and kind. */
const CONTROL_KEY = BATCH.records + 5;

/** kafkajs leaves out what belongs to aborted transactions, by these fields, and goes on behind `offset`. */
function passed(frame: Frame): Passed {
  const { bytes, magic, last, fault } = frame;
  const offset = last === undefined ? ANYWHERE : String(last);
  const plain = fault !== undefined || magic !== 2;
  const attributes = plain ? 0 : bytes.readInt16BE(BATCH.attributes);
  const isControlRecord = (attributes & CONTROL) !== 0;
  return {
    frame,
    offset,
    key: isControlRecord ? bytes.subarray(CONTROL_KEY, CONTROL_KEY + 4) : null,
    isControlRecord,
    batchContext: {
      producerId: plain ? '-1' : String(bytes.readBigInt64BE(BATCH.producerId)),
      inTransaction: (attributes & TRANSACTIONAL) !== 0,
    },
  };
}

interface Decoder {
  readInt32(): number;
  canReadBytes(count: number): boolean;
  readBytes(count: number): Buffer;
}

/**
 * kafkajs unpacks all that one fetch brought before it passes on any of it, and what it cannot decode in one batch ends
 * the consumer, which then begins anew at the same offset. It is given the frames instead, each as one message;
 * `kafka-records` reads them where topic, partition and offset are known, one after another.
 */
function passFramesOn(): void {
  const decode = async (decoder: Decoder): Promise<Passed[]> => {
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    // Checksums take time: other work may come between those of two partitions.
    await yielded();
    return framesOf(decoder.readBytes(size)).map(passed);
  };
  // The two places where it turns a record set into messages: for brokers since 0.11 and before.
  for (const place of ['protocol/requests/fetch/v4/decodeMessages', 'protocol/messageSet/decoder']) {
    const path = require.resolve(`kafkajs/src/${place}`);
    require(path);
    require.cache[path]!.exports = decode;
  }
}

silenceNegativeTimeouts();
passFramesOn();

/** The frames of a batch that kafkajs passed on. */
export const framesIn = (messages: readonly unknown[]): Frame[] =>
  (messages as Passed[]).map(({ frame }) => frame);
