import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumOptions, chromiumPath } from '../../../scripts/chromium.mjs'
import { connect } from '../src/client.js'
import { haveTmux, type Program, serveProgram, Terminal } from './cli-process.js'
import { takePicture } from './terminal-picture.js'

/** A folder for a picture of the terminal; none is taken without. */
const pictures = process.env.SCREENSHOTS

describe.skipIf(!haveTmux || !chromiumPath)('two terminals and a page in one room (tmux, chromium)', () => {
  let browser: Browser
  let server: Program
  let irc: string
  let page: string
  const terminals: Terminal[] = []

  beforeAll(async () => {
    const running = await serveProgram()
    server = running.program
    irc = running.irc
    page = running.page
    browser = await chromium.launch(chromiumOptions())
  }, 60_000)

  afterAll(async () => {
    for (const terminal of terminals) terminal.close()
    await browser?.close()
    await server?.stop()
  })

  function terminal(url: string, name: string): Terminal {
    const made = new Terminal(90, 20, ['join', url, 'lobby', '--name', name])
    terminals.push(made)
    return made
  }

  it('everybody hears everybody, whatever they use', async () => {
    // One terminal by TCP, one by the page's WebSocket.
    const ada = terminal(irc, 'ada')
    await ada.shows(/1 here: @ada/)
    const bob = terminal(page, 'bob')
    await bob.shows(/2 here: @ada {2}bob/)
    const tab = await browser.newPage()
    await tab.goto(`${page}?name=grace#lobby`)
    await tab.locator('#member-list li', { hasText: 'ada' }).waitFor({ state: 'attached' })
    await ada.shows(/grace came in/)

    ada.type('good morning 👋')
    await bob.shows(/ada is typing …/)
    ada.press('Enter')
    await bob.shows(/ada {2}good morning/)
    const log = tab.locator('#log')
    await log.getByText('good morning 👋').waitFor()

    bob.type('<b>hello</b> from the second terminal')
    bob.press('Enter')
    await ada.shows(/bob {2}<b>hello<\/b> from the second terminal/)
    await log.getByText('<b>hello</b> from the second terminal').waitFor()

    const composer = tab.getByRole('textbox').last()
    await composer.fill('and hello from the page, ada')
    await composer.press('Enter')
    await ada.shows(/grace {2}and hello from the page, ada/)
    await bob.shows(/grace {2}and hello from the page, ada/)

    // The same order for all.
    const spoken = (screen: string): string[] => screen.match(/good morning|from the second|from the page/g) ?? []
    const order = ['good morning', 'from the second', 'from the page']
    expect(spoken(ada.screen())).toEqual(order)
    expect(spoken(bob.screen())).toEqual(order)
    expect(spoken((await log.textContent()) ?? '')).toEqual(order)

    bob.press('C-c')
    await ada.shows(/bob went away/)
    await log.getByText(/bob/).last().waitFor()
    await tab.close()
    await ada.shows(/grace went away/)
    ada.press('C-c')
  }, 45_000)

  it.skipIf(!pictures)(
    'a picture of the terminal for the documentation (SCREENSHOTS)',
    async () => {
      const made = ['grace', 'linus', 'margaret'].map((nick) => connect({ url: irc, nick, pace: { interval: 0 } }))
      const [grace, linus, margaret] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]]
      for (const client of made) await client.join('#tea')
      grace.say('#tea', 'The new release is out. Notes are at https://example.org/notes')
      await new Promise((resolve) => linus.on((event) => event.type === 'message' && resolve(undefined)))
      await grace.setTopic('#tea', 'Tea at four, release at five')
      const ada = new Terminal(88, 19, ['join', irc, 'tea', '--name', 'ada'])
      terminals.push(ada)
      await ada.shows(/4 here/)
      await ada.shows(/said before/)
      const say = async (client: typeof grace, text: string, kind?: 'action'): Promise<void> => {
        client.say('#tea', text, kind ? { kind } : {})
        await ada.shows(new RegExp(text.slice(0, 12)))
      }
      await say(
        linus,
        'I have it running on three machines already, and the one in the attic has not complained once since this morning.',
      )
      await say(margaret, 'puts the kettle on', 'action')
      await say(grace, 'ada: did the parser survive the fuzzer over night?')
      ada.type('It did: a million mutants, not one crash 🎉')
      ada.press('Enter')
      await ada.shows(/ada {2}It did/)
      await say(linus, 'Very nice.')
      margaret.typing('#tea', 'active')
      await ada.shows(/margaret is typing/)
      ada.type('Then I will bring the bisc')
      await ada.shows(/bisc$/m)
      await takePicture(
        browser,
        ada.screen(true),
        'npx @plainwire/chat-protocol join localhost tea',
        `${pictures}/chat-terminal.png`,
      )
      await Promise.all(made.map((client) => client.close()))
    },
    30_000,
  )
})
