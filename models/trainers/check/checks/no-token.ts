import { environmentOf } from '../alive.ts';
import { BrokenPromise, NotShown, type TrainerCheck } from '../trainer-check.ts';

const probe = { name: 'LABELLOOP_CHECK_TOKEN', value: 'a-secret-of-the-host' };

/** Looks into the environment of the process that runs. */
export const noToken: TrainerCheck = {
  name: 'no token',
  about: "has none of the host's secrets in its environment",
  run: async (bench) => {
    if (process.platform !== 'linux')
      throw new NotShown('the environment of a process can be read on Linux only');
    process.env[probe.name] = probe.value;
    try {
      const attempt = bench.start(await bench.job('no token'));
      if (!(await attempt.until(({ event }) => event === 'start'))) await bench.tooShort(attempt);
      const names = environmentOf(attempt.pid)
        .split('\0')
        .map((pair) => pair.slice(0, pair.indexOf('=')));
      const secret = names.find((name) => /TOKEN|SECRET|PASSWORD|API_?KEY/i.test(name));
      if (secret !== undefined) throw new BrokenPromise(`its environment has ${secret}`);
      if (!names.includes('AL_JOB')) throw new NotShown('it had ended before its environment was read');
      return `${names.filter(Boolean).length} variables, none of them a secret`;
    } finally {
      Reflect.deleteProperty(process.env, probe.name);
    }
  },
};
