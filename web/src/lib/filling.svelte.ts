/** A job that makes what an answer lacks: started once for each answer, which is asked for again as the job goes on. */

import { alone } from './api'
import { live, startJob } from './live.svelte'
import type { Job } from './shapes'

export class Filling {
  problem = $state('')
  #job = $state<string | null>(null)

  /** To be made while a component is set up. `lacking`: what to ask of the server; null where nothing is lacking. */
  constructor(lacking: () => object | null, refresh: () => void) {
    let started = ''
    $effect(() => {
      const request = lacking()
      const key = request && JSON.stringify(request)
      if (alone || !key || started === key) return
      started = key
      this.problem = ''
      startJob(request).then((job) => (this.#job = job.id), (error: Error) => (this.problem = error.message))
    })
    let seen = -1
    $effect(() => {
      const job = this.job
      if (!job || job.done === seen) return
      seen = job.state === 'running' ? job.done : -1
      refresh()
      if (job.state === 'done' || job.state === 'failed' || job.state === 'stopped') this.#job = null
    })
  }

  /** While it is under way. */
  get job(): Job | undefined {
    return live.job(this.#job)
  }
}
