/** An answer that follows its address: loading, there, or a problem. */

import { get } from './api'

export class Resource<T> {
  value = $state.raw<T | null>(null)
  problem = $state<string | null>(null)
  loading = $state(false)
  #address: () => string | null
  #again = $state(0)

  /** To be made while a component is set up. A null address asks for nothing. */
  constructor(address: () => string | null) {
    this.#address = address
    $effect(() => {
      void this.#again
      const path = this.#address()
      if (path === null) {
        this.value = null
        this.loading = false
        return
      }
      const stop = new AbortController()
      this.loading = true
      get<T>(path, stop.signal).then(
        (answer) => {
          if (stop.signal.aborted) return
          this.value = answer
          this.problem = null
          this.loading = false
        },
        (error: Error) => {
          if (stop.signal.aborted) return
          this.value = null
          this.problem = error.message
          this.loading = false
        },
      )
      return () => stop.abort()
    })
  }

  /** Ask again; what is shown stays until the answer is there. */
  refresh(): void {
    this.#again += 1
  }
}
