// Written by scripts/generate_types.py from the Python records: change those, then run it.

/** The version of the package that this panel belongs to. */
export const VERSION = '0.1.0';

/** The version of the routes that this panel speaks. */
export const PROTOCOL = 1;

export interface Artifact {
  path: string;
  size: number | null;
}

export interface Code {
  commit: string | null;
  branch: string | null;
  changed: string[];
}

export interface DataInput {
  name: string;
  source: string;
  digest: string;
  version: string | null;
  rows: number | null;
  size: number | null;
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

export interface Model {
  name: string;
  uri: string;
  flavor: string | null;
}

export interface Run {
  kind: 'run';
  schema_version: number;
  summary: RunSummary;
  code: Code;
  inputs: DataInput[];
  models: Model[];
  artifacts: Artifact[];
  environment: Record<string, string>;
  tags: Record<string, string>;
  error: string | null;
  store: string;
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
}

export interface Runs {
  kind: 'runs';
  schema_version: number;
  runs: RunSummary[];
  store: string;
  experiment: string | null;
  more: boolean;
}

export interface WorkspaceInfo {
  root: string;
  name: string;
  store: string;
  store_reason: string;
  embedded: boolean;
  poll_seconds: number;
}
