import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import { type Api, ApiError } from './api';
import type { Run } from './generated';

/** One run's details, kept up to date while someone looks. */
export class RunModel implements IDisposable {
  constructor(options: RunModel.IOptions) {
    this.runId = options.runId;
    this._api = options.api;
    this._poll = new Poll({
      auto: false,
      name: 'mlops-jupyter:run',
      factory: () => this._update(),
      // Of a local store, an unchanged run costs the server a look at the file's time.
      frequency: { interval: 3000, backoff: true, max: 60_000 },
      standby: () => (options.isVisible() ? 'when-hidden' : true)
    });
  }

  readonly runId: string;

  /** Emitted whenever anything below changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The run, once it has arrived. */
  get run(): Run | null {
    return this._run;
  }

  /** Why the last answer is missing; null where it is not. */
  get error(): ApiError | null {
    return this._error;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._poll.dispose();
      Signal.clearData(this);
    }
  }

  /** Begins to ask the server. */
  start(): void {
    void this._poll.start();
  }

  /** Asks the server now. */
  refresh(): void {
    void this._poll.refresh();
  }

  private async _update(): Promise<void> {
    this._turn += 1;
    const turn = this._turn;
    try {
      const answer = await this._api.run(this.runId, this._tag);
      if (turn !== this._turn || this.isDisposed) {
        return;
      }
      if (answer !== null) {
        this._run = answer.value;
        this._tag = answer.tag;
      }
      if (answer !== null || this._error !== null) {
        this._error = null;
        this._changed.emit();
      }
    } catch (error) {
      if (turn === this._turn && !this.isDisposed) {
        this._error =
          error instanceof ApiError
            ? error
            : new ApiError('Refused', String(error));
        this._changed.emit();
        throw error;
      }
    }
  }

  private readonly _api: Pick<Api, 'run'>;
  private readonly _changed = new Signal<this, void>(this);
  private _error: ApiError | null = null;
  private readonly _poll: Poll;
  private _run: Run | null = null;
  private _tag: string | null = null;
  private _turn = 0;
}

export namespace RunModel {
  export interface IOptions {
    api: Pick<Api, 'run'>;
    runId: string;
    /** Whether someone may be looking. */
    isVisible: () => boolean;
  }
}
