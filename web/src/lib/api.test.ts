import { expect, test, vi } from 'vitest'
import { offered, query, runPath, samples } from './api'

test('a run is two segments of a path, whatever its name', () => {
  expect(runPath('karel/0123456789abcdef', '/karel')).toBe('/api/runs/karel/0123456789abcdef/karel')
  expect(runPath('</script><b>/00ff')).toBe('/api/runs/%3C%2Fscript%3E%3Cb%3E/00ff')
})

test('a query leaves out what is empty and repeats lists', () => {
  expect(query('/api/x', { a: null, b: '', c: 0, where: ['arm:main', 'seed:0'] })).toBe('/api/x?c=0&where=arm:main&where=seed:0')
  expect(query('/api/x', { a: undefined })).toBe('/api/x')
})

test('a report offers what it carries, and a look at one layer finds all of them', async () => {
  const path = '/api/runs/induction/00ff/inspect'
  const responses = { [`${path}?step=0&split=test&index=0`]: 'first', [`${path}?step=8&split=test&index=0`]: 'last', [`${path}?step=8&split=test&index=1`]: 'other' }
  document.body.innerHTML = `<script type="application/json" id="ontogeny-bundle">${JSON.stringify({ responses })}</script>`
  vi.resetModules()
  const { get, offered, samples } = await import('./api')
  expect(offered(path, 'step', [0, 4, 8])).toEqual([0, 8])
  expect(samples(path, 256)).toBe(2)
  expect(await get(`${path}?step=8&split=test&index=0&layer=1`)).toBe('last')
  await expect(get(`${path}?step=4&split=test&index=0`)).rejects.toThrow('no server')
  document.body.innerHTML = ''
})

test('a server offers everything', () => {
  expect(offered('/api/x', 'step', [0, 4])).toEqual([0, 4])
  expect(samples('/api/x', 256)).toBe(256)
})

/** The module as it is in a notebook's cell that carries this, and what it asks of the frame around it. */
async function inCell(responses: Record<string, unknown>) {
  document.body.innerHTML = `<script type="application/json" id="ontogeny-bundle">${JSON.stringify({ live: true, films: [], responses })}</script>`
  vi.restoreAllMocks()
  const asked = vi.spyOn(window.parent, 'postMessage').mockImplementation(() => {})
  vi.resetModules()
  const api = await import('./api')
  document.body.innerHTML = ''
  const answer = (told: object, source: Window | null = window.parent) => dispatchEvent(new MessageEvent('message', { source, data: told }))
  return { api, answer, asked: () => asked.mock.calls.map(([message]) => message as { number: number; method: string; path: string; body: string | null }) }
}

test('in a notebook, what is not carried is asked of the kernel', async () => {
  const { api, answer, asked } = await inCell({ '/api/x': 'carried' })
  expect(api.alone).toBe(false)
  expect(await api.get('/api/x')).toBe('carried')
  expect(asked()).toEqual([])
  expect(api.offered('/api/x', 'step', [0, 4])).toEqual([0, 4])

  const one = api.get('/api/y')
  const two = api.post('/api/z', { a: 1 })
  const [first, second] = asked()
  expect(first).toMatchObject({ method: 'GET', path: '/api/y', body: null })
  expect(second).toMatchObject({ method: 'POST', path: '/api/z', body: '{"a":1}' })
  answer({ number: second?.number, status: 202, text: '{"second":true}' })
  answer({ number: first?.number, status: 200, text: '{"forged":true}' }, null)
  answer({ number: -1, status: 200, text: '{"unknown":true}' })
  answer({ number: first?.number, status: 200, text: '{"first":true}' })
  answer({ number: first?.number, status: 200, text: '{"late":true}' })
  expect([await one, await two]).toEqual([{ first: true }, { second: true }])

  api.putAway()
  void api.get('/api/x').catch(() => {})
  expect(asked()).toHaveLength(3)
})

test('what the kernel refuses, and that it is gone, is said as always', async () => {
  const { api, answer, asked } = await inCell({})
  const refused = api.get('/api/x')
  answer({ number: asked()[0]?.number, status: 404, text: '{"status":404,"message":"unknown address"}' })
  await expect(refused).rejects.toThrow('unknown address')
  const nothing = api.text('/api/none')
  answer({ number: asked()[1]?.number, status: 204, text: '' })
  expect(await nothing).toBe('')

  const stop = new AbortController()
  const left = api.get('/api/x', stop.signal)
  stop.abort()
  await expect(left).rejects.toMatchObject({ name: 'AbortError' })
  await expect(api.get('/api/x', stop.signal)).rejects.toMatchObject({ name: 'AbortError' })

  vi.useFakeTimers()
  const gone = expect(api.get('/api/x')).rejects.toThrow('kernel does not answer')
  await vi.advanceTimersByTimeAsync(60_000)
  await gone
  vi.useRealTimers()
})
