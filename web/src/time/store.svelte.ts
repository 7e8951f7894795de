/** The film of one specification at all checkpoints: what is stored, what is being computed, what was asked for. */

import { bundle, get, post, query, runPath } from '../lib/api'
import { live } from '../lib/live.svelte'
import { Resource } from '../lib/resource.svelte'
import type { Film, Job, Moment } from '../lib/shapes'

export interface Wanted { run: string; split: string; index: number }

export class FilmStore {
  film: Resource<Film>
  problem = $state('')
  #asked = $state.raw<ReadonlyMap<number, Moment>>(new Map())
  #job = $state<string | null>(null)
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
      this.#job = null
      this.#under.clear()
      this.problem = ''
    })
    let started = ''
    $effect(() => {
      const [film, now] = [this.film.value, wanted()]
      if (bundle || !film || !now || !film.missing.length || !mayCompute() || started === key || film.specification.index !== now.index) return
      started = key
      post<Job>('/api/jobs', { kind: 'film', ...now }).then((job) => (this.#job = job.id), (error: Error) => (this.problem = error.message))
    })
    let seen = -1
    $effect(() => {
      const job = this.job
      if (!job || job.done === seen) return
      seen = job.state === 'running' ? job.done : -1
      this.film.refresh()
      if (job.state === 'done' || job.state === 'failed' || job.state === 'stopped') this.#job = null
    })
  }

  get job(): Job | undefined {
    return live.job(this.#job)
  }

  get moments(): ReadonlyMap<number, Moment> {
    const found = new Map(this.#asked)
    for (const moment of this.film.value?.moments ?? []) found.set(moment.step, moment)
    return found
  }

  /** Have one moment computed, unless it is there or on its way. */
  async ask(step: number): Promise<void> {
    const now = this.#wanted()
    if (bundle || !now || this.moments.has(step) || this.#under.has(step)) return
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
