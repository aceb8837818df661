import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { searchAttributes } from '../../core/search-attributes.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: object;
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = join(__dirname, '../..');
const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const isOneShot = (service: Service) => service.restart === 'no';
const dockerfiles = () => [...new Set(services.flatMap(([, service]) => service.build?.dockerfile ?? []))];

describe('docker-compose.yml', () => {
  it('is what the Compose specification allows', () => {
    const schema = JSON.parse(
      readFileSync(join(root, 'test/support/compose-spec.schema.json'), 'utf8'),
    ) as object;
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv, ['duration']);
    const validate = ajv.compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...compose, services: { broken: { imagee: 'x' } } })).toBe(false);
  });

  it('publishes ports of this machine only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
  });

  it('takes every secret from the environment, and refuses to start without it', () => {
    const settings = services.flatMap(([name, service]) =>
      Object.entries(service.environment ?? {}).map(([key, value]) => ({ name, key, value })),
    );
    const secrets = settings.filter(
      ({ key }) => /PASSWORD|PWD|TOKEN$|API_KEY|SECRET|BACKEND_STORE_URI/.test(key) && !/ENABLE/.test(key),
    );
    expect(secrets.length).toBeGreaterThan(8);
    expect(secrets.filter(({ value }) => !/\$\{\w+:\?[^}]+\}/.test(value))).toEqual([]);
    expect(text).not.toMatch(/[0-9a-f]{32}/);
  });

  it('lists every variable it needs in .env.example, secrets without a value', () => {
    const example = readFileSync(join(root, '.env.example'), 'utf8');
    const wanted = [...text.matchAll(/\$\{(\w+)(:\?)?/g)];
    for (const [, name = '', required] of wanted) {
      const [, value] = new RegExp(`^${name}=(.*)$`, 'm').exec(example) ?? [];
      expect([name, value]).toEqual([name, required ? '' : expect.any(String)]);
    }
  });

  it('knows of each service whether it is healthy, or runs it once', () => {
    const unknown = services.filter(([, service]) => !service.healthcheck && !isOneShot(service));
    expect(unknown.map(([name]) => name)).toEqual([]);
  });

  it('waits for services that exist, in the way each can be waited for', () => {
    for (const [name, service] of services)
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        const wanted = compose.services[other];
        expect([name, other, wanted !== undefined]).toEqual([name, other, true]);
        const right = isOneShot(wanted ?? {}) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, other, condition]).toEqual([name, other, right]);
      }
  });

  it('mounts volumes it declares, and files that exist', () => {
    for (const volume of services.flatMap(([, service]) => service.volumes ?? [])) {
      if (volume.startsWith('${')) continue;
      const [source = ''] = volume.split(':');
      if (source.startsWith('.')) expect(readFileSync(join(root, source), 'utf8')).not.toBe('');
      else expect(compose.volumes).toHaveProperty([source]);
    }
  });

  it('builds from files that exist, which copy files that exist', () => {
    expect(dockerfiles()).toHaveLength(2);
    for (const dockerfile of dockerfiles()) {
      const lines = readFileSync(join(root, dockerfile), 'utf8').split('\n');
      const copied = lines
        .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
        .flatMap((line) => line.split(/\s+/).slice(1, -1))
        .map((path) => path.replace('${SERVER}', 'mlflow'))
        .filter((path) => path !== '.');
      for (const path of copied) expect(() => readFileSync(join(root, path))).not.toThrow();
    }
  });

  it('pins every image', () => {
    const images = services
      .map(([, service]) => service.image ?? '')
      .filter((image) => !image.endsWith(':local'));
    expect(images.filter((image) => !/:\d+\.\d+(\.\d+)?$/.test(image))).toEqual([]);
  });

  it('gives Label Studio an address of the webhook server that it accepts: with a dot, and known in the network', () => {
    const url = new URL(compose.services['worker']?.environment?.['LABELLOOP_WEBHOOK_URL'] ?? '');
    expect(url.hostname).toContain('.');
    expect(JSON.stringify(compose.services['webhook'])).toContain(`"aliases":["${url.hostname}"]`);
  });

  it('registers all search attributes of the loop', () => {
    const script = readFileSync(join(root, 'deploy/temporal/set-up-namespace.sh'), 'utf8');
    for (const [name, type] of Object.entries(searchAttributes))
      expect(script).toContain(`--name ${name} --type ${type}`);
  });
});
