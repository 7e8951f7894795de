import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { whenIdle, whenNear } from './later'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('what can wait happens later, or not at all once it is called off', () => {
  const [one, other] = [vi.fn(), vi.fn()]
  whenIdle(one)
  whenIdle(other)()
  expect(one).not.toHaveBeenCalled()
  vi.advanceTimersByTime(3000)
  expect(one).toHaveBeenCalledOnce()
  expect(other).not.toHaveBeenCalled()
})

test('what is far below the screen happens once one comes near it', () => {
  let seen: (entries: { isIntersecting: boolean }[]) => void = () => {}
  const watch = { observe: vi.fn(), disconnect: vi.fn() }
  vi.stubGlobal('IntersectionObserver', function (told: typeof seen) { seen = told; return watch })
  const act = vi.fn()
  whenNear(document.body, act)
  seen([{ isIntersecting: false }])
  expect(act).not.toHaveBeenCalled()
  seen([{ isIntersecting: true }])
  expect(act).toHaveBeenCalledOnce()
  expect(watch.disconnect).toHaveBeenCalled()
})
