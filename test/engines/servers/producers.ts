import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { layout } from '../provision.layout.ts';

/** Programs that others wrote and that send to Kafka: what they pack, and how they frame it, is not ours. */
export type Producer = (sent: {
  brokers: string[];
  topic: string;
  codec: string;
  lines: string[];
}) => Promise<void>;

/** Kafka's own client: Java; snappy in xerial's frame. */
export const javaProducer: Producer = ({ brokers, topic, codec, lines }) =>
  feed(
    'java',
    [
      ...['-XX:TieredStopAtLevel=1', '-cp', join(layout.kafka(), 'lib', '*')],
      ...[join(import.meta.dirname, '../producer/Producer.java'), brokers[0]!, topic, codec],
    ],
    lines,
  );

/** librdkafka: C, C++, Python, Go, .NET; snappy in one block, lz4 in its own frames. */
export const kcatProducer: Producer = ({ brokers, topic, codec, lines }) =>
  feed('kcat', ['-P', '-b', brokers[0]!, '-t', topic, '-p', '0', '-z', codec, '-X', 'linger.ms=300'], lines);

async function feed(command: string, args: string[], lines: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said.slice(-2_000)}`);
}
