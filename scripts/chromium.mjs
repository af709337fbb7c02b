// Chromium for the tests that need a browser: where it is, and how it starts without a network, a GPU or a first run.
import { existsSync } from 'node:fs'

/** The browser that is installed, if one is. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Options of playwright-core's `chromium.launch`, with further arguments. */
export function chromiumOptions(...more) {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return { executablePath: chromiumPath, args: [...args, ...more] }
}
