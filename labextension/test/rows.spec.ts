import { describe, expect, it } from 'vitest';

import { arrange, narrow } from '../src/rows';
import type { StaleReason } from '../src/generated';
import { summary } from './samples';

const tree = [
  summary('late', { parent_run_id: 'sweep' }),
  summary('alone', { experiment: 'other', data: ['data:flights@v2'] }),
  summary('deep', { parent_run_id: 'late' }),
  summary('sweep'),
  summary('early', { parent_run_id: 'sweep', status: 'FAILED' })
];
const drawn = (rows: ReturnType<typeof arrange>): string[] =>
  rows.map(row => '>'.repeat(row.depth) + row.run.name);

describe('arrange', () => {
  it('puts children under their parents, otherwise keeping the order', () => {
    expect(drawn(arrange(tree))).toEqual([
      'alone',
      'sweep',
      '>late',
      '>>deep',
      '>early'
    ]);
  });

  it('shows runs without their parent, and rings of parents, once', () => {
    const odd = [
      summary('orphan', { parent_run_id: 'gone' }),
      summary('a', { parent_run_id: 'b' }),
      summary('b', { parent_run_id: 'a' }),
      summary('self', { parent_run_id: 'self' })
    ];
    expect(drawn(arrange(odd))).toEqual(['orphan', 'a', '>b', 'self']);
  });
});

describe('narrow', () => {
  it('keeps matches and the parents that they stand under', () => {
    const rows = arrange(tree);
    expect(drawn(narrow(rows, 'deep'))).toEqual(['sweep', '>late', '>>deep']);
    expect(drawn(narrow(rows, 'failed'))).toEqual(['sweep', '>early']);
    expect(drawn(narrow(rows, 'sweep'))).toEqual(['sweep']);
  });

  it('finds a run by the beginning of its id, not by letters of it', () => {
    const rows = arrange([summary('0a4bde2f', { name: 'x' })]);
    expect(narrow(rows, '0a4bde')).toEqual(rows);
    expect(narrow(rows, '4')).toEqual([]);
    expect(narrow(rows, 'a4bde2')).toEqual([]);
  });

  it('finds models that are stale, and by what', () => {
    const why = (what: 'data' | 'code'): StaleReason => ({
      what,
      name: 'x',
      newer: null,
      said: 'x has changed since'
    });
    const rows = arrange([
      summary('old', { stale: { reasons: [why('data')], unknown: [] } }),
      summary('edited', { stale: { reasons: [why('code')], unknown: [] } }),
      summary('fresh', { stale: { reasons: [], unknown: ['y'] } }),
      summary('no model')
    ]);
    expect(drawn(narrow(rows, 'stale'))).toEqual(['old', 'edited']);
    expect(drawn(narrow(rows, 'stale code'))).toEqual(['edited']);
  });

  it('wants every word, in any field, in any case', () => {
    const rows = arrange(tree);
    expect(drawn(narrow(rows, 'OTHER flights@v2'))).toEqual(['alone']);
    expect(narrow(rows, 'other sweep')).toEqual([]);
    expect(narrow(rows, '  ')).toEqual(rows);
  });
});
