/** Places of steps among the checkpoints of a run. */

/** The place of the step that the address names; another one where it names none of them (the last, if not given). */
export function placeAt(steps: readonly number[], text: string | undefined, otherwise = steps.length - 1): number {
  const found = text === undefined ? -1 : steps.indexOf(Number(text))
  return found < 0 ? Math.max(0, otherwise) : found
}

/** The place of each step on an axis on which checkpoints are equally far apart, from 0 to count - 1. */
export function placeOf(step: number, steps: readonly number[]): number {
  const next = steps.findIndex((one) => one >= step)
  if (next <= 0) return next === 0 ? 0 : steps.length - 1
  const [low, high] = [steps[next - 1] ?? 0, steps[next] ?? 1]
  return next - 1 + (step - low) / (high - low)
}

/** At most `count` places, evenly spread, the first and the last among them. */
export function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, place) => place)
  return Array.from({ length: count }, (_, place) => Math.round((place * (length - 1)) / (count - 1)))
}
