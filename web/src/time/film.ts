/** What a film of one program says: where the robot is believed to be, and how much of what is believed is so. */

import type { Belief, Feature, Grid, Moment, Pose, Reading, State } from '../lib/shapes'

/** Row and column by which each facing moves: north, east, south, west. */
export const STEPS: readonly (readonly [number, number])[] = [[-1, 0], [0, 1], [1, 0], [0, -1]]
export const FACINGS = ['north', 'east', 'south', 'west']

export type Family = Feature['family']
export interface Ghost { pose: Pose; confidence: number }

export const stepOf = (facing: number): readonly [number, number] => STEPS[((facing % 4) + 4) % 4] ?? [0, 0]

/** The number that a label of a displacement stands for. */
export function amount(label: string): number {
  return Number(label.replace('−', '-').replace('+', ''))
}

const PARTS: Record<Family, [string, string, string]> = {
  absolute: ['facing', 'row_from_start', 'column_from_start'],
  egocentric: ['heading', 'forward', 'rightward'],
}

/**
 * The robot as the probe believes it to stand before a token, in an example whose input is `start`; null where no
 * belief of this family was read. `row` is the example's place among the probed ones. The confidence is the geometric
 * mean of those of turn and displacement.
 */
export function ghost(reading: Reading, features: readonly Feature[], family: Family, row: number, token: number, start: Pose): Ghost | null {
  const read = PARTS[family].map((name) => {
    const belief = reading.beliefs.find((one) => one.feature === name)
    const value = belief?.values[row]?.[token]
    const feature = features.find((one) => one.name === name)
    if (belief === undefined || value === undefined || !feature) return null
    return { value, label: feature.labels[value] ?? '0', confidence: belief.confidence[row]?.[token] ?? 0 }
  })
  const [turn, one, other] = read
  if (!turn || !one || !other) return null
  const confidence = Math.cbrt(turn.confidence * one.confidence * other.confidence)
  const [first, second] = [amount(one.label), amount(other.label)]
  if (family === 'absolute') return { pose: [start[0] + first, start[1] + second, turn.value], confidence }
  const [ahead, right] = [stepOf(start[2]), stepOf(start[2] + 1)]
  return {
    pose: [start[0] + first * ahead[0] + second * right[0], start[1] + first * ahead[1] + second * right[1], (start[2] + turn.value) % 4],
    confidence,
  }
}

/** The share of tokens and probed examples at which a belief is so; null where nothing was read. */
export function shareRight(belief: Belief | undefined): number | null {
  let [right, all] = [0, 0]
  belief?.values.forEach((row, example) =>
    row.forEach((value, token) => {
      const so = belief.truth[example]?.[token]
      if (so === undefined || so < 0) return
      all += 1
      right += Number(so === value)
    }),
  )
  return all ? right / all : null
}

export function readingOf(moment: Moment | undefined, meaning: string): Reading | undefined {
  return moment?.readings.find((reading) => reading.meaning === meaning)
}

/** The state in which a token is written. */
export function stateAt(states: readonly State[] | undefined, token: number): State | undefined {
  return states?.[Math.min(token, states.length - 1)]
}

/** Whether robot and markers stand as they should in the end. */
export function reached(state: State | undefined, goal: Grid): boolean {
  const key = (one: State | Grid) => JSON.stringify([one.robot, [...one.markers].sort((a, b) => a[0] - b[0] || a[1] - b[1])])
  return state !== undefined && key(state) === key(goal)
}

/** A movement on the page as what can be edited: the axis along which it is longest, in the family's own frame. */
export function movement(family: Family, rows: number, columns: number, start: Pose): { feature: string; shift: number } | null {
  const [, first, second] = PARTS[family]
  const [ahead, right] = [stepOf(start[2]), stepOf(start[2] + 1)]
  const [one, other] = family === 'absolute' ? [rows, columns] : [rows * ahead[0] + columns * ahead[1], rows * right[0] + columns * right[1]]
  if (!one && !other) return null
  return Math.abs(one) >= Math.abs(other) ? { feature: first, shift: one } : { feature: second, shift: other }
}

export const turning = (family: Family): string => PARTS[family][0]
