import { staleWords } from './format';
import type { RunSummary } from './generated';

/** A run in the list: how deep it stands under its parents. */
export interface IRow {
  run: RunSummary;
  depth: number;
}

/**
 * Puts child runs under their parents, keeping the order of the list otherwise.
 * A run whose parent is not in the list stands at the top.
 */
export function arrange(runs: readonly RunSummary[]): IRow[] {
  const known = new Set(runs.map(run => run.run_id));
  const children = new Map<string | null, RunSummary[]>();
  for (const run of runs) {
    const parent = run.parent_run_id;
    const under = parent !== null && known.has(parent) ? parent : null;
    const siblings = children.get(under);
    if (siblings) {
      siblings.push(run);
    } else {
      children.set(under, [run]);
    }
  }
  const rows: IRow[] = [];
  const placed = new Set<string>();
  const place = (run: RunSummary, depth: number): void => {
    if (placed.has(run.run_id)) {
      return;
    }
    placed.add(run.run_id);
    rows.push({ run, depth });
    for (const child of children.get(run.run_id) ?? []) {
      place(child, depth + 1);
    }
  };
  for (const run of children.get(null) ?? []) {
    place(run, 0);
  }
  // Tags are anyone's to write: runs that name one another as parents are shown all the same.
  for (const run of runs) {
    place(run, 0);
  }
  return rows;
}

/**
 * Keeps the rows in which every word of the filter occurs, with the parents that they stand under.
 */
export function narrow(rows: readonly IRow[], filter: string): IRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return [...rows];
  }
  const kept: IRow[] = [];
  let depth = 0;
  // From the end: a parent stands before its children.
  for (const row of [...rows].reverse()) {
    if (row.depth < depth || matches(row.run, words)) {
      kept.push(row);
      depth = row.depth;
    }
  }
  return kept.reverse();
}

function matches(run: RunSummary, words: readonly string[]): boolean {
  const stale = staleWords(run.stale);
  const fields = [
    run.name,
    run.experiment,
    run.status,
    run.model,
    ...run.data,
    ...(stale === '' ? [] : [`stale: ${stale}`])
  ];
  const text = fields.join('\n').toLowerCase();
  return words.every(
    word =>
      text.includes(word) ||
      // The beginning of an id, as `mlops show` takes it; any shorter word occurs in many.
      (word.length >= 6 && run.run_id.startsWith(word))
  );
}
