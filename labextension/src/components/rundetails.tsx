import * as React from 'react';

import {
  formatDuration,
  formatMoment,
  formatNumber,
  formatSize,
  statusWord
} from '../format';
import type { Run } from '../generated';
import { StaleReasons } from './stale';
import { StatusMark } from './status';

export interface IRunDetailsProps {
  run: Run | null;
  /** Why it, or its newest state, is missing. */
  problem: { message: string; hint: string } | null;
}

/** One run with what made it. */
export function RunDetails(props: IRunDetailsProps): React.ReactElement {
  const { problem, run } = props;
  return (
    <>
      {problem !== null && (
        <div className="mlops-message mlops-message-error" role="alert">
          <p>{problem.message}</p>
          {problem.hint !== '' && <p className="mlops-muted">{problem.hint}</p>}
        </div>
      )}
      {run === null && problem === null && (
        <p className="mlops-muted mlops-note" role="status">
          Loading the run…
        </p>
      )}
      {run !== null && <Content run={run} />}
    </>
  );
}

function Content({ run }: { run: Run }): React.ReactElement {
  const { summary } = run;
  return (
    <article aria-label={`Run ${summary.name}`}>
      <header>
        <h1>{summary.name}</h1>
        <p>
          <StatusMark status={summary.status} /> {statusWord(summary.status)}
          <span className="mlops-muted">
            {' '}
            in <b>{summary.experiment}</b>, {formatMoment(summary.started)}
            {summary.duration_s !== null &&
              `, ${formatDuration(summary.duration_s)}`}
          </span>
        </p>
      </header>
      <StaleReasons stale={summary.stale} />
      {run.error !== null && (
        <pre className="mlops-run-error" aria-label="Error">
          {run.error}
        </pre>
      )}
      <div className="mlops-sections">
        <Pairs
          title="Metrics"
          numeric
          pairs={Object.entries(summary.metrics).map(([name, value]) => [
            name,
            formatNumber(value)
          ])}
        />
        <Pairs title="Parameters" pairs={Object.entries(summary.params)} />
        <Origin run={run} />
        <Pairs title="Environment" pairs={Object.entries(run.environment)} />
      </div>
      <Inputs inputs={run.inputs} />
      <Models run={run} />
      <Artifacts run={run} />
      <details className="mlops-tags">
        <summary>All tags ({Object.keys(run.tags).length})</summary>
        <Pairs title="" pairs={Object.entries(run.tags)} />
      </details>
    </article>
  );
}

function Section(props: {
  title: string;
  children: React.ReactNode;
}): React.ReactElement {
  return (
    <section aria-label={props.title || undefined}>
      {props.title !== '' && <h2>{props.title}</h2>}
      {props.children}
    </section>
  );
}

function Pairs(props: {
  title: string;
  pairs: [string, string][];
  numeric?: boolean;
}): React.ReactElement | null {
  if (props.pairs.length === 0) {
    return null;
  }
  const sorted = [...props.pairs].sort(
    ([a], [b]) =>
      Number(isOfMachine(a)) - Number(isOfMachine(b)) || a.localeCompare(b)
  );
  return (
    <Section title={props.title}>
      <table>
        <tbody>
          {sorted.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className={props.numeric ? 'mlops-number' : ''}>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** The code it came from, and how to name it. */
function Origin({ run }: { run: Run }): React.ReactElement {
  const { code, summary } = run;
  const pairs: [string, string | null][] = [
    ['run', `run:${summary.run_id}`],
    ['notebook', summary.notebook],
    ['commit', code.commit],
    ['branch', code.branch],
    ['changed since', code.changed.join('\n') || null],
    ['parent', summary.parent_run_id && `run:${summary.parent_run_id}`],
    ['store', run.store]
  ];
  return (
    <Section title="Origin">
      <table>
        <tbody>
          {pairs.map(
            ([name, value]) =>
              value !== null && (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="mlops-code">{value}</td>
                </tr>
              )
          )}
        </tbody>
      </table>
    </Section>
  );
}

function Inputs({
  inputs
}: {
  inputs: Run['inputs'];
}): React.ReactElement | null {
  if (inputs.length === 0) {
    return null;
  }
  return (
    <Section title="Data read">
      <table className="mlops-rows">
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">version</th>
            <th scope="col">source</th>
            <th scope="col">digest</th>
            <th scope="col">rows</th>
            <th scope="col">size</th>
          </tr>
        </thead>
        <tbody>
          {inputs.map((input, index) => (
            <tr key={index}>
              <td>{input.name}</td>
              <td>{input.version ?? '–'}</td>
              <td className="mlops-code">{input.source}</td>
              <td className="mlops-code" title={input.digest}>
                {input.digest.slice(0, 16)}
              </td>
              <td className="mlops-number">
                {input.rows?.toLocaleString() ?? ''}
              </td>
              <td className="mlops-number">{formatSize(input.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Models({ run }: { run: Run }): React.ReactElement | null {
  if (run.models.length === 0) {
    return null;
  }
  return (
    <Section title="Models">
      <table className="mlops-rows">
        <tbody>
          {run.models.map(model => (
            <tr key={model.uri}>
              <th scope="row">{model.name}</th>
              <td>{model.flavor ?? run.summary.model ?? ''}</td>
              <td className="mlops-code">{model.uri}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Artifacts({ run }: { run: Run }): React.ReactElement | null {
  if (run.artifacts.length === 0) {
    return null;
  }
  return (
    <Section title="Artifacts">
      <table className="mlops-rows">
        <tbody>
          {run.artifacts.map(artifact => (
            <tr key={artifact.path}>
              <td className="mlops-code">{artifact.path}</td>
              <td className="mlops-number">{formatSize(artifact.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** What the machine measured stands below what the user asked for. */
function isOfMachine(name: string): boolean {
  return name.startsWith('system/');
}
