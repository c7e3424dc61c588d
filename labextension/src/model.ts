import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import { type Api, ApiError } from './api';
import type { Handshake, RunSummary, WorkspaceInfo } from './generated';
import { PROTOCOL, VERSION } from './generated';

/** How many more runs "Show more" asks for, and the most that the server gives. */
export const PAGE = 100;
export const MOST = 1000;

/** What is wrong, as the panel says it. */
export type Problem =
  | { kind: 'absent' }
  | { kind: 'mismatch'; panel: string; server: string }
  | { kind: 'no-workspace'; message: string; hint: string }
  | { kind: 'error'; message: string; hint: string };

/** What the model asks of the API: what tests stand in for. */
export type RunsApi = Pick<Api, 'handshake' | 'runs'>;

/**
 * The workspace and its runs, kept up to date while someone looks.
 *
 * It first shakes hands with the server: of one whose version differs it asks nothing more.
 */
export class PanelModel implements IDisposable {
  constructor(options: PanelModel.IOptions) {
    this._api = options.api;
    this._poll = new Poll({
      auto: false,
      name: 'mlops-jupyter:runs',
      factory: () => this._update(),
      frequency: { interval: 2000, backoff: true, max: 30_000 },
      // Not while the browser's tab is hidden, nor while the panel is.
      standby: () => (options.isVisible() ? 'when-hidden' : true)
    });
  }

  /** Emitted whenever anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The workspace that the runs are of, once known. */
  get workspace(): WorkspaceInfo | null {
    return this._workspace;
  }

  /** The runs, newest first; null until the first answer. */
  get runs(): readonly RunSummary[] | null {
    return this._runs;
  }

  /** Whether the store has older runs than those above. */
  get more(): boolean {
    return this._more;
  }

  /** What is wrong; null where all is well. */
  get problem(): Problem | null {
    return this._problem;
  }

  /** How many runs are asked for. */
  get limit(): number {
    return this._limit;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._turn += 1;
    this._poll.dispose();
    Signal.clearData(this);
  }

  /** Begins to ask the server. */
  start(): void {
    void this._poll.start();
  }

  /** Asks the server now. */
  async refresh(): Promise<void> {
    await this._poll.refresh();
    await this._poll.tick;
  }

  /** Asks for older runs as well. */
  showMore(): void {
    this._limit = Math.min(this._limit + PAGE, MOST);
    this._tag = null;
    this._changed.emit();
    void this._poll.refresh();
  }

  private async _update(): Promise<void> {
    this._turn += 1;
    const turn = this._turn;
    const isStale = (): boolean => turn !== this._turn;
    try {
      if (!this._greeted) {
        await this._shakeHands(isStale);
      }
      if (!isStale() && this._greeted) {
        await this._updateRuns(isStale);
      }
    } catch (error) {
      if (!isStale()) {
        this._fail(error);
        // The poll slows down while nothing answers.
        throw error;
      }
    }
  }

  private async _shakeHands(isStale: () => boolean): Promise<void> {
    const found = await this._api.handshake();
    if (isStale()) {
      return;
    }
    const problem = problemOf(found);
    this._greeted = problem === null;
    this._setWorkspace(found.workspace);
    if (problem !== null) {
      this._set(problem, problem.kind === 'error' ? this._runs : null);
    }
  }

  private async _updateRuns(isStale: () => boolean): Promise<void> {
    const answer = await this._api.runs(this._limit, this._tag);
    if (isStale()) {
      return;
    }
    if (answer === null) {
      if (this._problem !== null) {
        this._problem = null;
        this._changed.emit();
      }
      return;
    }
    const storeChanged =
      this._runs !== null && answer.value.store !== this._workspace?.store;
    this._tag = answer.tag;
    this._more = answer.value.more;
    this._set(null, answer.value.runs);
    if (storeChanged) {
      await this._shakeHands(isStale);
    }
  }

  private _fail(error: unknown): void {
    // The next turn begins with the handshake: another server may answer then.
    this._greeted = false;
    this._tag = null;
    if (!(error instanceof ApiError)) {
      this._set(
        { kind: 'error', message: String(error), hint: '' },
        this._runs
      );
    } else if (error.kind === 'Absent') {
      this._set({ kind: 'absent' }, null);
    } else {
      const { message, hint } = error;
      const kind = error.kind === 'NoWorkspace' ? 'no-workspace' : 'error';
      this._set({ kind, message, hint }, kind === 'error' ? this._runs : null);
    }
  }

  /** Takes the workspace that the server names; where it names none, the last one stays. */
  private _setWorkspace(workspace: WorkspaceInfo | null): void {
    if (workspace === null) {
      return;
    }
    if (workspace.root !== this._workspace?.root) {
      this._runs = null;
      this._tag = null;
    }
    this._workspace = workspace;
    const interval = workspace.poll_seconds * 1000;
    this._poll.frequency = {
      backoff: true,
      interval,
      max: Math.max(30_000, interval)
    };
    this._changed.emit();
  }

  private _set(
    problem: Problem | null,
    runs: readonly RunSummary[] | null
  ): void {
    this._problem = problem;
    this._runs = runs;
    if (problem !== null && problem.kind !== 'error') {
      this._workspace = null;
    }
    this._changed.emit();
  }

  private readonly _api: RunsApi;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _poll: Poll;
  private _greeted = false;
  private _limit = PAGE;
  private _more = false;
  private _problem: Problem | null = null;
  private _runs: readonly RunSummary[] | null = null;
  private _tag: string | null = null;
  // Answers that arrive after a later question was asked are dropped.
  private _turn = 0;
  private _workspace: WorkspaceInfo | null = null;
}

/** Reads the handshake; null where it is all right. */
function problemOf(found: Handshake): Problem | null {
  if (found.version !== VERSION || found.protocol !== PROTOCOL) {
    return { kind: 'mismatch', panel: VERSION, server: found.version };
  }
  if (found.workspace !== null) {
    return null;
  }
  const { error, message, hint } = found.problem ?? {
    error: 'NoWorkspace',
    message: 'There is no workspace here.',
    hint: ''
  };
  return {
    kind: error === 'NoWorkspace' ? 'no-workspace' : 'error',
    message,
    hint
  };
}

export namespace PanelModel {
  export interface IOptions {
    api: RunsApi;
    /** Whether someone may be looking. */
    isVisible: () => boolean;
  }
}
