import type { Handshake, Runs, RunSummary } from '../src/generated';
import { PROTOCOL, VERSION } from '../src/generated';

export function summary(
  id: string,
  more: Partial<RunSummary> = {}
): RunSummary {
  return {
    run_id: id,
    uid: null,
    name: id,
    experiment: 'flights',
    status: 'FINISHED',
    started: '2026-11-24T08:00:00Z',
    ended: null,
    duration_s: null,
    params: {},
    metrics: {},
    main_metric: null,
    data: [],
    model: null,
    notebook: null,
    parent_run_id: null,
    children: 0,
    best_child: null,
    stats: null,
    stale: null,
    ...more
  };
}

export function runs(...ids: string[]): Runs {
  return {
    kind: 'runs',
    schema_version: 1,
    runs: ids.map(id => summary(id)),
    store: 'sqlite:///a.db',
    experiment: null,
    more: false,
    where: null,
    sorted_by: null,
    descending: false,
    nested: false,
    page: 1,
    total: null,
    group: null,
    groups: [],
    metric: null,
    direction: null,
    url: null,
    ui_command: null
  };
}

export function handshake(more: Partial<Handshake> = {}): Handshake {
  return {
    kind: 'handshake',
    schema_version: 1,
    version: VERSION,
    protocol: PROTOCOL,
    workspace: {
      root: '/project',
      name: 'project',
      store: 'sqlite:///a.db',
      store_reason: "the workspace's own store",
      embedded: true,
      poll_seconds: 2
    },
    problem: null,
    ...more
  };
}
