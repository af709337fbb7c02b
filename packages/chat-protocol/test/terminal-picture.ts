import type { Browser } from 'playwright-core'

const COLOURS = ['#3b4252', '#e5616c', '#8fd18a', '#ebcb6b', '#6ea8fe', '#c792ea', '#6cd4d9', '#d8dee9']
const BRIGHT = ['#6b7689', '#ff7b86', '#a8e6a1', '#ffe08a', '#8fbcff', '#dcaeff', '#8eeef2', '#ffffff']

/** Draws a screen, as `tmux capture-pane -e` gives it, into a PNG: for the documentation. */
export async function takePicture(browser: Browser, screen: string, title: string, path: string): Promise<void> {
  const page = await browser.newPage({ deviceScaleFactor: 2, viewport: { width: 900, height: 600 } })
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; padding: 24px; background: #dfe5ee; display: inline-block }
    figure { margin: 0; border-radius: 10px; overflow: hidden; box-shadow: 0 12px 32px #1b22335c; background: #1d2230 }
    figcaption { font: 13px system-ui, sans-serif; color: #9aa5b8; background: #272d3d; padding: 9px 14px; text-align: center }
    figcaption::before { content: '● ● ●'; float: left; letter-spacing: 1px; color: #56607a }
    pre { margin: 0; padding: 14px 18px 18px; font: 14px/1.42 'DejaVu Sans Mono', monospace; color: #d8dee9 }
  </style><figure><figcaption>${title}</figcaption><pre>${toHtml(screen.trimEnd())}</pre></figure>`)
  await page.locator('body').screenshot({ path })
  await page.close()
}

/** SGR escapes as spans. */
function toHtml(screen: string): string {
  const style = { colour: '', bold: false, dim: false, italic: false }
  let html = ''
  for (const [token, codes] of screen.matchAll(/\x1b\[([\d;]*)m|[^\x1b]+/g)) {
    if (codes === undefined) {
      const css = `color:${style.colour || 'inherit'};${style.bold ? 'font-weight:bold;' : ''}${style.dim ? 'opacity:.5;' : ''}${style.italic ? 'font-style:italic;' : ''}`
      html += `<span style="${css}">${token.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</span>`
      continue
    }
    for (const code of (codes || '0').split(';').map(Number)) {
      if (code === 0) Object.assign(style, { colour: '', bold: false, dim: false, italic: false })
      else if (code === 1) style.bold = true
      else if (code === 2) style.dim = true
      else if (code === 3) style.italic = true
      else if (code === 22) style.bold = style.dim = false
      else if (code === 23) style.italic = false
      else if (code === 39) style.colour = ''
      else if (code >= 30 && code <= 37) style.colour = COLOURS[code - 30]!
      else if (code >= 90 && code <= 97) style.colour = BRIGHT[code - 90]!
    }
  }
  return html
}
