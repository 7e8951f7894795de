/** Which run a page is about: the one in the address, or the newest that can do it. */

import { address } from './address.svelte'
import { alone, bundle, runPath } from './api'
import { Resource } from './resource.svelte'
import type { RunSummary } from './shapes'

/** Runs with checkpoints that can do what is wanted. In a report, those that it carries. */
export class RunChoice {
  #list: Resource<{ runs: RunSummary[] }> | null
  #able: (run: RunSummary) => boolean
  #sooner: (run: RunSummary) => boolean

  /** Where nothing is chosen, a run that is `sooner` comes before others. */
  constructor(able: (run: RunSummary) => boolean, sooner: (run: RunSummary) => boolean = () => true) {
    this.#able = able
    this.#sooner = sooner
    this.#list = alone ? null : new Resource(() => '/api/runs?limit=1000')
  }

  get runs(): RunSummary[] {
    if (bundle && alone) return bundle.films.map((id) => bundle?.responses[runPath(id)] as RunSummary)
    return (this.#list?.value?.runs ?? []).filter((run) => run.checkpoints > 0 && run.status !== 'damaged' && this.#able(run))
  }

  /** Whether there are runs with checkpoints, though none of them can do what is wanted. */
  get others(): boolean {
    return !alone && !this.runs.length && (this.#list?.value?.runs ?? []).some((run) => run.checkpoints > 0)
  }

  get ready(): boolean {
    return !this.#list || this.#list.value !== null
  }

  get problem(): string | null {
    return this.#list?.problem ?? null
  }

  get id(): string | null {
    if (address.query.run) return address.query.run
    if (alone) return bundle?.films[0] ?? null
    return [...this.runs].sort((one, other) => this.#rank(other) - this.#rank(one))[0]?.id ?? null
  }

  /** In a notebook, what the study carries or rests on comes first; then what is wanted sooner, what is done, what is newer. */
  #rank(run: RunSummary): number {
    const marks = [bundle?.films.includes(run.id), run.used_by.some(({ study }) => study === bundle?.study), this.#sooner(run), run.status === 'done']
    return marks.reduce((rank, mark) => 2 * rank + (mark ? 1 : 0), 0)
  }
}

export function runLabel(run: RunSummary): string {
  const use = run.used_by[0]
  const where = use ? `${use.study.replaceAll('_', ' ')}, ${use.preset}, ${use.arm.replaceAll('_', ' ')}, seed ${use.seed}` : `seed ${run.seed ?? '?'}`
  return `${where} · ${run.name}/${run.hash.slice(0, 6)}${run.status === 'done' ? '' : ` (${run.status})`}`
}
