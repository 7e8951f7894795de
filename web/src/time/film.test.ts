import { expect, test } from 'vitest'
import type { Feature, Reading } from '../lib/shapes'
import { amount, ghost, movement, shareRight } from './film'

const far = ['-2', '-1', '0', '+1', '+2']
const features: Feature[] = [
  { name: 'facing', family: 'absolute', labels: ['north', 'east', 'south', 'west'], editable: true },
  { name: 'row_from_start', family: 'absolute', labels: far, editable: true },
  { name: 'column_from_start', family: 'absolute', labels: far, editable: true },
  { name: 'heading', family: 'egocentric', labels: ['ahead', 'right', 'back', 'left'], editable: true },
  { name: 'forward', family: 'egocentric', labels: far, editable: true },
  { name: 'rightward', family: 'egocentric', labels: far, editable: true },
]
const belief = (feature: string, value: number, truth = value, confidence = 0.5) => ({ feature, values: [[value]], confidence: [[confidence]], truth: [[truth]] })

test('both frames put the believed robot on the same cell', () => {
  // The robot started at (2, 1) facing east, went two ahead and one to its right (south), and now faces south.
  const reading: Reading = { meaning: 'original', states: [], beliefs: [belief('facing', 2), belief('row_from_start', 3), belief('column_from_start', 4), belief('heading', 1), belief('forward', 4), belief('rightward', 3)] }
  for (const family of ['absolute', 'egocentric'] as const) {
    const found = ghost(reading, features, family, 0, 0, [2, 1, 1])
    expect(found?.pose).toEqual([3, 3, 2])
    expect(found?.confidence).toBeCloseTo(0.5)
  }
  expect(ghost(reading, features, 'absolute', 1, 0, [2, 1, 1])).toBeNull()
})

test('a drag is one shift along the longest axis, in the frame of the family', () => {
  expect(movement('absolute', 2, -1, [0, 0, 1])).toEqual({ feature: 'row_from_start', shift: 2 })
  expect(movement('egocentric', 2, 0, [0, 0, 1])).toEqual({ feature: 'rightward', shift: 2 })
  expect(movement('egocentric', 0, -1, [0, 0, 1])).toEqual({ feature: 'forward', shift: -1 })
  expect(movement('egocentric', 0, 0, [0, 0, 1])).toBeNull()
})

test('shares leave out what is not defined', () => {
  expect(shareRight({ feature: 'x', values: [[1, 1, 0]], confidence: [[1, 1, 1]], truth: [[1, 0, -1]] })).toBe(0.5)
  expect(shareRight(undefined)).toBeNull()
})

test('labels of displacements are numbers', () => {
  expect([amount('−3'), amount('+2'), amount('0')]).toEqual([-3, 2, 0])
})
