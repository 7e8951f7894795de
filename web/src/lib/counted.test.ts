import { expect, test } from 'vitest'
import { onceEach } from './counted'
import type { LedgerRow } from './shapes'

const row = (claim: string, preset: string, verdict: string) => ({ study: 's', claim, preset, verdict }) as LedgerRow

test('a claim counts once, by the largest preset that decides it', () => {
  const rows = [
    row('one', 'laptop', 'reproduced'), row('one', 'overnight', 'undecided'),
    row('two', 'laptop', 'reproduced'), row('two', 'overnight', 'contradicted'),
    row('three', 'laptop', 'undecided'), row('three', 'overnight', 'undecided'),
  ]
  expect(onceEach(rows).map(({ claim, verdict }) => [claim, verdict])).toEqual([['one', 'reproduced'], ['two', 'contradicted'], ['three', 'undecided']])
})
