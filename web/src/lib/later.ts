/** Work that can wait until the page stands. */

/** Once the browser has nothing else to do, at the latest after two seconds; gives what calls it off. */
export function whenIdle(act: () => void): () => void {
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(act, 200)
    return () => clearTimeout(timer)
  }
  const turn = requestIdleCallback(act, { timeout: 2000 })
  return () => cancelIdleCallback(turn)
}

/** Once the element is on the screen or near it; gives what calls it off. */
export function whenNear(element: Element, act: () => void): () => void {
  if (typeof IntersectionObserver === 'undefined') {
    act()
    return () => {}
  }
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return
    watch.disconnect()
    act()
  }, { rootMargin: '500px' })
  watch.observe(element)
  return () => watch.disconnect()
}
