/** Claims are counted as `ontogeny.claims.once_each` counts them. */
import type { LedgerRow } from './shapes'

/** One row a claim: that of the largest preset that decides it, else of the largest; its rows come from the smallest on. */
export function onceEach(rows: LedgerRow[]): LedgerRow[] {
  const kept = new Map<string, LedgerRow>()
  for (const row of rows) {
    const claim = `${row.study}:${row.claim}`
    const before = kept.get(claim)
    if (!before || row.verdict !== 'undecided' || before.verdict === 'undecided') kept.set(claim, row)
  }
  return [...kept.values()]
}
