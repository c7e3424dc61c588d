import * as React from 'react';

import { formatAgo, formatMoment, mainMetric } from '../format';
import type { RunSummary } from '../generated';
import { arrange, narrow } from '../rows';
import { StaleBadge } from './stale';
import { StatusMark } from './status';

export interface IRunListProps {
  runs: readonly RunSummary[];
  filter: string;
  onOpen: (run: RunSummary) => void;
}

/** The runs, child runs under their parents. */
export function RunList(props: IRunListProps): React.ReactElement {
  const rows = React.useMemo(() => arrange(props.runs), [props.runs]);
  const shown = React.useMemo(
    () => narrow(rows, props.filter),
    [rows, props.filter]
  );
  if (shown.length === 0) {
    return (
      <p className="mlops-muted mlops-note" role="status">
        None of the {rows.length} runs loaded matches.
      </p>
    );
  }
  return (
    <ul className="mlops-runs" aria-label="Runs" onKeyDown={moveFocus}>
      {shown.map(({ run, depth }) => (
        <li key={run.run_id} aria-level={depth + 1}>
          <RunButton run={run} depth={depth} onOpen={props.onOpen} />
        </li>
      ))}
    </ul>
  );
}

function RunButton(props: {
  run: RunSummary;
  depth: number;
  onOpen: (run: RunSummary) => void;
}): React.ReactElement {
  const { run, depth, onOpen } = props;
  const metric = mainMetric(run);
  return (
    <button
      className="mlops-run"
      type="button"
      data-run-id={run.run_id}
      // Deep nesting must leave room for the name.
      style={{ paddingInlineStart: `${10 + 14 * Math.min(depth, 6)}px` }}
      onClick={() => {
        onOpen(run);
      }}
    >
      <StatusMark status={run.status} />
      <span className="mlops-run-name" title={run.name}>
        {run.name}
      </span>
      {metric !== null && (
        <span
          className="mlops-run-metric"
          title={`${metric.name} ${metric.value}`}
        >
          <span className="mlops-run-metric-name mlops-muted">
            {metric.name}
          </span>{' '}
          <span>{metric.value}</span>
        </span>
      )}
      <span className="mlops-run-more mlops-muted">
        <span className="mlops-run-experiment" title={run.experiment}>
          {run.experiment}
        </span>
        <time dateTime={run.started} title={formatMoment(run.started)}>
          {formatAgo(run.started)}
        </time>
        <StaleBadge stale={run.stale} />
        {run.data.map(version => (
          <span key={version} className="mlops-chip" title={version}>
            {version.replace(/^data:/, '')}
          </span>
        ))}
      </span>
    </button>
  );
}

/** Arrow keys, Home and End move between runs, as in JupyterLab's own lists. */
function moveFocus(event: React.KeyboardEvent<HTMLUListElement>): void {
  const buttons = [
    ...event.currentTarget.querySelectorAll<HTMLButtonElement>('.mlops-run')
  ];
  const current = buttons.indexOf(document.activeElement as HTMLButtonElement);
  const target = {
    ArrowDown: current + 1,
    ArrowUp: current - 1,
    Home: 0,
    End: buttons.length - 1
  }[event.key];
  const button = target === undefined ? undefined : buttons[target];
  if (button) {
    event.preventDefault();
    button.focus();
  }
}
