import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { envTable } from '../../src/config/env.js';
import { commandLineFault, programArgs } from '../support/deployment.js';

/*
 * The files that others deploy with, held to the program: what they start exists, what they set is read, what they ask
 * is answered. The image is not built and nothing is started here.
 */

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

const knownVariables = new Set([
  ...envTable.map((entry) => entry.name as string),
  ...envTable.filter((entry) => entry.hasFile).map((entry) => `${entry.name}_FILE`),
]);

/** Routes that answer everybody, as the source of the API says them. */
const publicRoutes = () => {
  const sources = readdirSync(path.join(root, 'src/api/routes')).map((file) => read(`src/api/routes/${file}`));
  return new Set(
    sources.flatMap((text) => [...text.matchAll(/url: '(\/[a-z]+)',\s*rule: 'public'/g)].map((m) => m[1])),
  );
};

/** A probe of the port that --ops-port names, at a route that answers there. */
function expectOpsProbe(probe: readonly string[], args: readonly string[]): void {
  const [, port, asked] = /127\.0\.0\.1:(\d+)(\/\w+)/.exec(probe.join(' ')) ?? [];
  expect(args[args.indexOf('--ops-port') + 1]).toBe(port);
  expect(read('src/api/ops-server.ts')).toContain(`app.get('${asked}'`);
}

type Service = {
  image?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  volumes?: string[];
  read_only?: boolean;
  cap_drop?: string[];
};
type Compose = {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
};

const compose = () => parse(read('docker-compose.yml'), { merge: true }) as Compose;

test('what docker-compose.yml starts are commands of the program, with options that it has', () => {
  const started = Object.entries(compose().services).filter(([, one]) => one.image?.startsWith('shadowbill') === true);
  expect(started.map(([name]) => name)).toEqual(['migrate', 'serve', 'worker', 'backup']);
  for (const [name, service] of started) {
    const words = service.command ?? service.entrypoint ?? [];
    expect([name, commandLineFault(programArgs(words))]).toEqual([name, null]);
    expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ['ALL']]);
    for (const variable of Object.keys(service.environment ?? {})) expect([...knownVariables]).toContain(variable);
  }
});

test('every service, volume and secret that docker-compose.yml names is one it defines, and secrets come from prepare.sh', () => {
  const { services, volumes, secrets } = compose();
  const prepared = read('deploy/compose/prepare.sh');
  for (const file of Object.values(secrets).map((one) => one.file)) {
    expect(file).toMatch(/^\.\/\.data\/secrets\//);
    expect(prepared).toContain(`make ${path.basename(file)} `);
  }
  for (const service of Object.values(services)) {
    for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(Object.keys(services)).toContain(needed);
      if (condition === 'service_healthy') expect(services[needed]?.healthcheck, needed).toBeDefined();
    }
    for (const volume of service.volumes ?? [])
      if (/^[a-z]/.test(volume)) expect(Object.keys(volumes)).toContain(volume.split(':')[0]);
  }
  for (const name of ['serve', 'worker'])
    expectOpsProbe(services[name]?.healthcheck?.test ?? [], services[name]?.command ?? []);
  expect(services['redis']?.command?.join(' ')).toMatch(/--maxmemory-policy noeviction --appendonly yes/);
});

test('the image copies only files that are there, is pinned, is nobody special and starts the program', () => {
  const dockerfile = read('Dockerfile');
  const ignored = read('.dockerignore');
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' ').slice(0, -1),
  );
  expect(copies.length).toBeGreaterThan(5);
  for (const file of copies) {
    expect([file, existsSync(path.join(root, file))]).toEqual([file, true]);
    expect(ignored).toContain(`!${file}\n`);
  }
  expect(dockerfile).toMatch(/^ARG NODE=node:24\.\d+\.\d+-/m);
  expect(dockerfile).not.toMatch(/:latest/);
  const users = [...dockerfile.matchAll(/^USER (\S+)$/gm)].map((match) => match[1]);
  expect(users).toEqual(['1000:1000', '0:0', '1000:1000']);
  const [, command = '[]'] = /^CMD (.+)$/m.exec(dockerfile) ?? [];
  expect(commandLineFault(JSON.parse(command) as string[])).toBeNull();
  expect(dockerfile).toContain('"/app/dist/cli/main.js"');
});

