// The page's frame in a notebook's cell, and the one way out of it: its requests to the kernel, the answers back to it.

function render({ model, el }) {
  const made = document.createElement('template') // in which nothing is loaded yet
  made.innerHTML = model.get('frame')
  const frame = made.content.firstElementChild
  const { jpThemeLight } = document.body.dataset // JupyterLab's own colours, which need not be the system's
  if (jpThemeLight) {
    frame.srcdoc = frame.srcdoc.replace('<html ', `<html data-theme="${jpThemeLight === 'true' ? 'light' : 'dark'}" `)
  }

  function ask({ source, data }) {
    if (source !== frame.contentWindow) return
    const { number, method, path, body } = data
    model.send({ number, method, path, body })
  }
  // The frame has no origin that could be named. Where a cell is shown twice, only one of the pages knows the number.
  function answer(message) {
    frame.contentWindow?.postMessage(message, '*')
  }
  addEventListener('message', ask)
  model.on('msg:custom', answer)
  el.replaceChildren(frame)
  return () => {
    removeEventListener('message', ask)
    model.off('msg:custom', answer)
  }
}

export default { render }
