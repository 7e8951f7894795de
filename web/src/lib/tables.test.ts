import { expect, test } from 'vitest'
import type { TablePage } from './shapes'
import { choose, curvesOf, roles } from './tables'

const rows = [0, 1].flatMap((seed) => [0, 100].flatMap((step) => ['facing', 'heading'].map((feature) => ['main', seed, feature, 'original', step, seed + step / 100 + (feature === 'heading' ? 10 : 0)])))
const table: TablePage = {
  name: 'emergence',
  columns: [['arm', 'text'], ['seed', 'integer'], ['feature', 'text'], ['meaning', 'text'], ['step', 'integer'], ['normalised', 'number']].map(([name, type]) => ({ name, type }) as TablePage['columns'][number]),
  rows,
  total: rows.length,
  matching: rows.length,
}

test('columns find their roles', () => {
  expect(roles(table)).toEqual({ abscissae: ['step'], ordinates: ['normalised'], groups: ['feature', 'step'] })
})

test('means are over seeds, which are shown thin', () => {
  const curves = curvesOf(table, choose(table, {}))
  expect(curves.filter((curve) => !curve.thin).map(({ label, x, y }) => [label, x, y])).toEqual([
    ['facing', [0, 100], [0.5, 1.5]],
    ['heading', [0, 100], [10.5, 11.5]],
  ])
  expect(curves.filter((curve) => curve.thin)).toHaveLength(4)
})

test('the address chooses seeds and filters; what it cannot mean is ignored', () => {
  const choice = choose(table, { by: 'none', 'f.feature': 'heading', seeds: '1', y: 'nonsense' })
  expect(curvesOf(table, choice).map(({ label, y }) => [label, y])).toEqual([['normalised', [11, 12]]])
})
