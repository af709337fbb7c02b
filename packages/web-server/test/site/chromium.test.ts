/**
 * The pages in a real browser. With PLAINWIRE_SCREENSHOTS=1 the pictures in docs/images are made anew.
 */
import { mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumOptions, chromiumPath } from '../../../../scripts/chromium.mjs'
import type { Exchange, WebServer } from '../../src/index.js'
import { directoryIndex, directoryListing, regularFile } from '../../src/site.js'
import { Fixture, serveSite } from './fixture.js'

const images = fileURLToPath(new URL('../../../../docs/images/', import.meta.url))
const pictures = process.env.PLAINWIRE_SCREENSHOTS === '1'

/** Two minutes of a tone, 21 MB: too much to be read ahead, so that a browser has to ask for parts. */
function wave(): Buffer {
  const [rate, seconds] = [44_100, 120]
  const data = Buffer.alloc(rate * seconds * 4)
  for (let i = 0; i < rate; i++) data.writeInt16LE(Math.round(8000 * Math.sin((i * 440 * 2 * Math.PI) / rate)), i * 4)
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 4, 28)
  head.writeUInt16LE(4, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

describe.skipIf(!chromiumPath)('Chromium (skipped when it is not installed)', () => {
  const fixture = new Fixture()
  const exchanges: Exchange[] = []
  const problems: string[] = []
  let server: WebServer
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const ages: [path: string, content: string | Buffer, days: number][] = [
      ['home/README.md', '# Harbour\n', 2],
      ['home/LICENSE', 'x'.repeat(1078), 400],
      ['home/index of ships.csv', 'x'.repeat(48_213), 1],
      ['home/chart 9.svg', 'x'.repeat(8_301), 31],
      ['home/chart 10.svg', 'x'.repeat(12_940), 30],
      ['home/<script>alert(1)<.txt', 'harmless', 12],
      ['home/קובץ.txt', 'x'.repeat(420), 90],
      ['home/photos/quay.jpg', 'x'.repeat(100), 8],
      ['home/sounds/tone.wav', wave(), 3],
      ['home/sounds/notes.txt', 'a'.repeat(64), 5],
    ]
    const now = Date.UTC(2026, 10, 22, 9, 30)
    for (const [path, content, days] of ages) {
      const time = new Date(now - days * 86_400_000 - days * 1_234_567)
      utimesSync(fixture.file(path, content), time, time)
    }
    for (const folder of ['home/photos', 'home/sounds']) {
      utimesSync(join(fixture.root, folder), new Date(now), new Date(now - 86_400_000))
    }
    const cases = [regularFile(), directoryIndex(), directoryListing()]
    server = await serveSite(fixture.root, cases, {}, { accessLog: (exchange) => exchanges.push(exchange) })
    browser = await chromium.launch(chromiumOptions('--autoplay-policy=no-user-gesture-required'))
    page = await browser.newPage({ viewport: { width: 1000, height: 720 }, deviceScaleFactor: 2 })
    page.on('console', (message) => problems.push(message.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('dialog', (dialog) => {
      problems.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close({ timeout: 1 })
    fixture.remove()
  })

  const names = () => page.locator('tbody td:first-child a bdi').allTextContents()
  const picture = async (name: string) => {
    if (!pictures) return
    mkdirSync(images, { recursive: true })
    await page.screenshot({ path: join(images, name) })
  }

  it('opens a listing, sorts it, and comes back to it', async () => {
    await page.goto(`${server.url}/home/`)
    expect(await page.title()).toBe('Index of /home/')
    expect(await names()).toEqual(
      [
        'photos',
        'sounds',
        'chart 9.svg',
        'chart 10.svg',
        'index of ships.csv',
        'LICENSE',
        'README.md',
        '<script>alert(1)<.txt',
        'קובץ.txt',
      ].sort(
        (a, b) =>
          Number(b === 'photos' || b === 'sounds') - Number(a === 'photos' || a === 'sounds') ||
          new Intl.Collator('en', { numeric: true }).compare(a, b),
      ),
    )
    await picture('listing.png')
    await page.getByRole('link', { name: 'Size' }).click()
    expect((await names()).slice(2, 4)).toEqual(['index of ships.csv', 'chart 10.svg'])
    expect(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('descending')
    await page.getByRole('link', { name: 'Size' }).click()
    expect((await names()).slice(2, 3)).toEqual(['<script>alert(1)<.txt'])
    await page.getByRole('link', { name: 'Modified' }).click()
    expect((await names()).slice(2, 3)).toEqual(['index of ships.csv'])
    await page.goBack()
    expect(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort')).toBe('ascending')
  })

  it('enters a folder and leaves it by the breadcrumb', async () => {
    await page.goto(`${server.url}/home`)
    expect(page.url()).toBe(`${server.url}/home/`)
    await page.getByRole('link', { name: 'sounds' }).click()
    expect(new URL(page.url()).pathname).toBe('/home/sounds/')
    expect(await names()).toEqual(['notes.txt', 'tone.wav'])
    await page.getByRole('navigation').getByRole('link', { name: 'home' }).click()
    expect(new URL(page.url()).pathname).toBe('/home/')
    await page.getByRole('link', { name: 'alert(1)' }).click()
    expect(await page.locator('body').textContent()).toBe('harmless')
  })

  it('plays a sound, and asks for the part that it jumps to', async () => {
    exchanges.length = 0
    await page.goto(`${server.url}/home/sounds/tone.wav`)
    // Text, because there is no document where this is compiled.
    const state = await page.evaluate<{ duration: number; time: number; error?: string }>(`(async () => {
      const media = document.querySelector('video, audio')
      const until = (event) => new Promise((resolve) => media.addEventListener(event, resolve, { once: true }))
      media.muted = true
      if (media.readyState < 1) await until('loadedmetadata')
      media.currentTime = 110
      await until('seeked')
      await media.play()
      await until('timeupdate')
      return { duration: media.duration, time: media.currentTime, error: media.error?.message }
    })()`)
    expect(state.error).toBeUndefined()
    expect(state.duration).toBe(120)
    expect(state.time).toBeGreaterThanOrEqual(110)
    await page.goto('about:blank')
    await expect
      .poll(() => exchanges.map((exchange) => exchange.request?.fields.get('range')).join())
      .toMatch(/bytes=0-.*bytes=\d{5,}-/)
    expect(exchanges.some((exchange) => exchange.status === 206)).toBe(true)
  })

  it('sees the error page, and finds the way home', async () => {
    await page.goto(`${server.url}/home/the-lost-ship.html`)
    expect(await page.getByRole('heading').textContent()).toBe('Not Found')
    expect(await page.getByText('/home/the-lost-ship.html').count()).toBe(1)
    await picture('error-page.png')
    await page.getByRole('link', { name: 'start page' }).click()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  it('fits a phone and the night', async () => {
    await page.setViewportSize({ width: 360, height: 640 })
    await page.emulateMedia({ colorScheme: 'dark' })
    for (const path of ['/home/', '/nothing']) {
      await page.goto(server.url + path)
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
      const red = Number(/\d+/.exec(colour)![0])
      expect(red).toBeLessThan(60)
      await picture(path === '/home/' ? 'listing-phone.png' : 'error-page-phone.png')
    }
  })

  it('has nothing to complain of: no script ran, no policy was broken', () => {
    expect(problems.filter((problem) => !problem.includes('404 (Not Found)'))).toEqual([])
  })
})
