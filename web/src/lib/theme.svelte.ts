/** Light, dark, or as the system has it, or what is around the page; the choice is kept in this browser. */

const KEY = 'ontogeny-theme'
export type Choice = 'auto' | 'light' | 'dark'

class Theme {
  choice = $state<Choice>(kept())
  /** Grows with every change, so that canvases know to draw again. */
  changes = $state(0)

  constructor() {
    this.#apply()
    matchMedia?.('(prefers-color-scheme: dark)').addEventListener('change', () => (this.changes += 1))
  }

  next(): void {
    this.choice = this.choice === 'auto' ? 'light' : this.choice === 'light' ? 'dark' : 'auto'
    try {
      localStorage.setItem(KEY, this.choice)
    } catch {
      // Nothing is kept where nothing can be.
    }
    this.#apply()
    this.changes += 1
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.choice
  }
}

function kept(): Choice {
  const given = document.documentElement.dataset.theme // a notebook's, where nothing can be kept
  try {
    return known(localStorage.getItem(KEY) ?? given)
  } catch {
    return known(given)
  }
}

function known(text: string | undefined): Choice {
  return text === 'light' || text === 'dark' ? text : 'auto'
}

export const theme = new Theme()
