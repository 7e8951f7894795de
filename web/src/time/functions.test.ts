import { expect, test } from 'vitest'
import type { Episode } from '../lib/shapes'
import { lossCurves, predictionCurves } from './functions'

const guess = (name: string, at: number) => ({ name, at_query: [at, at + 1], losses: [at, 0], drawn: [] })
const episode: Episode = { step: 1, split: 'test', index: 0, inputs: [[1, 2], [3, 4], [5, 6]], outputs: [1, 2, 3], counts: [1, 2], wanted: 2.5, guesses: [guess('model', 1), guess('ridge', 2)], places: [], truth: [] }

test('predictions stand beside what is right, by number of examples', () => {
  expect(predictionCurves(episode).map(({ label, x, y }) => [label, x, y])).toEqual([['model', [1, 2], [1, 2]], ['ridge', [1, 2], [2, 3]], ['the function', [1, 2], [2.5, 2.5]]])
  expect(lossCurves(episode).map(({ y }) => y)).toEqual([[1, null], [2, null]])
})
