// Written by scripts/generate_types.py from the Python records: change those, then run it.

/** The version of the package that this panel belongs to. */
export const VERSION = '0.1.0';

/** The version of the routes that this panel speaks. */
export const PROTOCOL = 1;

export interface Artifact {
  path: string;
  size: number | null;
}

export interface BestChild {
  run_id: string;
  name: string;
  metric: string;
  value: number | null;
}

export interface Chart {
  title: string;
  alt: string;
  spec: Record<string, unknown>;
}

export interface Code {
  commit: string | null;
  branch: string | null;
  remote: string | null;
  changed: string[];
  modules: string[];
  cell: string | null;
  notebook: string | null;
  journal: string | null;
  order: string | null;
  runnable: boolean | null;
  not_runnable: string | null;
}

export interface DataColumn {
  name: string;
  type: string;
}

export interface DataInput {
  name: string;
  source: string;
  digest: string;
  version: string | null;
  context: string | null;
  rows: number | null;
  size: number | null;
  kind: string | null;
  columns: number | null;
  files: number | null;
  column_types: DataColumn[];
  query: string | null;
  etag: string | null;
}

export interface DataOutput {
  path: string;
  size: number | null;
  digest: string | null;
  version: string | null;
}

export interface Failure {
  error: string;
  message: string;
  hint: string;
}

export interface Handshake {
  kind: 'handshake';
  schema_version: number;
  version: string;
  protocol: number;
  workspace: WorkspaceInfo | null;
  problem: Failure | null;
}

export interface KeptDrift {
  reference: string;
  kept: string;
  drifted: boolean | null;
  share: number | null;
  columns: number | null;
  columns_drifted: number | null;
  before: string;
  after: string;
  error: string | null;
  path: string;
}

export interface MetricStats {
  metric: string;
  count: number;
  last: number | null;
  last_step: number | null;
  best: number | null;
  best_step: number | null;
  min: number | null;
  min_step: number | null;
  max: number | null;
  max_step: number | null;
}

export interface Model {
  name: string;
  uri: string;
  flavor: string | null;
}

export interface Relative {
  run_id: string;
  name: string;
  status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
  started: string;
  attempt: number | null;
  metric: string | null;
  value: number | null;
}

export interface Run {
  kind: 'run';
  schema_version: number;
  charts: Chart[];
  summary: RunSummary;
  note: string | null;
  code: Code;
  inputs: DataInput[];
  outputs: DataOutput[];
  models: Model[];
  artifacts: Artifact[];
  drift: KeptDrift[];
  environment: Record<string, string>;
  packages: Record<string, string>;
  attempt: number | null;
  attempts: Relative[];
  parent: Relative | null;
  children: Relative[];
  best_child: string | null;
  tags: Record<string, string>;
  error: string | null;
  missing: string[];
  page: string | null;
  store: string;
}

export interface RunGroup {
  value: string | null;
  runs: number;
  failed: number;
  measured: number;
  best: number | null;
  last: number | null;
  min: number | null;
  max: number | null;
  mean: number | null;
  best_run_id: string | null;
  best_run: string | null;
  newest: string | null;
}

export interface RunSummary {
  run_id: string;
  uid: string | null;
  name: string;
  experiment: string;
  status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';
  started: string;
  ended: string | null;
  duration_s: number | null;
  params: Record<string, string>;
  metrics: Record<string, number | null>;
  main_metric: string | null;
  data: string[];
  model: string | null;
  notebook: string | null;
  parent_run_id: string | null;
  children: number;
  best_child: BestChild | null;
  stats: MetricStats | null;
  stale: Staleness | null;
}

export interface Runs {
  kind: 'runs';
  schema_version: number;
  runs: RunSummary[];
  store: string;
  experiment: string | null;
  more: boolean;
  where: string | null;
  sorted_by: string | null;
  descending: boolean;
  nested: boolean;
  page: number;
  total: number | null;
  group: string | null;
  groups: RunGroup[];
  metric: string | null;
  direction: 'higher' | 'lower' | null;
  url: string | null;
  ui_command: string | null;
}

export interface StaleReason {
  what: 'data' | 'file' | 'code';
  name: string;
  newer: string | null;
  said: string;
}

export interface Staleness {
  reasons: StaleReason[];
  unknown: string[];
}

export interface WorkspaceInfo {
  root: string;
  name: string;
  store: string;
  store_reason: string;
  embedded: boolean;
  poll_seconds: number;
}
