/** One glossary for the whole page. */

import { get } from './api'
import { whenIdle } from './later'
import type { Term } from './shapes'

class Glossary {
  terms = $state.raw<readonly Term[]>([])
  #pattern: RegExp | null = null
  #known = new Map<string, Term>()

  constructor() {
    // Without a glossary the page says the same, only unexplained.
    whenIdle(() => get<{ terms: Term[] }>('/api/glossary').then(({ terms }) => this.learn(terms), () => {}))
  }

  learn(terms: readonly Term[]): void {
    this.#known = new Map(terms.flatMap((term) => [term.term, ...term.also].map((word) => [word.toLowerCase(), term] as const)))
    const words = [...this.#known.keys()].sort((a, b) => b.length - a.length)
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    this.#pattern = words.length ? new RegExp(`(?<![\\w-])(${escaped.join('|')})(s?)(?![\\w-])`, 'gi') : null
    this.terms = terms
  }

  find(word: string): Term | undefined {
    return this.terms.length ? this.#known.get(word.toLowerCase()) : undefined
  }

  /** The text in pieces; the first mention of each term carries it. */
  pieces(text: string): { text: string; term?: Term }[] {
    if (!this.terms.length || !this.#pattern) return [{ text }]
    const found: { text: string; term?: Term }[] = []
    const seen = new Set<Term>()
    let from = 0
    for (const match of text.matchAll(this.#pattern)) {
      const term = this.find(match[1] ?? '')
      if (!term || seen.has(term)) continue
      seen.add(term)
      found.push({ text: text.slice(from, match.index) }, { text: match[0], term })
      from = match.index + match[0].length
    }
    return [...found, { text: text.slice(from) }].filter((piece) => piece.text)
  }
}

export const glossary = new Glossary()
