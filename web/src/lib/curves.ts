/** Curves as data, and as an SVG file; what is on the screen is drawn by uPlot. */

import { DASHES, SERIES, colour } from './colours'
import { number } from './words'

export interface Curve {
  label: string
  x: readonly number[]
  y: readonly (number | null)[]
  /** Number of its colour and of its dash. */
  paint: number
  dash?: number
  /** One seed among several: thin, and not in the legend. */
  thin?: boolean
}

export function paintOf(curve: Curve): string {
  return colour(SERIES[curve.paint % SERIES.length] ?? 'ink')
}

export function dashOf(curve: Curve): number[] {
  return DASHES[(curve.dash ?? 0) % DASHES.length] ?? []
}

const escaped = (text: string) => text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The curves as an SVG file, in the colours that the page has now. */
export function curvesSvg(curves: readonly Curve[], title: string, xLabel: string, yLabel: string): string {
  const [width, height, left, top, right, bottom] = [860, 420, 64, 44, 190, 46]
  const xs = curves.flatMap((curve) => [...curve.x])
  const ys = curves.flatMap((curve) => curve.y.filter((value): value is number => value !== null))
  const [x0, x1] = range(xs)
  const [y0, y1] = range(ys)
  const px = (x: number) => left + ((x - x0) / (x1 - x0)) * (width - left - right)
  const py = (y: number) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom)
  const [ink, quiet, grid, paper] = ['ink', 'quiet', 'grid', 'paper'].map(colour)
  const parts: string[] = []
  for (const tick of ticks(y0, y1)) parts.push(`<path d="M${left} ${py(tick)}H${width - right}" stroke="${grid}"/><text x="${left - 8}" y="${py(tick) + 4}" text-anchor="end" fill="${quiet}">${number(tick, 2)}</text>`)
  for (const tick of ticks(x0, x1)) parts.push(`<text x="${px(tick)}" y="${height - bottom + 18}" text-anchor="middle" fill="${quiet}">${number(tick, 2)}</text>`)
  for (const curve of curves) {
    let pen = 'M'
    const path = curve.x.map((x, place) => {
      const y = curve.y[place]
      if (y === null || y === undefined) { pen = 'M'; return '' }
      const step = `${pen}${px(x).toFixed(1)} ${py(y).toFixed(1)}`
      pen = 'L'
      return step
    }).join('')
    parts.push(`<path d="${path}" fill="none" stroke="${paintOf(curve)}" stroke-width="${curve.thin ? 1 : 2}" stroke-opacity="${curve.thin ? 0.4 : 1}" stroke-dasharray="${dashOf(curve).join(' ')}"/>`)
  }
  curves.filter((curve) => !curve.thin).forEach((curve, place) => {
    const y = top + 8 + place * 19
    parts.push(`<path d="M${width - right + 12} ${y}h24" stroke="${paintOf(curve)}" stroke-width="2.5" stroke-dasharray="${dashOf(curve).join(' ')}"/><text x="${width - right + 42}" y="${y + 4}" fill="${ink}">${escaped(curve.label)}</text>`)
  })
  parts.push(`<text x="${left}" y="20" font-size="15" font-weight="600" fill="${ink}">${escaped(title)}</text>`)
  parts.push(`<text x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle" fill="${quiet}">${escaped(xLabel)}</text><text x="8" y="${top - 8}" fill="${quiet}">${escaped(yLabel)}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="${paper}"/>${parts.join('')}</svg>`
}

function range(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  if (!(low <= high)) return [0, 1]
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 6
  const base = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((factor) => factor * base).find((one) => one >= raw) ?? raw
  const found: number[] = []
  for (let tick = Math.ceil(low / step); tick * step <= high + step * 1e-9; tick++) found.push(Number((tick * step).toPrecision(8)))
  return found
}
