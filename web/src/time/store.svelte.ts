/** The film of one specification at all checkpoints: what is stored, what is being computed, what was asked for. */

import { alone, get, query, runPath } from '../lib/api'
import { Filling } from '../lib/filling.svelte'
import { Resource } from '../lib/resource.svelte'
import type { Film, Moment } from '../lib/shapes'

export interface Wanted { run: string; split: string; index: number }

export class FilmStore {
  film: Resource<Film>
  filling: Filling
  problem = $state('')
  #asked = $state.raw<ReadonlyMap<number, Moment>>(new Map())
  #under = new Set<number>()
  #wanted: () => Wanted | null

  /** To be made while a component is set up. */
  constructor(wanted: () => Wanted | null, mayCompute: () => boolean) {
    this.#wanted = wanted
    const key = $derived.by(() => JSON.stringify(wanted()))
    this.film = new Resource<Film>(() => {
      const now = JSON.parse(key) as Wanted | null
      return now && query(runPath(now.run, '/karel/film'), { split: now.split, index: now.index })
    })
    $effect(() => {
      void key
      this.#asked = new Map()
      this.#under.clear()
      this.problem = ''
    })
    this.filling = new Filling(
      () => {
        const [film, now] = [this.film.value, wanted()]
        return film?.missing.length && now && mayCompute() && film.specification.index === now.index ? { kind: 'film', ...now } : null
      },
      () => this.film.refresh(),
    )
  }

  get moments(): ReadonlyMap<number, Moment> {
    const found = new Map(this.#asked)
    for (const moment of this.film.value?.moments ?? []) found.set(moment.step, moment)
    return found
  }

  /** Have one moment computed, unless it is there or on its way. */
  async ask(step: number): Promise<void> {
    const now = this.#wanted()
    if (alone || !now || this.moments.has(step) || this.#under.has(step)) return
    this.#under.add(step)
    try {
      const moment = await get<Moment>(query(runPath(now.run, '/karel/moment'), { ...without(now), step }))
      if (JSON.stringify(now) === JSON.stringify(this.#wanted())) this.#asked = new Map([...this.#asked, [step, moment]])
      this.problem = ''
    } catch (error) {
      this.problem = (error as Error).message
    } finally {
      this.#under.delete(step)
    }
  }
}

function without({ split, index }: Wanted): { split: string; index: number } {
  return { split, index }
}
