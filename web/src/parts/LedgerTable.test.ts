import { cleanup, render, screen } from '@testing-library/svelte'
import { tick } from 'svelte'
import { afterEach, expect, test } from 'vitest'
import { address } from '../lib/address.svelte'
import type { LedgerRow } from '../lib/shapes'
import LedgerTable from './LedgerTable.svelte'

const row = (claim: string, statement: string, estimate: number | null): LedgerRow => ({
  study: 's', study_title: 'A study', family: 'f', claim, statement, source: 'a source', published: null, beyond: false, quantity: '', unit: '', arm: 'main', against: null,
  criterion: 'above 0.9', moved: false, preset: 'laptop', estimate, low: null, high: null, measured: estimate === null ? '–' : `${estimate} [0, 1]`, seeds: 3, verdict: 'undecided', reason: 'because',
  sham_estimate: null, sham_low: null, sham_high: null, sham_verdict: 'undecided', sham_reason: '', sham_seeds: 0, committed: true,
})
afterEach(cleanup)

const rows = [row('one', '<img src=x onerror=alert(1)>', 0.5), row('two', 'The second claim', null), row('three', 'The third claim', 0.1)]
const statements = () => [...document.querySelectorAll('.statement')].map((element) => element.textContent?.replace('▸', ''))

test('rows sort by a click, with what was not measured last, and the address knows', async () => {
  address.go('#/ledger')
  render(LedgerTable, { rows })
  screen.getByText('Measured').click()
  await tick()
  expect(statements()).toEqual(['The third claim', rows[0]?.statement, 'The second claim'])
  expect(address.query.sort).toBe('measured')
  expect(screen.getByText('Measured').closest('th')?.getAttribute('aria-sort')).toBe('ascending')
})

test('text is text, and a row opens what it rests on', async () => {
  address.go('#/ledger')
  render(LedgerTable, { rows })
  expect(document.querySelector('img')).toBeNull()
  screen.getByText('The second claim').click()
  await tick()
  expect(screen.getByText('because')).toBeTruthy()
  expect(screen.getByText(/No seed has been measured/)).toBeTruthy()
})
