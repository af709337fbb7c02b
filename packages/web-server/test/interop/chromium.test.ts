import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumOptions, chromiumPath } from '../../../../scripts/chromium.mjs'
import { eventStream, type Handler, serve, type WebServer } from '../../src/index.js'
import { websocket } from '../../src/websocket.js'
import { application } from '../conformance/application.js'

const PAGE = `<!doctype html><meta charset="utf-8"><title>Plainwire</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script><p id="said">nothing</p>`

const FILES: Record<string, [type: string, content: string]> = {
  '/page': ['text/html; charset=utf-8', PAGE],
  '/style.css': ['text/css', 'p { color: rgb(1, 2, 3) }'],
  '/script.js': ['text/javascript', 'document.querySelector("#said").textContent = "spoken"'],
}

const handler: Handler = (request, response) => {
  const file = FILES[request.path]
  if (file !== undefined) {
    response.setField('Content-Type', file[0]).end(file[1])
    return
  }
  if (request.path !== '/events') return application(request, response)
  const events = eventStream(response)
  let count = 0
  const beat = setInterval(() => events.send({ data: `beat ${++count}`, id: String(count) }), 5)
  response.onFinish(() => clearInterval(beat))
}

describe.skipIf(!chromiumPath)('chromium as client', { timeout: 30_000 }, () => {
  let server: WebServer
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    server = await serve({
      port: 0,
      handler,
      upgrade: websocket(
        { message: (socket, data) => void socket.send(data) },
        { path: '/socket', protocols: ['echo'] },
      ),
      onError: () => {},
    })
    browser = await chromium.launch(chromiumOptions())
    page = await browser.newPage()
    await page.goto(`${server.url}/page`)
  }, 30_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close({ timeout: 1 })
  })

  it('shows a page with its style and script', async () => {
    await page.waitForFunction('document.querySelector("#said").textContent === "spoken"')
    expect(await page.title()).toBe('Plainwire')
    expect(await page.evaluate('getComputedStyle(document.querySelector("p")).color')).toBe('rgb(1, 2, 3)')
  })

  it('fetches text, a stream, a megabyte, and an error', async () => {
    const seen = await page.evaluate(`(async () => {
      const text = await (await fetch('/stream')).text()
      const size = (await (await fetch('/large')).arrayBuffer()).byteLength
      const { status } = await fetch('/error?x')
      return [text, size, status]
    })()`)
    expect(seen).toEqual(['one two', 1 << 20, 404])
  })

  it('posts JSON and forms', async () => {
    const seen = (await page.evaluate(`(async () => {
      const json = await (await fetch('/echo', { method: 'POST', body: JSON.stringify({ a: 'é' }) })).json()
      const form = await (await fetch('/echo', { method: 'POST', body: new URLSearchParams({ a: '1 2' }) })).json()
      return [json.content.length, form.content]
    })()`)) as unknown[]
    expect(seen).toEqual(['{"a":"é"}'.length + 1, 'a=1+2'])
  })

  it('sends a hundred requests at a time', async () => {
    const seen = await page.evaluate(`Promise.all(Array.from({ length: 100 }, async (_, index) =>
      (await (await fetch('/echo?' + index)).json()).query === String(index))).then((all) => all.every(Boolean))`)
    expect(seen).toBe(true)
  })

  it('hears server-sent events, and the server notices when it stops listening', async () => {
    const seen = await page.evaluate(`new Promise((resolve) => {
      const source = new EventSource('/events'), heard = []
      source.onmessage = ({ data, lastEventId }) => { if (heard.push(data + ' ' + lastEventId) === 3) { source.close(); resolve(heard) } }
    })`)
    expect(seen).toEqual(['beat 1 1', 'beat 2 2', 'beat 3 3'])
  })

  it('talks over a WebSocket, from a page of this server', async () => {
    const seen = await page.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket', ['echo']), heard = [socket]
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => { socket.send('é'); socket.send(new Uint8Array([0, 255])) }
      socket.onmessage = ({ data }) => { heard.push(typeof data === 'string' ? data : new Uint8Array(data)[1]); if (heard.length === 3) socket.close(4000, 'bye') }
      socket.onclose = ({ code, reason, wasClean }) => resolve([socket.protocol, heard[1], heard[2], code, reason, wasClean])
    })`)
    expect(seen).toEqual(['echo', 'é', 255, 4000, 'bye', true])
  })

  it('opens no WebSocket from a page of another origin', async () => {
    const other = await serve({ port: 0, handler })
    try {
      const stranger = await browser.newPage()
      await stranger.goto(`${other.url}/page`)
      const seen = await stranger.evaluate(`new Promise((resolve) => {
        const socket = new WebSocket('ws://127.0.0.1:${server.port}/socket', ['echo'])
        socket.onopen = () => resolve('open')
        socket.onclose = ({ code }) => resolve(code)
      })`)
      expect(seen).toBe(1006)
      await stranger.close()
    } finally {
      await other.close({ timeout: 1 })
    }
  })
})
