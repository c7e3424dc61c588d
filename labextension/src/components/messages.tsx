import * as React from 'react';

import type { Problem } from '../model';

/** Says what is wrong and what to do. */
export function ProblemMessage(props: {
  problem: Problem;
  onRetry: () => void;
}): React.ReactElement {
  const { problem } = props;
  return (
    <div
      className={`mlops-message mlops-message-${problem.kind}`}
      role={problem.kind === 'no-workspace' ? 'status' : 'alert'}
    >
      <ProblemText problem={problem} />
      <button className="mlops-link" type="button" onClick={props.onRetry}>
        Try again
      </button>
    </div>
  );
}

function ProblemText({ problem }: { problem: Problem }): React.ReactElement {
  switch (problem.kind) {
    case 'absent':
      return (
        <>
          <h3>The server part is missing</h3>
          <p>
            The Jupyter server that this page talks to does not have
            mlops-jupyter enabled. In the environment that runs it:
          </p>
          <Commands
            lines={[
              'pip install mlops-jupyter',
              'jupyter server extension enable mlops_jupyter'
            ]}
          />
          <p>Then restart the Jupyter server.</p>
        </>
      );
    case 'mismatch':
      return (
        <>
          <h3>Two versions of mlops-jupyter</h3>
          <p>
            This panel is version <b>{problem.panel}</b>, the Jupyter server has
            version <b>{problem.server}</b>.
          </p>
          <p>
            Restart the Jupyter server and reload this page. If they still
            differ, install one version in the server&apos;s environment.
          </p>
        </>
      );
    case 'no-workspace':
      return (
        <>
          <h3>No workspace yet</h3>
          <p>
            A workspace is the project folder with its runs and data versions.
            Make one in a terminal, in that folder:
          </p>
          <Commands lines={['mlops init']} />
          <p>or in a notebook:</p>
          <Commands lines={['%load_ext mlops_jupyter', '%mlops init']} />
          <p className="mlops-muted">{problem.message}</p>
        </>
      );
    case 'error':
      return (
        <>
          <h3>The runs could not be read</h3>
          <p>{problem.message}</p>
          {problem.hint !== '' && <p className="mlops-muted">{problem.hint}</p>}
        </>
      );
  }
}

/** Says how to make a first run. */
export function NoRuns(): React.ReactElement {
  return (
    <div className="mlops-message" role="status">
      <h3>No runs yet</h3>
      <p>In a notebook of this workspace:</p>
      <Commands lines={['%load_ext mlops_jupyter', '%mlops track NAME']} />
      <p>Then train a model: each cell that trains becomes a run.</p>
    </div>
  );
}

function Commands(props: { lines: string[] }): React.ReactElement {
  return <pre className="mlops-commands">{props.lines.join('\n')}</pre>;
}
