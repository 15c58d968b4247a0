import { type Discretion, shownTo } from '../../masking/shown.ts';
import type { Output } from './output.ts';

/** An output whose receiver is told no more than the chats are. */
export function maskedOutput(output: Output, discretion: Discretion): Output {
  if (discretion === 'none') return output;
  return {
    name: output.name,
    endpoint: output.endpoint,
    send: (anomalies) => output.send(anomalies.map((anomaly) => shownTo(discretion, anomaly))),
    [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
  };
}