type Probe = { httpGet?: { path: string; port: string }; exec?: { command: string[] } };
type Container = {
  name: string;
  args?: string[];
  command?: string[];
  env: { name: string; value: string }[];
  envFrom: { secretRef: { name: string } }[];
  securityContext: Record<string, unknown>;
  ports?: { name: string }[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
};
type Pod = {
  metadata: { labels: Record<string, string> };
  spec: { securityContext: object; containers: Container[] };
};
type Manifest = { kind: string; metadata: { name: string }; spec?: unknown };

const chartDir = 'deploy/helm/shadowbill';

/** The hash that the renderer writes: of Chart.yaml, values.yaml and the templates by name. */
function chartHash(): string {
  const templates = readdirSync(path.join(root, chartDir, 'templates')).sort();
  const files = ['Chart.yaml', 'values.yaml', ...templates.map((name) => `templates/${name}`)];
  return hash('sha256', files.map((file) => read(`${chartDir}/${file}`)).join(''));
}

const manifests = (name: string) =>
  parseAllDocuments(read(`test/deploy/${name}.yaml`)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJSON() as Manifest;
  });

/** Pods of every kind of workload, wherever the kind keeps them. */
function podsOf(value: unknown): readonly Pod[] {
  if (typeof value !== 'object' || value === null) return [];
  const spec = (value as { spec?: { containers?: unknown } }).spec;
  if (spec?.containers !== undefined) return [value as Pod];
  return Object.values(value).flatMap(podsOf);
}

const kinds = {
  'chart-default': ['ConfigMap', 'Job', 'NetworkPolicy', 'Deployment', 'Service', 'PodDisruptionBudget', 'Deployment'],
  'chart-all': [
    'CronJob',
    'ConfigMap',
    'Job',
    'NetworkPolicy',
    'Deployment',
    'Service',
    'PodDisruptionBudget',
    'Ingress',
    'Deployment',
    'HorizontalPodAutoscaler',
  ],
} as const;

test.each(Object.entries(kinds))('%s is what the chart renders to now, and holds what it should', (name, expected) => {
  const [first = ''] = read(`test/deploy/${name}.yaml`).split('\n');
  expect(first, 'render it again: deploy/helm/render/main.go says how').toContain(chartHash());
  expect(manifests(name).map((one) => one.kind)).toEqual(expected);
});

test('what the chart starts are commands of the program, and pods that can do no harm', () => {
  const pods = manifests('chart-all').flatMap(podsOf);
  expect(pods).toHaveLength(4);
  for (const { metadata, spec } of pods) {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(metadata.labels).toMatchObject({
      'app.kubernetes.io/name': 'shadowbill',
      'app.kubernetes.io/instance': 'demo',
    });
    for (const container of spec.containers) {
      expect(commandLineFault(programArgs(container.args ?? container.command ?? [])), container.name).toBeNull();
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      for (const { name } of container.env) expect([...knownVariables]).toContain(name);
      const isOwner = ['migrate', 'backup'].includes(container.name);
      expect(container.envFrom[0]?.secretRef.name).toBe(isOwner ? 'shadowbill-owner' : 'shadowbill');
    }
  }
});

test('what the chart asks of a pod are public routes, at a port that it names', () => {
  const probed = manifests('chart-default')
    .flatMap(podsOf)
    .flatMap((pod) => pod.spec.containers)
    .filter((one) => one.livenessProbe !== undefined);
  expect(probed.map((one) => one.name)).toEqual(['serve', 'worker']);
  for (const one of probed)
    for (const probe of [one.livenessProbe, one.readinessProbe, one.startupProbe]) {
      if (probe?.exec !== undefined) expectOpsProbe(probe.exec.command, one.args ?? []);
      if (probe?.httpGet === undefined) continue;
      expect([...publicRoutes()]).toContain(probe.httpGet.path);
      expect(one.ports?.map((port) => port.name)).toContain(probe.httpGet.port);
    }
});

test("the chart's values are what their schema allows, and one it does not know is refused", () => {
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(read(`${chartDir}/values.schema.json`)) as object);
  const values = parse(read(`${chartDir}/values.yaml`)) as Record<string, unknown>;
  expect(validate(values), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...values, worker: { replicas: 0 } })).toBe(false);
  expect(validate({ ...values, image: { repository: 'shadowbill', tag: 'latest', pullPolicy: 'Always' } })).toBe(false);
});

test('a command line that the program does not have is found out', () => {
  expect(commandLineFault(['worker', '--speed', '9'])).toBe('worker has no option --speed');
  expect(commandLineFault(['work-harder'])).toBe('shadowbill work-harder is no command');
  expect(commandLineFault(['backup', 'create'])).toBe('create takes 1 to 1 arguments and got 0');
  expect(programArgs(['sh', '-c', 'exec node x --config /a.yml backup create "/b/$(date -u)"'])).toEqual([
    'backup',
    'create',
    '/b/$(date -u)',
  ]);
});
