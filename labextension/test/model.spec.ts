import { afterEach, describe, expect, it } from 'vitest';

import { ApiError, type ITagged } from '../src/api';
import type { Runs } from '../src/generated';
import { VERSION } from '../src/generated';
import { PanelModel, type RunsApi } from '../src/model';
import { handshake, runs } from './samples';

const models: PanelModel[] = [];

function modelOf(api: Partial<RunsApi>): PanelModel {
  const model = new PanelModel({
    isVisible: () => true,
    api: {
      handshake: () => Promise.resolve(handshake()),
      runs: () => Promise.resolve({ value: runs('a'), tag: '"1"' }),
      ...api
    }
  });
  models.push(model);
  return model;
}

const names = (model: PanelModel): string[] | undefined =>
  model.runs?.map(run => run.name);

afterEach(() => {
  models.splice(0).forEach(model => {
    model.dispose();
  });
});

describe('PanelModel', () => {
  it('shakes hands, then lists; an unchanged answer changes nothing', async () => {
    const tags: unknown[] = [];
    const model = modelOf({
      runs: (_limit, tag) => {
        tags.push(tag);
        return Promise.resolve(tag ? null : { value: runs('a'), tag: '"1"' });
      }
    });
    await model.refresh();
    const before = model.runs;
    await model.refresh();
    expect(model.workspace?.name).toBe('project');
    expect(names(model)).toEqual(['a']);
    expect(model.runs).toBe(before);
    expect(tags).toEqual([null, '"1"']);
  });

  it('asks nothing more of a server of another version', async () => {
    let asked = 0;
    const model = modelOf({
      handshake: () => Promise.resolve(handshake({ version: '9.9' })),
      runs: () => {
        asked += 1;
        return Promise.resolve(null);
      }
    });
    await model.refresh();
    expect(model.problem).toEqual({
      kind: 'mismatch',
      panel: VERSION,
      server: '9.9'
    });
    expect(asked).toBe(0);
  });

  it('says that there is no workspace, and notices one that is made', async () => {
    let made = false;
    const none = {
      workspace: null,
      problem: { error: 'NoWorkspace', message: 'none here', hint: '' }
    };
    const model = modelOf({
      handshake: () => Promise.resolve(handshake(made ? {} : none))
    });
    await model.refresh();
    expect(model.problem?.kind).toBe('no-workspace');
    made = true;
    await model.refresh();
    expect(model.problem).toBeNull();
    expect(names(model)).toEqual(['a']);
  });

  it('keeps the runs it has while the store does not answer', async () => {
    let down = false;
    const model = modelOf({
      runs: () =>
        down
          ? Promise.reject(new ApiError('StoreUnavailable', 'down', 'doctor'))
          : Promise.resolve({ value: runs('a'), tag: null })
    });
    await model.refresh();
    down = true;
    await expect(model.refresh()).resolves.toBeUndefined();
    expect(model.problem).toEqual({
      kind: 'error',
      message: 'down',
      hint: 'doctor'
    });
    expect(names(model)).toEqual(['a']);
    down = false;
    await model.refresh();
    expect(model.problem).toBeNull();
  });

  it('drops an answer that arrives after a later one', async () => {
    const answers: ((answer: ITagged<Runs>) => void)[] = [];
    const model = modelOf({
      runs: () =>
        new Promise(resolve => {
          answers.push(resolve);
        })
    });
    const until = async (count: number): Promise<void> => {
      while (answers.length < count) {
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    };
    model.start();
    await until(1);
    const refreshed = model.refresh();
    await until(2);
    answers[1]?.({ value: runs('new'), tag: '"2"' });
    await refreshed;
    answers[0]?.({ value: runs('old'), tag: '"1"' });
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(names(model)).toEqual(['new']);
  });
});
