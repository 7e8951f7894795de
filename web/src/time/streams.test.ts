import { expect, test } from 'vitest'
import type { TablePage } from '../lib/shapes'
import { courseOf, twinOf } from './streams'

const use = { study: 'induction', preset: 'laptop', arm: 'main', seed: 1 }
const config = (layers: number, smeared_keys = false, kind = 'repeated_segments') => ({ model: { layers, smeared_keys }, world: { kind } })
const rows = ['two layers', 'one layer'].flatMap((twin) => [0, 1].flatMap((seed) => [0, 12].map((step) => ['main', seed, twin, step, 3 - step / 10 - seed, step / 12, 0.1 * seed])))
const table: TablePage = { name: 'course', columns: ['arm', 'seed', 'twin', 'step', 'loss', 'accuracy', 'prefix_matching'].map((name) => ({ name, type: 'number' })), rows, total: 8, matching: 8 }

test('a run is one of the study’s models, by its settings', () => {
  expect([twinOf(config(2)), twinOf(config(1)), twinOf(config(1, true)), twinOf(config(2, false, 'markov_chains'))]).toEqual(['two layers', 'one layer', 'one layer, smeared keys', null])
})

test('its course is that of its own arm, seed and model', () => {
  const found = courseOf(table, use, config(2))
  expect(found.map(({ label }) => label)).toEqual(['right in repeats', 'loss', 'prefix matching'])
  expect([found[0]?.steps, found[0]?.values, found[1]?.values]).toEqual([[0, 12], [0, 1], [2, 0.8]])
  expect(courseOf(table, use, config(2, false, 'markov_chains'))).toEqual([])
})
