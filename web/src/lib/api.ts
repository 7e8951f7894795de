/** How answers are got: from the server, from what a report carries with it, or from the kernel of a notebook. */

import { relayed } from './relay'

export class Problem extends Error {
  constructor(message: string, readonly status = 0) {
    super(message)
  }
}

/** `live`: in a notebook, where what is not carried can be asked for. */
export interface Bundle { kind: 'ontogeny-bundle'; version: number; study: string; preset: string; films: string[]; live?: boolean; responses: Record<string, unknown> }

const OFFLINE = 'This file holds one study and no server. Open it with “ontogeny explore” to go further.'
const NO_SERVER = 'The server does not answer. Is “ontogeny explore” still running?'
const NO_KERNEL = 'The notebook’s kernel does not answer: it has stopped, or is busy with a cell. When it is free, try again, or run this cell again.'

/** The answers that came with the page; null where there is a server. */
export const bundle: Bundle | null = readBundle()

/** Whether the page has nothing but what it carries. */
export const alone = bundle !== null && !bundle.live

function readBundle(): Bundle | null {
  const element = document.getElementById('ontogeny-bundle')
  return element ? (JSON.parse(element.textContent ?? 'null') as Bundle) : null
}

/** What is carried may be old from now on: where it can be asked for, it is. */
export function putAway(): void {
  if (bundle?.live) bundle.responses = {}
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (carried(path) ?? (await (await ask(path, { signal })).json())) as T
}

export async function text(path: string, signal?: AbortSignal): Promise<string> {
  return (carried(path) ?? (await (await ask(path, { signal })).text())) as string
}

export async function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  const headers = { 'Content-Type': 'application/json' }
  return (await (await ask(path, { method: 'POST', headers, body: JSON.stringify(body), signal })).json()) as T
}

function carried(path: string): unknown {
  // What is carried of a look holds all layers.
  return bundle?.responses[path] ?? bundle?.responses[path.replace(/&layer=\d+$/, '')]
}

/** The values of a number in the address for which answers are there, in order: of `known`, all where they can be asked for. */
export function offered(path: string, name: string, known: readonly number[]): number[] {
  if (!alone) return [...known]
  const there = new Set(Object.keys(bundle?.responses ?? {}).filter((one) => one.startsWith(`${path}?`)).map((one) => new URLSearchParams(one.slice(path.length)).get(name)))
  return known.filter((value) => there.has(String(value)))
}

/** How many samples, from 0 on, there are answers for. */
export function samples(path: string, all: number): number {
  return alone ? Math.max(1, offered(path, 'index', Array.from({ length: 64 }, (_, index) => index)).length) : all
}

async function ask(path: string, how: RequestInit): Promise<Response> {
  if (alone) throw new Problem(OFFLINE)
  let response: Response
  try {
    response = await (bundle ? relayed : fetch)(path, how)
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error
    throw new Problem(bundle ? NO_KERNEL : NO_SERVER)
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
