/** Requests from a notebook's cell: what is around the page's frame passes them on to the kernel, and the answers back. */

/** After this long nobody is expected to answer any more. */
const PATIENCE_MS = 60_000

interface Answer { number: number; status: number; text: string }

/** As `fetch`, for a path of the API and a body that is text. */
export function relayed(path: string, { method = 'GET', body = null, signal }: RequestInit): Promise<Response> {
  // At random: the answer to a page that stood here before must not be taken for one of its own.
  const number = Math.random()
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const end = new AbortController()
    const fail = (error: unknown) => { end.abort(); reject(error) }
    const timer = setTimeout(() => fail(new Error('no answer')), PATIENCE_MS)
    end.signal.addEventListener('abort', () => clearTimeout(timer))
    addEventListener('message', ({ source, data }: MessageEvent<Answer>) => {
      if (source !== parent || data.number !== number) return
      end.abort()
      resolve(new Response(data.text || null, { status: data.status }))
    }, { signal: end.signal })
    signal?.addEventListener('abort', () => fail(signal.reason), { signal: end.signal })
    parent.postMessage({ number, method, path, body }, '*')
  })
}
