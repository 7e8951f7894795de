/** A look into a model that follows what is asked. The chosen head and the silenced ones stand in the address. */

import { address } from './address.svelte'
import { alone, get, post, query } from './api'
import type { Head, Inspection, Plain } from './shapes'

export interface Size { layers: number; heads: number }

/** More heads than can be shown at once are shown a layer at a time. */
export const byLayer = ({ layers, heads }: Size): boolean => heads > 8 || layers * heads > 48

/** What a model makes of a sequence. A sample as it is has an address of its own, which a report may carry. */
export function look(path: string, asked: Plain, signal: AbortSignal): Promise<Inspection> {
  const { step, split, index, layer, words, ablate } = asked as { step: number; split?: string; index?: number; layer?: number | null; words?: string[] | null; ablate: Head[] }
  if (split === undefined || words || ablate.length) return post<Inspection>(path, asked, signal)
  return get<Inspection>(query(path, { step, split, index, layer }), signal)
}

/** Heads as they stand in the address: `0.1,2.3`. */
export function readHeads(text: string | undefined): Head[] {
  return (text ?? '').split(',').flatMap((pair) => {
    const found = /^(\d+)\.(\d+)$/.exec(pair)
    return found ? [{ layer: Number(found[1]), head: Number(found[2]) }] : []
  })
}

export class Looking {
  inspection = $state.raw<Inspection | null>(null)
  problem = $state('')
  busy = $state(false)
  #size: () => Size | null

  /** To be made while a component is set up. `asked`: the address and the sequence; null asks for nothing. */
  constructor(size: () => Size | null, asked: () => { path: string; body: object } | null) {
    this.#size = size
    const key = $derived.by(() => {
      const [now, all] = [asked(), size()]
      return now && all && JSON.stringify([now.path, { ...now.body, ablate: this.ablate, layer: byLayer(all) ? this.layer : null }])
    })
    $effect(() => {
      if (!key) return
      const [path, body] = JSON.parse(key) as [string, Plain]
      const stop = new AbortController()
      const timer = setTimeout(() => {
        this.busy = true
        look(path, body, stop.signal)
          .then((answer) => { this.inspection = answer; this.problem = '' }, (error: Error) => { if (!stop.signal.aborted) this.problem = error.message })
          .finally(() => { if (!stop.signal.aborted) this.busy = false })
      }, alone ? 0 : 120)
      return () => { clearTimeout(timer); stop.abort() }
    })
  }

  get layer(): number {
    return Math.min(Number(address.query.layer) || 0, (this.#size()?.layers ?? 1) - 1)
  }

  get head(): number {
    return Math.min(Number(address.query.head) || 0, (this.#size()?.heads ?? 1) - 1)
  }

  get ablate(): Head[] {
    const size = this.#size()
    return readHeads(address.query.without).filter((one) => !size || (one.layer < size.layers && one.head < size.heads))
  }

  isOff(one: Head): boolean {
    return this.ablate.some((other) => other.layer === one.layer && other.head === one.head)
  }

  /** Switch a head off, or on again. */
  toggle(one: Head): void {
    const next = this.isOff(one) ? this.ablate.filter((other) => other.layer !== one.layer || other.head !== one.head) : [...this.ablate, one]
    address.set({ without: next.map((other) => `${other.layer}.${other.head}`).join(',') })
  }

  choose(one: Head): void {
    address.set({ layer: one.layer || null, head: one.head || null })
  }
}
