import { expect, test } from 'vitest'
import { placeAt, placeOf, spread } from './steps'

test('steps lie between their checkpoints', () => {
  expect([0, 5, 10, 60, 200].map((step) => placeOf(step, [0, 10, 110]))).toEqual([0, 0.5, 1, 1.5, 2])
})

test('the address names a checkpoint, or the last one is shown', () => {
  expect([placeAt([0, 10, 20], '10'), placeAt([0, 10, 20], '11'), placeAt([0, 10, 20], undefined), placeAt([0, 10], '5', 0), placeAt([], '1')]).toEqual([1, 2, 2, 0, 0])
})

test('few places are all shown, many are thinned evenly', () => {
  expect(spread(3, 8)).toEqual([0, 1, 2])
  expect(spread(51, 6)).toEqual([0, 10, 20, 30, 40, 50])
})
