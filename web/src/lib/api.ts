/** How answers are got: from the server, or from what a report carries with it. */

export class Problem extends Error {
  constructor(message: string, readonly status = 0) {
    super(message)
  }
}

export interface Bundle { kind: 'ontogeny-bundle'; version: number; study: string; preset: string; films: string[]; responses: Record<string, unknown> }

const OFFLINE = 'This file holds one study and no server. Open it with “ontogeny explore” to go further.'

/** The answers that came with the page; null where there is a server. */
export const bundle: Bundle | null = readBundle()

function readBundle(): Bundle | null {
  const element = document.getElementById('ontogeny-bundle')
  return element ? (JSON.parse(element.textContent ?? 'null') as Bundle) : null
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  if (bundle) return carried(path) as T
  return (await (await ask(path, { signal })).json()) as T
}

export async function text(path: string, signal?: AbortSignal): Promise<string> {
  if (bundle) return carried(path) as string
  return (await ask(path, { signal })).text()
}

export async function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  if (bundle) throw new Problem(OFFLINE)
  const headers = { 'Content-Type': 'application/json' }
  return (await (await ask(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).json()) as T
}

function carried(path: string): unknown {
  // What is carried of a look holds all layers.
  const found = bundle?.responses[path] ?? bundle?.responses[path.replace(/&layer=\d+$/, '')]
  if (found === undefined) throw new Problem(OFFLINE, 404)
  return found
}

/** The values of a number in the address for which answers are there, in order: of `known`, all where there is a server. */
export function offered(path: string, name: string, known: readonly number[]): number[] {
  if (!bundle) return [...known]
  const there = new Set(Object.keys(bundle.responses).filter((one) => one.startsWith(`${path}?`)).map((one) => new URLSearchParams(one.slice(path.length)).get(name)))
  return known.filter((value) => there.has(String(value)))
}

/** How many samples, from 0 on, there are answers for. */
export function samples(path: string, all: number): number {
  return bundle ? Math.max(1, offered(path, 'index', Array.from({ length: 64 }, (_, index) => index)).length) : all
}

async function ask(path: string, how: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, how)
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw new Problem('The server does not answer. Is “ontogeny explore” still running?')
  }
  if (!response.ok) throw new Problem(await complaint(response), response.status)
  return response
}

async function complaint(response: Response): Promise<string> {
  try {
    const { message } = (await response.json()) as { message?: string }
    if (message) return message
  } catch {
    // Not an answer of our own: say what the status says.
  }
  return `The server answered ${response.status} ${response.statusText}.`
}

/** The path of a run's answers. */
export function runPath(id: string, rest = ''): string {
  const cut = id.lastIndexOf('/')
  return `/api/runs/${encodeURIComponent(id.slice(0, cut))}/${encodeURIComponent(id.slice(cut + 1))}${rest}`
}

/** A path with a query, leaving out what is empty. A list gives the name once for each. */
export function query(path: string, values: Record<string, string | number | null | undefined | readonly (string | number)[]>): string {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter((one) => one !== null && one !== undefined && one !== '')
      .map((one) => `${name}=${encodeURIComponent(String(one)).replaceAll('%2F', '/').replaceAll('%3A', ':')}`),
  )
  return parts.length ? `${path}?${parts.join('&')}` : path
}
