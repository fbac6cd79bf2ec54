// Goal: a run knows what its nodes tell each other and what their manager keeps.
// Method: load runs under small configurations and delays, and look at what they are given.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

import { loadRunPolicy } from '../../../src/cli/run-policy.ts';
import { ALL_REPLICATED } from '../../../src/model/replication.ts';
import { scratchFolder } from '../../builders/scratch-folder.ts';

const folder = scratchFolder();

/** Files with these texts, in place of those before. */
function configs(...texts: string[]): string[] {
  return texts.map((text, at) => {
    const file = path.join(folder, `${at}.conf`);
    writeFileSync(file, text);
    return file;
  });
}

const NOTHING = {
  connections: undefined,
  receptions: undefined,
  rejections: undefined,
  sessions: undefined,
  series: undefined,
  manager: undefined,
  throttles: false,
  gauges: false,
  caches: new Set(),
  isSingleNode: false,
};

describe('without a configuration', () => {
  test('everything is told, at once', () => {
    const { replication, managerLog } = loadRunPolicy(undefined, {}).policy;
    expect([replication, managerLog]).toEqual([ALL_REPLICATED, undefined]);
    expect(loadRunPolicy(undefined, { config: [] }).policy.replication).toEqual(ALL_REPLICATED);
  });

  test('or after --max-delay', () => {
    const { replication } = loadRunPolicy(undefined, { maxDelay: '1.5s' }).policy;
    const delays = Object.values(replication!).filter((told) => typeof told === 'number');
    expect(delays).toEqual(Array(6).fill(1500));
  });
});

describe('under a configuration', () => {
  const nodes = `inbound_audit { }
    cluster {
      Replicate metrics { parameters = "connect;audit_series" max_delay = 2 }
      Replicate eccmgr_metrics { parameters = audit_series }
    }`;
  const manager = 'as_logger { log_interval = 60 series_include = "^seen" }';

  test('what it replicates is told', () => {
    const [config] = configs(nodes);
    const { replication } = loadRunPolicy(undefined, { config }).policy;
    expect(replication).toEqual({ ...NOTHING, connections: 2000, series: 2000, manager: 0 });
  });

  test('after --max-delay, where that is given', () => {
    const told = (maxDelay: string): unknown =>
      loadRunPolicy(undefined, { config: configs(nodes), maxDelay }).policy.replication;
    expect(told('500ms')).toEqual({ ...NOTHING, connections: 500, series: 500, manager: 500 });
    expect(told('0')).toEqual({ ...NOTHING, connections: 0, series: 0, manager: 0 });
  });

  test('the file of the manager says what it keeps', () => {
    const { replication, managerLog } = loadRunPolicy(undefined, {
      config: configs(nodes, manager),
    }).policy;
    expect(replication!.manager).toBe(0);
    expect(managerLog?.intervalMs).toBe(60_000);
    expect(['seen', 'unseen'].map((name) => managerLog?.includes(name))).toEqual([true, false]);
  });

  test('a server without a cluster is a single node', () => {
    const { replication } = loadRunPolicy(undefined, {
      config: configs('inbound_audit { }'),
    }).policy;
    expect(replication).toEqual({ ...NOTHING, isSingleNode: true });
  });

  test('a series that nothing replicates as it asks is told', () => {
    const series = ['none', 'cluster', 'manager'].map((replicate) => {
      return `  ${replicate}1: { type: ip, monitor: "60,2", on: connect, replicate: ${replicate} }`;
    });
    const text = ['hindcast: 1', 'series:', ...series, 'rules: []'].join('\n');
    const told = (...parameters: string[]): readonly string[] => {
      const replicas = parameters.map((name) => `Replicate ${name} { parameters = audit_series }`);
      const config = configs(`inbound_audit { } cluster { ${replicas.join(' ')} }`);
      return loadRunPolicy({ text, file: 'p.yaml' }, { config }).warnings;
    };
    const alone = 'no Replicate of the configuration does that: each node has its own alone';
    const [ofCluster, ofManager] = ['cluster', 'manager'].map((replicate) => {
      return `p.yaml: warning: series '${replicate}1' is replicated to the ${replicate}, and ${alone}`;
    });
    expect(told()).toEqual([ofCluster, ofManager]);
    expect(told('metrics')).toEqual([ofManager]);
    expect(told('metrics', 'eccmgr_metrics')).toEqual([]);
    expect(loadRunPolicy({ text, file: 'p.yaml' }, {}).warnings).toEqual([]);
  });
});
