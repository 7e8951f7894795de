/** What is on its way at this moment: running runs and jobs, as the server tells of them, or a notebook's kernel when asked. */

import { alone, bundle, get, post, putAway } from './api'
import { whenIdle } from './later'
import type { Job, RunSummary } from './shapes'

/** How often jobs that are on their way are asked for where nobody tells of them. */
const AGAIN_MS = 1000

class Live {
  runs = $state.raw<ReadonlyMap<string, RunSummary>>(new Map())
  jobs = $state.raw<readonly Job[]>([])
  /** False while there is no connection, after there was one. */
  connected = $state(true)
  #following = false

  constructor() {
    if (bundle?.live) whenIdle(() => this.follow())
    else if (!alone && typeof EventSource !== 'undefined') whenIdle(() => this.#listen())
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

  /** In a notebook: ask for the jobs until the kernel has answered that none is on its way. */
  async follow(): Promise<void> {
    if (!bundle?.live || this.#following) return
    this.#following = true
    do {
      try {
        this.jobs = (await get<{ jobs: Job[] }>('/api/jobs')).jobs
        this.connected = true
      } catch {
        this.connected = false
      }
      await new Promise((done) => setTimeout(done, AGAIN_MS))
    } while (!this.connected || this.active.length)
    this.#following = false
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

export async function startJob(request: object): Promise<Job> {
  const job = await post<Job>('/api/jobs', request)
  putAway()
  live.jobs = [job, ...live.jobs.filter(({ id }) => id !== job.id)]
  void live.follow()
  return job
}

export function stopJob(id: string): Promise<Job> {
  return post<Job>(`/api/jobs/${id}/stop`)
}
