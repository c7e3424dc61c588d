import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Failure, Handshake, Run, Runs } from './generated';

const PREFIX = 'mlops-jupyter';

/** Why the server gave no answer of use. */
export class ApiError extends Error {
  constructor(
    /** An error kind of the package, or one of the three below. */
    readonly kind: ApiError.Kind | (string & {}),
    message: string,
    readonly hint = ''
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export namespace ApiError {
  /** Absent: the server has no such routes. */
  export type Kind = 'Absent' | 'Unreachable' | 'Refused';
}

/** An answer with the tag by which to ask whether it still holds. */
export interface ITagged<T> {
  value: T;
  tag: string | null;
}

/** The routes of the server extension; the only place that talks to the network. */
export class Api {
  constructor(private readonly _settings = ServerConnection.makeSettings()) {}

  /** Versions and workspace. */
  async handshake(): Promise<Handshake> {
    return (await this._get<Handshake>('version')).value;
  }

  /** The newest runs; null where nothing changed since `tag`. */
  async runs(
    limit: number,
    tag?: string | null
  ): Promise<ITagged<Runs> | null> {
    return this._getChanged<Runs>(`runs?limit=${limit}`, tag);
  }

  /** One run; null where nothing changed since `tag`. */
  async run(id: string, tag?: string | null): Promise<ITagged<Run> | null> {
    return this._getChanged<Run>(`runs/${encodeURIComponent(id)}`, tag);
  }

  private async _getChanged<T>(
    path: string,
    tag: string | null | undefined
  ): Promise<ITagged<T> | null> {
    const response = await this._fetch(path, tag);
    return response.status === 304 ? null : this._read<T>(response);
  }

  private async _get<T>(path: string): Promise<ITagged<T>> {
    return this._read<T>(await this._fetch(path));
  }

  private async _fetch(path: string, tag?: string | null): Promise<Response> {
    const url = URLExt.join(this._settings.baseUrl, PREFIX) + '/' + path;
    const init = tag ? { headers: { 'If-None-Match': tag } } : {};
    try {
      return await ServerConnection.makeRequest(url, init, this._settings);
    } catch (error) {
      throw new ApiError(
        'Unreachable',
        'The Jupyter server does not answer.',
        error instanceof Error ? error.message : ''
      );
    }
  }

  private async _read<T>(response: Response): Promise<ITagged<T>> {
    const content: unknown = await response.json().catch(() => null);
    if (response.ok && content !== null) {
      return { value: content as T, tag: response.headers.get('ETag') };
    }
    if (isFailure(content)) {
      throw new ApiError(content.error, content.message, content.hint);
    }
    if (response.status === 404) {
      throw new ApiError('Absent', 'The server has no mlops-jupyter.');
    }
    if (response.status === 401 || response.status === 403) {
      throw new ApiError(
        'Refused',
        'The Jupyter server refused to answer: you are not signed in.',
        'Reload the page and sign in again.'
      );
    }
    throw new ApiError(
      'Refused',
      `The Jupyter server answered with ${response.status} ${response.statusText}.`,
      'Its log says more.'
    );
  }
}

function isFailure(content: unknown): content is Failure {
  return (
    typeof content === 'object' &&
    content !== null &&
    typeof (content as Partial<Failure>).error === 'string' &&
    typeof (content as Partial<Failure>).message === 'string'
  );
}
