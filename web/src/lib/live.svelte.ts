/** What is on its way at this moment: running runs and jobs, as the server tells of them. */

import { bundle, post } from './api'
import { whenIdle } from './later'
import type { Job, RunSummary } from './shapes'

class Live {
  runs = $state.raw<ReadonlyMap<string, RunSummary>>(new Map())
  jobs = $state.raw<readonly Job[]>([])
  /** False while there is no connection, after there was one. */
  connected = $state(true)

  constructor() {
    if (!bundle && typeof EventSource !== 'undefined') whenIdle(() => this.#listen())
  }

  #listen(): void {
    const source = new EventSource('/api/events')
    source.addEventListener('live', (event) => {
      const told = JSON.parse((event as MessageEvent<string>).data) as { runs: RunSummary[]; jobs: Job[] }
      this.connected = true
      this.jobs = told.jobs
      if (told.runs.length) this.runs = new Map([...this.runs, ...told.runs.map((run) => [run.id, run] as const)])
    })
    source.addEventListener('open', () => (this.connected = true))
    source.addEventListener('error', () => (this.connected = false))
  }

  get active(): Job[] {
    return this.jobs.filter((job) => job.state === 'running' || job.state === 'waiting' || job.state === 'stopping')
  }

  get running(): RunSummary[] {
    return [...this.runs.values()].filter((run) => run.status === 'running')
  }

  job(id: string | null): Job | undefined {
    return this.jobs.find((job) => job.id === id)
  }
}

export const live = new Live()

export function stopJob(id: string): Promise<Job> {
  return post<Job>(`/api/jobs/${id}/stop`)
}
