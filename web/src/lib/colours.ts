/** The page's colours as numbers, for canvases and files, which know no CSS variables. */

let probe: HTMLElement | null = null

/** The colour that a variable has at this moment, as `rgb(...)`. */
export function colour(name: string): string {
  if (!probe) {
    probe = document.createElement('span')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.style.color = `var(--${name})`
  return getComputedStyle(probe).color || '#000'
}

export function rgb(text: string): [number, number, number] {
  const parts = (text.match(/[\d.]+/g) ?? ['0', '0', '0']).map(Number)
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0]
}

/** Between two colours, `share` from 0 to 1. */
export function mixed(from: string, to: string, share: number): string {
  const [a, b] = [rgb(from), rgb(to)]
  const at = Math.min(1, Math.max(0, share))
  return `rgb(${a.map((part, place) => Math.round(part + at * ((b[place] ?? 0) - part))).join(',')})`
}

export const SERIES = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6']
export const DASHES: number[][] = [[], [9, 4], [3, 3], [10, 3, 3, 3], [6, 3], [12, 3, 5, 3]]
