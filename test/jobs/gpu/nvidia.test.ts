import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGpus, readMigDevices, readProcesses } from '../../../src/jobs/gpu/nvidia.ts';

test('a driver of the 550s with two GPUs, one of them throttled', () => {
  const csv = `index, uuid, name, mig.mode.current, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu, clocks_event_reasons.active
0, GPU-aa, NVIDIA H200, Disabled, 1024, 143771, 0, 75.31, 34, 0x0000000000000001
1, GPU-bb, NVIDIA H200, Disabled, 140001, 143771, 100, 698.70, 86, 0x0000000000000064
`;
  assert.deepEqual(readGpus(csv), [
    {
      uuid: 'GPU-aa',
      split: false,
      name: 'NVIDIA H200',
      memoryUsedMb: 1_024,
      memoryTotalMb: 143_771,
      powerW: 75.31,
      temperatureC: 34,
      utilisation: 0,
    },
    {
      uuid: 'GPU-bb',
      split: false,
      name: 'NVIDIA H200',
      memoryUsedMb: 140_001,
      memoryTotalMb: 143_771,
      powerW: 698.7,
      temperatureC: 86,
      utilisation: 1,
      throttled: ['power', 'thermal'],
    },
  ]);
});

test('as driver 580.159 of one H200 wrote it while an adapter was trained on it (uuid and path are changed)', () => {
  const uuid = 'GPU-00000000-0000-0000-0000-000000000000';
  // Asked for clocks_throttle_reasons.active, it answers under the newer name.
  const csv = `index, uuid, name, mig.mode.current, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu, clocks_event_reasons.active
0, ${uuid}, NVIDIA H200, Disabled, 0, 143771, 0, 80.69, 37, 0x0000000000000001
`;
  const idle = {
    uuid,
    split: false,
    name: 'NVIDIA H200',
    memoryUsedMb: 0,
    memoryTotalMb: 143_771,
    powerW: 80.69,
    temperatureC: 37,
    utilisation: 0,
  };
  assert.deepEqual(readGpus(csv), [idle]);
  const busy = `index, uuid, name, mig.mode.current, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu, clocks_event_reasons.active
0, ${uuid}, NVIDIA H200, Disabled, 5109 MiB, 143771 MiB, 14 %, 143.78 W, 39, 0x0000000000000000
`;
  assert.deepEqual(readGpus(busy), [
    { ...idle, memoryUsedMb: 5_109, utilisation: 0.14, powerW: 143.78, temperatureC: 39 },
  ]);
  // Only a header while no program uses it.
  const apps = 'gpu_uuid, pid, used_gpu_memory [MiB], process_name\n';
  assert.equal(readProcesses(apps).size, 0);
  assert.deepEqual(
    [...readProcesses(`${apps}${uuid}, 606, 5100, /opt/lora/bin/python3\n`)],
    [[uuid, [{ pid: 606, name: 'python3', memoryMb: 5_100 }]]],
  );
  assert.deepEqual([...readMigDevices(`GPU 0: NVIDIA H200 (UUID: ${uuid})\n`)], [[uuid, []]]);
});

test('an older driver with units in its cells and the older name of the reasons', () => {
  const csv = `index, uuid, name, mig.mode.current, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu, clocks_throttle_reasons.active\r
0, GPU-cc, Tesla V100-SXM2-16GB, [N/A], 512 MiB, 16160 MiB, 7 %, 43.10 W, 41, 0x0000000000000008\r
`;
  const [gpu] = readGpus(csv);
  assert.equal(gpu?.memoryUsedMb, 512);
  assert.equal(gpu?.utilisation, 0.07);
  assert.equal(gpu?.powerW, 43.1);
  assert.equal(gpu?.split, false);
  assert.deepEqual(gpu?.throttled, ['hardware']);
});

test('what a card does not support is left out, not zero', () => {
  const csv = `index, uuid, name, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu
0, GPU-dd, GeForce GT 710, 120, 2001, [Not Supported], [N/A], 44
1, GPU-ee, Tesla T4, [Unknown Error], [GPU is lost], N/A, ERR!, [N/A]
`;
  assert.deepEqual(readGpus(csv), [
    {
      uuid: 'GPU-dd',
      split: false,
      name: 'GeForce GT 710',
      memoryUsedMb: 120,
      memoryTotalMb: 2_001,
      temperatureC: 44,
    },
    { uuid: 'GPU-ee', split: false, name: 'Tesla T4' },
  ]);
});

test('nothing, a header alone and a message instead of a table are no GPU', () => {
  for (const text of [
    '',
    '\n',
    'No devices were found\n',
    'index, uuid, name\n',
    'NVIDIA-SMI has failed\nbecause\n',
  ])
    assert.deepEqual(readGpus(text), [], text);
});

test('MIG: a GPU that is split names its devices and knows no utilisation', () => {
  const csv = `index, uuid, name, mig.mode.current, memory.used [MiB], memory.total [MiB], utilization.gpu [%], power.draw [W], temperature.gpu, clocks_event_reasons.active
0, GPU-ff, NVIDIA A100-SXM4-40GB, Enabled, 19968, 40960, [N/A], 120.55, 38, 0x0000000000000000
`;
  const [gpu] = readGpus(csv);
  assert.equal(gpu?.split, true);
  assert.equal(gpu?.utilisation, undefined);
  assert.equal(gpu?.throttled, undefined);
  const list = `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-ff)
  MIG 3g.20gb     Device  0: (UUID: MIG-11)
  MIG 1g.5gb+me   Device  1: (UUID: MIG-22)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-gg)
`;
  assert.deepEqual(
    [...readMigDevices(list)],
    [
      ['GPU-ff', ['3g.20gb', '1g.5gb+me']],
      ['GPU-gg', []],
    ],
  );
});

test('programs on a GPU: their name without the path, also where it holds commas or nobody may know it', () => {
  const csv = `gpu_uuid, pid, used_gpu_memory [MiB], process_name
GPU-aa, 4711, 6120, /usr/local/lib/ollama/runners/cuda_v12/ollama_llama_server
GPU-aa, 815, [N/A], C:\\Tools\\train, v2\\python.exe
GPU-bb, 99, 12 MiB, [Insufficient Permissions]
GPU-bb, [N/A], 12, x
`;
  assert.deepEqual(
    [...readProcesses(csv)],
    [
      [
        'GPU-aa',
        [
          { pid: 4711, name: 'ollama_llama_server', memoryMb: 6_120 },
          { pid: 815, name: 'python.exe' },
        ],
      ],
      ['GPU-bb', [{ pid: 99, name: '', memoryMb: 12 }]],
    ],
  );
});
