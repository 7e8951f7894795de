/** Files for the reader: figures as SVG and PNG, tables as CSV and JSON. */

import { colour } from './colours'
import type { Cell } from './shapes'

export function save(name: string, content: string | Blob, type = 'text/plain'): void {
  const blob = content instanceof Blob ? content : new Blob([content], { type })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export function csv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n'
}

function field(value: Cell): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The SVG as a file of its own: in the colours that the page shows now, on its background. */
export function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const box = svg.viewBox.baseVal
  const width = box?.width || svg.clientWidth
  const height = box?.height || svg.clientHeight
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  resolve(svg, copy)
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  for (const [name, value] of Object.entries({ x: box?.x ?? 0, y: box?.y ?? 0, width, height, fill: colour('paper') })) {
    ground.setAttribute(name, String(value))
  }
  copy.prepend(ground)
  return new XMLSerializer().serializeToString(copy)
}

const PAINT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'fill-opacity', 'stroke-opacity', 'font-size', 'font-family', 'font-weight', 'text-anchor', 'display']

/** Write what style sheets and variables say into the copy, which will have neither. */
function resolve(shown: Element, copy: Element): void {
  const style = getComputedStyle(shown)
  if (copy instanceof SVGElement) for (const name of PAINT) copy.style.setProperty(name, style.getPropertyValue(name))
  copy.removeAttribute('class')
  for (let place = 0; place < shown.children.length; place++) {
    const [from, to] = [shown.children[place], copy.children[place]]
    if (from && to) resolve(from, to)
  }
}

export async function png(svg: string, scale = 2): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.width * scale
  canvas.height = image.height * scale
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no image'))), 'image/png'))
}

/** An SVG that came as text, without anything that could run or reach out, and without styles of its own. */
export function harmless(source: string): SVGSVGElement | null {
  const root = new DOMParser().parseFromString(source, 'image/svg+xml').documentElement
  if (root.localName !== 'svg') return null
  for (const element of [root, ...root.querySelectorAll('*')]) {
    if (['script', 'foreignObject', 'style', 'iframe', 'image', 'a', 'animate', 'set'].includes(element.localName)) element.remove()
    for (const { name, value } of [...element.attributes]) {
      const outward = /href$/i.test(name) && !value.startsWith('#')
      if (/^on/i.test(name) || outward || /url\((?!\s*['"]?#)/i.test(value)) element.removeAttribute(name)
    }
  }
  return document.importNode(root, true) as unknown as SVGSVGElement
}
