import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RunSummary, WorkspaceInfo } from '../generated';
import { MOST, type Problem } from '../model';
import { NoRuns, ProblemMessage } from './messages';
import { RunList } from './runlist';

export interface IPanelProps {
  workspace: WorkspaceInfo | null;
  runs: readonly RunSummary[] | null;
  more: boolean;
  problem: Problem | null;
  onOpen: (run: RunSummary) => void;
  onRefresh: () => void;
  onMore: () => void;
}

/** The whole panel. */
export function Panel(props: IPanelProps): React.ReactElement {
  const { problem, runs, workspace } = props;
  const [filter, setFilter] = React.useState('');
  useClock(20_000);
  return (
    <>
      <Header workspace={workspace} onRefresh={props.onRefresh} />
      {problem !== null && (
        <ProblemMessage problem={problem} onRetry={props.onRefresh} />
      )}
      {problem === null && runs === null && (
        <p className="mlops-muted mlops-note" role="status">
          Loading runs…
        </p>
      )}
      {runs !== null && runs.length === 0 && problem === null && <NoRuns />}
      {runs !== null && runs.length > 0 && (
        <>
          <input
            className="mlops-filter jp-mod-styled"
            type="search"
            aria-label="Filter runs"
            placeholder="Filter runs"
            title="Words in name, experiment, status, model, data version; or the beginning of an id"
            value={filter}
            onChange={event => {
              setFilter(event.target.value);
            }}
          />
          <div className="mlops-scroll">
            <RunList runs={runs} filter={filter} onOpen={props.onOpen} />
            {props.more && <More count={runs.length} onMore={props.onMore} />}
          </div>
        </>
      )}
    </>
  );
}

function Header(props: {
  workspace: WorkspaceInfo | null;
  onRefresh: () => void;
}): React.ReactElement {
  const { workspace } = props;
  return (
    <header className="mlops-header">
      <div className="mlops-header-text">
        <h2 title={workspace?.root}>{workspace?.name ?? 'MLOps'}</h2>
        {workspace !== null && (
          <div
            className="mlops-muted mlops-store"
            title={`${workspace.store}\n${workspace.store_reason}`}
          >
            {workspace.embedded ? 'embedded store' : workspace.store}
          </div>
        )}
      </div>
      <button
        className="mlops-icon-button"
        type="button"
        aria-label="Refresh"
        title="Refresh"
        onClick={props.onRefresh}
      >
        <refreshIcon.react tag="span" />
      </button>
    </header>
  );
}

function More(props: {
  count: number;
  onMore: () => void;
}): React.ReactElement {
  return props.count < MOST ? (
    <button className="mlops-more" type="button" onClick={props.onMore}>
      Show more than these {props.count}
    </button>
  ) : (
    <p className="mlops-muted mlops-note">
      These are the newest {props.count} runs. Of one experiment:{' '}
      <code>mlops runs --experiment NAME</code>
    </p>
  );
}

/** Renders again now and then, so that "2 min. ago" stays true. */
function useClock(milliseconds: number): void {
  const [, tick] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    const timer = setInterval(tick, milliseconds);
    return () => {
      clearInterval(timer);
    };
  }, [milliseconds]);
}
