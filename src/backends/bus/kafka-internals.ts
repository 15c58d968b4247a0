import { createRequire } from 'node:module';
import { setImmediate as yielded } from 'node:timers/promises';
import { BATCH, type Frame, framesOf } from './kafka-frames.ts';

// Changes inside kafkajs 2.2.4, which is no longer developed. There are no others than these.

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

/** A message as kafkajs passes it on; here it stands for a whole frame. */
interface FrameMessage {
  frame: Frame;
  offset: string;
  key: Buffer | null;
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

/** An offset after all others, for a frame that does not say where it ends: it is passed on wherever the reader is. */
const ANYWHERE = String(1n << 62n);
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Where the key (version and kind) of the only record of a control batch begins: after lengths and deltas of one byte each. */
const CONTROL_KEY = BATCH.records + 5;

/** By these fields kafkajs leaves out what belongs to aborted transactions, and goes on after `offset`. */
function messageFor(frame: Frame): FrameMessage {
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
 * kafkajs unpacks everything that one fetch brought before it passes on any of it, and a batch that it cannot decode ends
 * the consumer, which then begins again at the same offset, for ever. So it is given the frames instead, each as one
 * message; `kafka-records` reads them one after another, where topic, partition and offset are known.
 */
function passFramesOn(): void {
  const decode = async (decoder: Decoder): Promise<FrameMessage[]> => {
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    // Checksums take time: between those of two partitions other work can run.
    await yielded();
    return framesOf(decoder.readBytes(size)).map(messageFor);
  };
  // The two places where it turns a record set into messages: for brokers since 0.11, and for older ones.
  for (const file of ['protocol/requests/fetch/v4/decodeMessages', 'protocol/messageSet/decoder']) {
    const path = require.resolve(`kafkajs/src/${file}`);
    require(path);
    require.cache[path]!.exports = decode;
  }
}

silenceNegativeTimeouts();
passFramesOn();

/** The frames of a batch that kafkajs passed on. */
export const framesIn = (messages: readonly unknown[]): Frame[] =>
  (messages as FrameMessage[]).map(({ frame }) => frame);
