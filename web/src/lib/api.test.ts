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
