import { Time } from '@jupyterlab/coreutils';

import type { RunSummary } from './generated';

/** A number with as many digits as a person compares. */
export function formatNumber(value: number | null): string {
  if (value === null) {
    return '–';
  }
  if (Number.isInteger(value) && Math.abs(value) < 1e9) {
    return String(value);
  }
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

/** Seconds as a person says them. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) {
    return '';
  }
  if (seconds < 1) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 60) {
    return `${Number(seconds.toFixed(1))} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as a person says them. */
export function formatSize(bytes: number | null): string {
  if (bytes === null) {
    return '';
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toFixed(unit === 0 ? 0 : 1))} ${units[unit] ?? ''}`;
}

/** How long ago, in local words. */
export function formatAgo(moment: string): string {
  return Date.now() - Date.parse(moment) < 5000
    ? 'just now'
    : Time.formatHuman(moment, 'short');
}

/** Date and time here. */
export function formatMoment(moment: string): string {
  return new Date(moment).toLocaleString();
}

/** `accuracy` and `0.934`: the metric to show where there is room for one. */
export function mainMetric(
  run: RunSummary
): { name: string; value: string } | null {
  const name = run.main_metric;
  return name === null
    ? null
    : { name, value: formatNumber(run.metrics[name] ?? null) };
}

const STATUS_WORDS: Record<RunSummary['status'], string> = {
  RUNNING: 'running',
  SCHEDULED: 'waiting',
  FINISHED: 'finished',
  FAILED: 'failed',
  KILLED: 'stopped'
};

/** A run's status in a word. */
export function statusWord(status: RunSummary['status']): string {
  return STATUS_WORDS[status];
}

/** What makes a run's model stale, in a word or two; empty where nothing does. */
export function staleWords(stale: RunSummary['stale']): string {
  return [...new Set((stale?.reasons ?? []).map(reason => reason.what))].join(
    ', '
  );
}

/** The reasons in words. */
export function staleReasons(stale: RunSummary['stale']): string[] {
  return (stale?.reasons ?? []).map(reason => reason.said);
}
