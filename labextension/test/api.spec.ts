import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { Api, ApiError } from '../src/api';
import { handshake, runs } from './samples';

/** An API whose network is a function. */
function apiWith(answer: (request: Request) => Response | Promise<Response>): {
  api: Api;
  asked: Request[];
} {
  const asked: Request[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://lab.test/user/me/',
    token: 'secret',
    fetch: input => {
      const request = input as Request;
      asked.push(request);
      return Promise.resolve(answer(request));
    }
  });
  return { api: new Api(settings), asked };
}

const json = (content: unknown, init: ResponseInit = {}): Response =>
  new Response(JSON.stringify(content), init);

async function failure(of: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await of.catch((raised: unknown) => raised);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe('Api', () => {
  it('asks below the base URL, with the token', async () => {
    const { api, asked } = apiWith(() => json(handshake()));
    expect((await api.handshake()).workspace?.name).toBe('project');
    expect(asked[0]?.url).toMatch(
      /^http:\/\/lab\.test\/user\/me\/mlops-jupyter\/version/
    );
    expect(asked[0]?.headers.get('Authorization')).toBe('token secret');
  });

  it('hands back the tag, and takes 304 for "nothing changed"', async () => {
    const { api, asked } = apiWith(request =>
      request.headers.get('If-None-Match') === '"1"'
        ? new Response(null, { status: 304 })
        : json(runs('a'), { headers: { ETag: '"1"' } })
    );
    const first = await api.runs(100);
    expect(first?.value.runs.map(run => run.run_id)).toEqual(['a']);
    expect(await api.runs(100, first?.tag)).toBeNull();
    expect(asked[1]?.url).toContain('runs?limit=100');
  });

  it('escapes a run id', async () => {
    const { api, asked } = apiWith(() => json({}));
    await api.run('a/../b?c');
    expect(asked[0]?.url).toContain('/mlops-jupyter/runs/a%2F..%2Fb%3Fc');
  });

  it('tells a missing extension from an error of ours', async () => {
    const absent = apiWith(() => new Response('<html>', { status: 404 }));
    expect((await failure(absent.api.handshake())).kind).toBe('Absent');
    const ours = apiWith(() =>
      json(
        { error: 'NoWorkspace', message: 'none', hint: 'mlops init' },
        { status: 404 }
      )
    );
    const error = await failure(ours.api.runs(1));
    expect([error.kind, error.message, error.hint]).toEqual([
      'NoWorkspace',
      'none',
      'mlops init'
    ]);
  });

  it('says when nobody answers, or refuses', async () => {
    const gone = apiWith(() => Promise.reject(new TypeError('no network')));
    expect((await failure(gone.api.handshake())).kind).toBe('Unreachable');
    const refused = apiWith(() => json({ message: 'no' }, { status: 403 }));
    expect((await failure(refused.api.handshake())).kind).toBe('Refused');
  });
});
