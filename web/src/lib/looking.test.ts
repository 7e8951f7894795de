import { expect, test } from 'vitest'
import { byLayer, readHeads } from './looking.svelte'

test('heads come out of the address; what is none is left out', () => {
  expect(readHeads('0.1,2.13')).toEqual([{ layer: 0, head: 1 }, { layer: 2, head: 13 }])
  expect(readHeads('1,a.b,-1.0,3.2,')).toEqual([{ layer: 3, head: 2 }])
  expect(readHeads(undefined)).toEqual([])
})

test('small models are shown whole, large ones a layer at a time', () => {
  expect([byLayer({ layers: 2, heads: 8 }), byLayer({ layers: 12, heads: 4 }), byLayer({ layers: 12, heads: 12 }), byLayer({ layers: 32, heads: 2 })]).toEqual([false, false, true, true])
})
