import type { SystemHealth, SystemHistory } from '../../domain/health.ts';
import type { Block, Chart } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { gigabytes, percent } from '../../i18n/numbers.ts';
import { oneLine } from './card/headline.ts';

/** Points of a chart's line. */
const POINTS = 120;
/** Machines whose charts are shown. */
const HOSTS = 2;
const PROCESSES = 3;

/** GPU, CPU and memory as they are now; a machine without a GPU says so. */
export function machineFields(
  { gpus, cpu, memory }: SystemHealth,
  { say, number }: Speech,
): { label: string; value: string }[] {
  const fields = gpus.map((gpu) => ({
    label: say['health.gpu'],
    value: [
      oneLine(gpu.host ? `${gpu.name} @ ${gpu.host}` : gpu.name, 120),
      ...(gpu.memoryUsedMb !== undefined && gpu.memoryTotalMb !== undefined
        ? [say.memory(gigabytes(gpu.memoryUsedMb), gigabytes(gpu.memoryTotalMb))]
        : []),
      ...(gpu.utilisation !== undefined ? [percent(gpu.utilisation)] : []),
      ...(gpu.temperatureC !== undefined ? [`${number(gpu.temperatureC)} °C`] : []),
      ...(gpu.powerW !== undefined ? [`${number(gpu.powerW)} W`] : []),
      ...(gpu.mig && gpu.mig.length > 0
        ? [`MIG ${gpu.mig.map((name) => oneLine(name, 20)).join(', ')}`]
        : []),
      ...(gpu.throttled ?? []).map((reason) => say[`health.throttled.${reason}`]),
      ...(gpu.processes ?? [])
        .slice(0, PROCESSES)
        .map(({ pid, name, memoryMb }) =>
          [
            oneLine(name, 40) || String(pid),
            ...(memoryMb === undefined ? [] : [`${gigabytes(memoryMb)} GB`]),
          ].join(' '),
        ),
    ].join(' · '),
  }));
  if (gpus.length === 0) fields.push({ label: say['health.gpu'], value: say['health.gpuNone'] });
  return [
    ...fields,
    { label: say['health.cpu'], value: say.cpu(Math.round(cpu.load * 100), cpu.cores) },
    { label: say['health.memory'], value: say.memory(gigabytes(memory.usedMb), gigabytes(memory.totalMb)) },
  ];
}

/** The last hours of each machine as pictures, in percent: processor and memory, and its GPU where it has one. */
export function machineCharts(history: readonly SystemHistory[], { say }: Speech): Block[] {
  return history.slice(0, HOSTS).flatMap(({ host, samples }) => {
    if (samples.length < 2) return [];
    const step = Math.ceil(samples.length / POINTS);
    const shown = samples.filter((_, index) => index % step === 0);
    const picture = (title: string, lines: [name: string, values: (number | undefined)[]][]): Block => {
      const chart: Chart = {
        title: `${oneLine(host, 40)}: ${title}`,
        at: shown.map(({ at }) => at),
        series: lines.map(([name, values], index) => ({
          name,
          kind: index === 0 ? 'bar' : 'line',
          values: values.map((value) => Math.round((value ?? 0) * 100)),
          tone: index === 0 ? 'neutral' : 'critical',
        })),
      };
      return { kind: 'chart', chart };
    };
    const charts = [
      picture(say['health.chart'], [
        [say['health.memory'], shown.map(({ memory }) => memory)],
        [say['health.cpu'], shown.map(({ cpu }) => cpu)],
      ]),
    ];
    if (shown.some(({ gpu }) => gpu?.utilisation !== undefined || gpu?.memory !== undefined))
      charts.push(
        picture(say['health.gpuChart'], [
          [say['health.gpuMemory'], shown.map(({ gpu }) => gpu?.memory)],
          [say['health.gpu'], shown.map(({ gpu }) => gpu?.utilisation)],
        ]),
      );
    return charts;
  });
}
