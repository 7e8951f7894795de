/** The address holds the whole view: `#/study/emergent_semantics?preset=laptop`. */

export type Query = Record<string, string>

class Address {
  path = $state.raw<string[]>([])
  query = $state.raw<Query>({})

  constructor() {
    this.read(location.hash)
    addEventListener('hashchange', () => this.read(location.hash))
  }

  read(hash: string): void {
    const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
    this.path = path.split('/').filter(Boolean).map(plain)
    this.query = Object.fromEntries(new URLSearchParams(query))
  }

  /** Go to another view: a new entry of the history. */
  go(hash: string): void {
    try {
      location.hash = hash
    } catch {
      // A frame without an address of its own keeps the view in memory.
    }
    this.read(hash)
  }

  /** Change parts of the view in place; null or an empty text takes one away. */
  set(changes: Record<string, string | number | null>): void {
    const next: Query = { ...this.query }
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') delete next[name]
      else next[name] = String(value)
    }
    this.query = next
    try {
      history.replaceState(history.state, '', href(this.path, next))
    } catch {
      // As above.
    }
  }
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The link to a view. */
export function href(path: readonly string[], query: Query = {}): string {
  const search = new URLSearchParams(query).toString()
  return `#/${path.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`
}

export const address = new Address()
