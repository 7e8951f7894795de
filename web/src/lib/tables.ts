/** Stored tables as curves: what can be put on which axis, and means over seeds. */

import type { Curve } from './curves'
import type { Cell, Column, TablePage } from './shapes'
import { spoken } from './words'

export interface Choice { x: string; y: string; by: string; filters: Record<string, string>; arms: string[]; seeds: number[] }

const ABSCISSAE = ['step', 'dose', 'offset', 'examples', 'position', 'layer']
const ORDINATES = ['normalised', 'follows', 'accuracy', 'value']
const GROUPS = ['feature', 'kind', 'source', 'name', 'quantity']
const FIRST: Record<string, string[]> = { meaning: ['original'], source: ['trained', 'mean'], kind: ['measured', 'heading'], probe: ['linear'], offset: ['0'] }

export const place = (table: TablePage, name: string) => table.columns.findIndex((column) => column.name === name)

/** The distinct values of a column as text, in order. */
export function distinct(table: TablePage, name: string): string[] {
  const at = place(table, name)
  const values = [...new Set(table.rows.map((row) => row[at]))].filter((value) => value !== null && value !== undefined)
  const numeric = values.every((value) => typeof value === 'number')
  return (numeric ? (values as number[]).sort((a, b) => a - b) : values).map(String)
}

const isNumber = (column: Column) => column.type === 'number' || column.type === 'integer'

/** Columns that could be an axis, and columns that part the rows. */
export function roles(table: TablePage): { abscissae: string[]; ordinates: string[]; groups: string[] } {
  const own = table.columns.filter(({ name }) => name !== 'arm' && name !== 'seed')
  const varied = own.filter(({ name }) => distinct(table, name).length > 1)
  const abscissae = varied.filter((column) => ABSCISSAE.includes(column.name) && isNumber(column)).map(({ name }) => name)
  const groups = varied.filter((column) => column.type === 'text' || ABSCISSAE.includes(column.name) || column.name === 'example').map(({ name }) => name)
  const ordinates = varied.filter((column) => isNumber(column) && !groups.includes(column.name)).map(({ name }) => name)
  return { abscissae, ordinates, groups }
}

const preferred = (wanted: string[], among: string[]) => wanted.find((name) => among.includes(name)) ?? among[0] ?? ''

/** What is shown before anything was chosen; `asked` is what the address says. */
export function choose(table: TablePage, asked: Record<string, string>): Choice {
  const { abscissae, ordinates, groups } = roles(table)
  const among = (name: string | undefined, list: string[], fallback: string) => (name !== undefined && list.includes(name) ? name : fallback)
  const x = among(asked.x, abscissae, preferred(ABSCISSAE, abscissae))
  const y = among(asked.y, ordinates, preferred(ORDINATES, ordinates))
  const by = asked.by === 'none' ? '' : among(asked.by, groups, preferred(GROUPS, groups.filter((name) => name !== x && FIRST[name] === undefined)) || (groups.find((name) => name !== x) ?? ''))
  const filters: Record<string, string> = {}
  for (const name of groups) {
    if (name === x || name === by) continue
    const values = distinct(table, name)
    filters[name] = among(asked[`f.${name}`], values, preferred(FIRST[name] ?? [], values))
  }
  const listed = (text: string | undefined, all: string[], fallback: string[]) => (text === undefined ? fallback : text.split(',').filter((one) => all.includes(one)))
  const arms = distinct(table, 'arm')
  return {
    x, y, by, filters,
    arms: listed(asked.arms, arms, arms.includes('main') ? ['main'] : arms.slice(0, 1)),
    seeds: listed(asked.seeds, distinct(table, 'seed'), distinct(table, 'seed')).map(Number),
  }
}

/** For each arm and group a curve of means over seeds, and a thin one for each seed if there are several. */
export function curvesOf(table: TablePage, choice: Choice): Curve[] {
  const at = (name: string) => place(table, name)
  const [arm, seed, x, y, by] = [at('arm'), at('seed'), at(choice.x), at(choice.y), at(choice.by)]
  const filters = Object.entries(choice.filters).map(([name, value]) => [at(name), value] as const)
  const kept = table.rows.filter((row) => choice.seeds.includes(row[seed] as number) && filters.every(([column, value]) => String(row[column]) === value))
  const groups = choice.by ? distinct(table, choice.by) : ['']
  return choice.arms.flatMap((name, dash) =>
    groups.flatMap((group, paint) => {
      const rows = kept.filter((row) => row[arm] === name && (!choice.by || String(row[by]) === group))
      const seeds = choice.seeds.map((number) => averaged(rows.filter((row) => row[seed] === number), x, y)).filter((points) => points.size)
      if (!seeds.length) return []
      const label = [choice.by ? spoken(group) : choice.arms.length > 1 ? '' : spoken(choice.y), choice.arms.length > 1 ? spoken(name) : ''].filter(Boolean).join(', ')
      const look = choice.by ? { paint, dash } : { paint: dash, dash }
      return [
        ...(seeds.length > 1 ? seeds.map((points) => curve('', points, { ...look, thin: true })) : []),
        curve(label, mean(seeds), look),
      ]
    }),
  )
}

/** Mean of y at each x. */
function averaged(rows: Cell[][], x: number, y: number): Map<number, number> {
  const sums = new Map<number, [number, number]>()
  for (const row of rows) {
    const [at, value] = [row[x], row[y]]
    if (typeof at !== 'number' || typeof value !== 'number') continue
    const [sum, count] = sums.get(at) ?? [0, 0]
    sums.set(at, [sum + value, count + 1])
  }
  return new Map([...sums].map(([at, [sum, count]]) => [at, sum / count]))
}

/** The mean over seeds where each seed has a value. */
function mean(seeds: Map<number, number>[]): Map<number, number> {
  const [first, ...others] = seeds
  const found = new Map<number, number>()
  for (const [at, value] of first ?? []) {
    if (others.every((points) => points.has(at))) found.set(at, (value + others.reduce((sum, points) => sum + (points.get(at) ?? 0), 0)) / seeds.length)
  }
  return found
}

function curve(label: string, points: Map<number, number>, look: Pick<Curve, 'paint' | 'dash' | 'thin'>): Curve {
  const x = [...points.keys()].sort((a, b) => a - b)
  return { label, x, y: x.map((at) => points.get(at) ?? null), ...look }
}
