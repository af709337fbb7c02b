import { connect, type Socket } from 'node:net'
import { serve, type WebServer } from '@plainwire/web-server'
import { site } from '@plainwire/web-server/site'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumOptions, chromiumPath } from '../../../scripts/chromium.mjs'
import { type Attachment, type ChatServer, serveChat } from '../src/server.js'
import { chatPage, chatSocket } from '../src/web.js'

/** A folder for pictures of what the tests saw; none are taken without. */
const pictures = process.env.SCREENSHOTS

describe.skipIf(!chromiumPath)('the page in Chromium', { timeout: 30_000 }, () => {
  let browser: Browser
  let chat: ChatServer
  let web: WebServer

  const open = async (port = 0): Promise<void> => {
    chat = await serveChat({ name: 'chat.example', listeners: [{ port: 0 }], flood: false, connectionLimits: false })
    web = await serve({
      port,
      handler: site('test', [chatPage('/', new URL('../dist/page/', import.meta.url))]),
      upgrade: chatSocket(chat, '/socket'),
    })
  }

  beforeAll(async () => {
    await open()
    browser = await chromium.launch(chromiumOptions())
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([web?.close({ timeout: 1 }), chat?.close({ timeout: 1 })])
  })

  /** A person in a browser of their own, already in a room; fails on any error of the page or of its policy. */
  async function enter(name: string, room: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1100, height: 700 }, ...options })).newPage()
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(message.text())) faults.push(message.text())
    })
    await page.goto(`${web.url}/?name=${name}#${room}`)
    await page.locator('#member-list li', { hasText: name }).waitFor({ state: 'attached' })
    return page
  }
  const faults: string[] = []
  const say = async (page: Page, text: string): Promise<void> => {
    await page.fill('#say', text)
    await page.press('#say', 'Enter')
  }
  const message = (page: Page, text: string) => page.locator('#log li.message', { hasText: text })
  const picture = async (page: Page, name: string): Promise<void> => {
    if (pictures) await page.screenshot({ path: `${pictures}/${name}.png` })
  }

  it('takes a room from an address that nobody encoded', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${web.url}/#100%`)
    expect(await page.inputValue('#room')).toBe('100%')
    await page.fill('#name', 'percy')
    await page.press('#name', 'Enter')
    await page.locator('#room-list', { hasText: '#100%' }).waitFor()
    await page.evaluate("location.hash = '50%'")
    await page.locator('#room-list', { hasText: '#50%' }).waitFor()
  })

  it('asks for a name and a room, and explains a name that is none', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(web.url)
    await page.fill('#name', 'two words')
    await page.click('#welcome button')
    expect(await page.textContent('#problem')).toMatch(/no spaces/)
    await page.fill('#name', 'dora')
    await page.fill('#room', 'garden')
    await page.click('#welcome button')
    await page.locator('#member-list li', { hasText: 'dora' }).waitFor({ state: 'attached' })
    expect([await page.textContent('#room-title'), new URL(page.url()).search, new URL(page.url()).hash]).toEqual([
      '#garden',
      '?name=dora',
      '#garden',
    ])
    await page.close()
  })

  it.each(['?name=ada#%20', '?name=%20#lobby'])('asks again for what is nothing but spaces: %s', async (address) => {
    const page = await (await browser.newContext()).newPage()
    page.on('pageerror', (error) => faults.push(error.message))
    await page.goto(`${web.url}/${address}`)
    await page.locator('#problem', { hasText: 'Both have a name' }).waitFor()
    expect(await page.locator('#chat').isHidden()).toBe(true)
    await page.fill('#name', 'ada')
    await page.fill('#room', 'spaces')
    await page.press('#room', 'Enter')
    await page.locator('#member-list li', { hasText: 'ada' }).waitFor({ state: 'attached' })
    await page.close()
  })

  it('carries messages both ways, with links, replies, reactions and who is writing', async () => {
    const [ada, bob] = [await enter('ada', 'lobby'), await enter('bob', 'lobby', { colorScheme: 'dark' })]
    await say(ada, 'Good morning! The figures are at https://plainwire.example/bench.')
    await message(bob, 'Good morning').waitFor()
    expect(await bob.getAttribute('#log a', 'href')).toBe('https://plainwire.example/bench')
    expect(await bob.getAttribute('#log a', 'rel')).toContain('noopener')
    await say(bob, 'Nice. How far are we from the native one?')
    await say(ada, 'The table says it round by round, and the wire is still plain.')
    await message(bob, 'still plain').waitFor()
    await say(bob, 'ada: then let us ship it 🎉')
    await message(ada, 'ship it').waitFor()
    expect(await message(ada, 'ship it').getAttribute('class')).toContain('mentions')

    await message(ada, 'ship it').hover()
    await message(ada, 'ship it').getByTitle('Reply').click()
    await say(ada, 'After the review.')
    expect(await message(bob, 'After the review').locator('.quote').textContent()).toBe(
      'bob: ada: then let us ship it 🎉',
    )

    await message(bob, 'After the review').hover()
    await message(bob, 'After the review').getByTitle('React').click()
    await bob.locator('#reactions button').first().click()
    await message(ada, 'After the review').locator('.chips button', { hasText: '1' }).waitFor()

    const eve = await enter('eve', 'lobby')
    await eve.locator('#say').pressSequentially('I wi')
    await ada.locator('#typing', { hasText: 'eve is writing' }).waitFor()
    await ada.click('#toggle-members')
    await picture(ada, 'chat-page')
    await picture(bob, 'chat-page-dark')
    await Promise.all([ada.close(), bob.close(), eve.close()])
  })

  it('has commands that say what they need, and a question for the topic that does not remove it', async () => {
    const page = await enter('cmd', 'commands')
    await say(page, '/topic Tea at five')
    await page.locator('#topic', { hasText: 'Tea at five' }).waitFor()
    for (const line of ['/topic', '/msg bob', '/me ', '/nick', '/join', '/constructor']) await say(page, line)
    await page.locator('#log li.event', { hasText: 'There is no /constructor' }).waitFor()
    expect((await page.locator('#log li.event').allTextContents()).slice(-6)).toEqual([
      'Topic: Tea at five',
      'Usage: /msg NAME TEXT',
      'Usage: /me TEXT',
      'Usage: /nick NAME',
      'Usage: /join ROOM',
      'There is no /constructor. There are /me /join /part /nick /topic /msg.',
    ])
    expect(chat.engine.channel('#commands')!.topic?.text).toBe('Tea at five')
    await page.close()
  })

  it('keeps the name asked for in its address, though somebody else has it now', async () => {
    const peer = await Peer.register(chat.port, 'twin')
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${web.url}/?name=twin#twins`)
    await page.locator('#self-nick', { hasText: 'twin_' }).waitFor()
    const name = (): string | null => new URL(page.url()).searchParams.get('name')
    await say(page, '/join others')
    await page.locator('#room-title', { hasText: '#others' }).waitFor()
    expect(name()).toBe('twin')
    await say(page, '/nick only')
    // At once: whoever loads the page anew is who they are now.
    await page.waitForURL((url) => url.searchParams.get('name') === 'only', { timeout: 3000 })
    await say(page, '/join twins')
    await page.locator('#room-title', { hasText: '#twins' }).waitFor()
    expect(name()).toBe('only')
    peer.end()
    await page.close()
  })

  it.each([
    ['while it composes', { isComposing: true }],
    ['as it ends composing in Safari', { keyCode: 229 }],
  ])('does not send at the Enter that takes what an input method offers, %s', async (_when, told) => {
    const page = await enter('kana', 'commands')
    await page.fill('#say', 'にほ')
    await page.dispatchEvent('#say', 'keydown', { key: 'Enter', ...told })
    expect(await page.inputValue('#say')).toBe('にほ')
    await page.close()
  })

  it('tells nobody of typing while that is a command', async () => {
    const page = await enter('kit', 'commands')
    const peer = await Peer.register(chat.port, 'lee')
    peer.send('CAP REQ message-tags')
    peer.send('JOIN #commands')
    await page.locator('#log li.event', { hasText: 'lee came in' }).waitFor()
    await say(page, '/topic')
    await page.locator('#log li.event', { hasText: 'Topic: none' }).waitFor()
    peer.send('PRIVMSG #commands :not yet')
    await message(page, 'not yet').waitFor()
    expect(peer.heard).not.toMatch(/TAGMSG #/)
    await page.fill('#say', 'now')
    await peer.until(/typing=active :kit\S* TAGMSG #commands/)
    peer.end()
    await page.close()
  })

  it('shows what a hostile peer sends as text', async () => {
    const page = await enter('eve', 'hostile')
    const peer = await Peer.register(chat.port, 'mallory')
    const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script> javascript:alert(1)'
    chat.engine.channel('#hostile')!.flags.delete('topicLocked')
    peer.send('JOIN #hostile')
    peer.send(`PRIVMSG #hostile :${markup}`)
    peer.send('TOPIC #hostile :<b>bold</b>')
    await message(page, '<img src=x').waitFor()
    expect(await message(page, '<img src=x').locator('.text').textContent()).toBe(markup)
    expect(await page.locator('#log img, #log script, #log b, #log a').count()).toBe(0)
    expect(await page.title()).toBe('#hostile')
    // What would turn or colour the text behind it, in places that are no messages.
    peer.send('TOPIC #hostile :\u202Eturned\x034')
    peer.send('PRIVMSG #hostile :\x01VERSION\x01')
    peer.send('PART #hostile :\u202Egone\x02')
    await page.locator('#log li.event', { hasText: 'gone' }).waitFor()
    expect(await page.locator('#log li.event').allTextContents()).toEqual([
      'mallory came in',
      'mallory set the topic: <b>bold</b>',
      'mallory set the topic: turned',
      'The program of mallory asks for VERSION (CTCP)',
      'mallory left (gone)',
    ])
    await page.locator('#topic', { hasText: /^turned$/ }).waitFor()
    expect(await page.getAttribute('#topic', 'title')).toBe('turned')
    peer.end()
    await page.close()
  })

  it('draws the members of a crowded room once for many who come, not once for each', async () => {
    const page = await enter('host', 'crowd')
    await page.evaluate(`new MutationObserver(() => { window.drawn = (window.drawn ?? 0) + 1 })
      .observe(document.getElementById('member-list'), { childList: true })`)
    const peers: Attachment[] = []
    for (let i = 0; i < 300; i++) {
      const guest = chat.attach({ remote: '', secure: true, writeQueue: 0, send() {}, close() {} })
      for (const line of [`NICK guest${i}`, 'USER g 0 * :g', 'JOIN #crowd']) guest.receive(line)
      peers.push(guest)
    }
    await page.locator('#member-count', { hasText: '301' }).waitFor({ state: 'attached' })
    await page.locator('#member-list li', { hasText: 'guest299' }).waitFor({ state: 'attached' })
    expect(await page.evaluate('window.drawn')).toBeLessThan(60)
    for (const peer of peers) peer.end()
    await page.close()
  })

  it('counts what is unread in another room, and marks where reading stopped', async () => {
    const page = await enter('flo', 'front')
    await page.fill('#room-name', 'back')
    await page.press('#room-name', 'Enter')
    await page.locator('#room-title', { hasText: '#back' }).waitFor()
    await page.locator('#member-list li', { hasText: 'flo' }).waitFor({ state: 'attached' })
    await page.locator('#room-list button', { hasText: '#front' }).click()
    const peer = await Peer.register(chat.port, 'guest')
    peer.send('JOIN #back')
    for (const text of ['one', 'flo: two', 'three']) peer.send(`PRIVMSG #back :${text}`)
    await page.locator('#room-list .count', { hasText: '@ 3' }).waitFor()
    expect(await page.title()).toBe('(3) #front')
    // The keyboard changes the room.
    await page.keyboard.press('Alt+ArrowDown')
    await message(page, 'three').waitFor()
    expect(await page.locator('#log .unread-marker + li .text').textContent()).toBe('one')
    expect(await page.locator('#room-list .count').count()).toBe(0)
    peer.end()
    await page.close()
  })

  it('reads older messages when scrolled to the top, without losing the place', async () => {
    const peer = await Peer.register(chat.port, 'writer')
    peer.send('JOIN #long')
    for (let n = 1; n <= 120; n++) peer.send(`PRIVMSG #long :line ${n}`)
    await peer.until(/ 366 /)
    peer.send('PING :written')
    await peer.until(/PONG .*written/)
    const page = await enter('gus', 'long')
    await page.locator('#log .text', { hasText: /^line 120$/ }).waitFor()
    expect(await page.locator('#log .text', { hasText: /^line 1$/ }).count()).toBe(0)
    await expect
      .poll(
        async () => {
          await page.evaluate(`document.getElementById('scroll').scrollTo(0, 0)`)
          return page.locator('#log .text', { hasText: /^line 1$/ }).count()
        },
        { timeout: 10_000 },
      )
      .toBe(1)
    const texts = await page.locator('#log .text').allTextContents()
    expect(texts).toEqual(Array.from({ length: 120 }, (_, n) => `line ${n + 1}`))
    peer.end()
    await page.close()
  })

  it('is usable by keyboard alone: move to a message, react, reply, come back', async () => {
    const page = await enter('kim', 'keys')
    await say(page, 'first')
    await say(page, 'second')
    await message(page, 'second').waitFor()
    await page.waitForSelector('#log li.message.sent:last-child')
    await page.press('#say', 'ArrowUp')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('+')
    await page.keyboard.press('Enter')
    await message(page, 'first').locator('.chips button').waitFor()
    await message(page, 'first').focus()
    await page.keyboard.press('r')
    expect(await page.textContent('#replying-to')).toBe('Reply to kim: first')
    await page.keyboard.press('Escape')
    expect(await page.isVisible('#replying')).toBe(false)
    expect(await page.evaluate('document.activeElement.id')).toBe('say')
    await page.close()
  })

  it('leaves the keyboard where it is when messages come, new ones and old ones', async () => {
    const peer = await Peer.register(chat.port, 'poker')
    peer.send('JOIN #focus')
    for (let n = 1; n <= 80; n++) peer.send(`PRIVMSG #focus :line ${n}`)
    await peer.until(/ 366 /)
    const page = await enter('liz', 'focus')
    await page.locator('#log .text', { hasText: /^line 80$/ }).waitFor()
    await page.focus('#room-list button')
    peer.send('PRIVMSG #focus :knock')
    await message(page, 'knock').waitFor()
    expect(await page.evaluate('document.activeElement.dataset.room')).toBe('#focus')
    await message(page, 'line 40').focus()
    await expect
      .poll(async () => {
        await page.evaluate(`document.getElementById('scroll').scrollTo(0, 0)`)
        return page.locator('#log .text', { hasText: /^line 1$/ }).count()
      })
      .toBe(1)
    expect(await page.evaluate('document.activeElement.textContent')).toContain('line 40')
    peer.end()
    await page.close()
  })

  it('has no room in its address that is a conversation', async () => {
    const page = await enter('uma', 'plaza')
    await say(page, '/msg uma psst')
    await page.locator('#room-list button', { hasText: 'uma' }).click()
    await message(page, 'psst').first().waitFor()
    expect([await page.textContent('#room-title'), new URL(page.url()).hash]).toEqual(['uma', '#plaza'])
    await say(page, '/part')
    await page.locator('#room-title', { hasText: '#plaza' }).waitFor()
    expect(await page.locator('#room-list button').allTextContents()).toEqual(['#plaza'])
    await say(page, '/part')
    await page.locator('#log', { hasText: 'You are in no room now' }).waitFor()
    await say(page, 'is anybody here?')
    await page.locator('#log li.message.failed', { hasText: 'is anybody here?' }).waitFor()
    await page.close()
  })

  it('fits a phone', async () => {
    const writer = await enter('mia', 'phone')
    await say(writer, 'Everything on one small screen?')
    await message(writer, 'small screen').waitFor()
    const page = await enter('zoe', 'phone', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true })
    await message(page, 'small screen').waitFor()
    await say(page, 'Yes, and the rooms slide over it.')
    await message(page, 'slide over').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    expect(await page.isVisible('#room-list')).toBe(false)
    await picture(page, 'chat-phone')
    await page.click('#open-rooms')
    expect(await page.isVisible('#room-list')).toBe(true)
    await page.keyboard.press('Escape')
    expect(await page.isVisible('#room-list')).toBe(false)
    const focused = (): Promise<string> => page.evaluate('document.activeElement.id')
    for (const close of ['#close-members', 'Escape']) {
      await page.click('#toggle-members')
      expect([await page.isVisible('#member-list'), await focused()]).toEqual([true, 'close-members'])
      await (close === 'Escape' ? page.keyboard.press(close) : page.click(close))
      expect([await page.isVisible('#member-list'), await focused()]).toEqual([false, 'toggle-members'])
    }
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('#phone')
    await Promise.all([page.close(), writer.close()])
  })

  it.each([
    ['behind', -3_600_000],
    ['before', 3_600_000],
  ])('puts its own words last, also when its clock is an hour %s the server’s', async (_, skew) => {
    const page = await (await browser.newContext()).newPage()
    await page.addInitScript(`globalThis.Date = class extends Date {
      constructor(...time) { super(...(time.length > 0 ? time : [Date.now()])) }
      static now() { return super.now() + ${skew} }
    }`)
    const room = `skew${skew > 0}`
    await page.goto(`${web.url}/?name=sue#${room}`)
    await page.locator('#member-list li', { hasText: 'sue' }).waitFor({ state: 'attached' })
    const peer = await Peer.register(chat.port, 'pat')
    peer.send(`JOIN #${room}`)
    peer.send(`PRIVMSG #${room} :earlier`)
    await message(page, 'earlier').waitFor()
    await say(page, '/nonsense')
    await page.locator('#log li.event', { hasText: 'There is no /nonsense' }).waitFor()
    peer.send(`PRIVMSG #${room} :later`)
    await message(page, 'later').waitFor()
    const order = await page.locator('#log li.event, #log .text').allTextContents()
    expect(order.map((text) => text.slice(0, 11))).toEqual(['pat came in', 'earlier', 'There is no', 'later'])
    peer.end()
    await page.close()
  })

  it('is put together as screen readers expect', async () => {
    const page = await (await browser.newContext()).newPage()
    await page.goto(web.url)
    expect(await page.getByRole('main').getByRole('textbox').count()).toBe(2)
    await page.close()
    const [ann, bob] = [await enter('ann', 'aria'), await enter('bob', 'aria')]
    await say(ann, 'heard')
    await message(bob, 'heard').focus()
    await bob.keyboard.press('+')
    await bob.keyboard.press('Enter')
    await bob.getByRole('button', { name: '👍 1 by bob', pressed: true }).waitFor()
    await ann.getByRole('button', { name: '👍 1 by bob', pressed: false }).waitFor()
    expect(await ann.getByRole('main').count()).toBe(1)
    expect(
      await ann.getByRole('log', { name: 'Messages' }).getByRole('list').getByRole('listitem').count(),
    ).toBeGreaterThan(1)
    await Promise.all([ann.close(), bob.close()])
  })

  it('writes from right to left what is written so', async () => {
    const page = await enter('ruth', 'rtl')
    const text = 'שלום עולם!'
    await say(page, text)
    await message(page, text).waitFor()
    // The sign at its end stands left of the words, and the words at the right.
    const sign = await page.evaluate(`(() => {
      const text = document.querySelector('li.message .text')
      const range = document.createRange()
      range.setStart(text.firstChild, ${text.length - 1})
      range.setEnd(text.firstChild, ${text.length})
      const [sign, all] = [range.getBoundingClientRect(), text.getBoundingClientRect()]
      range.setStart(text.firstChild, 0)
      range.setEnd(text.firstChild, 1)
      const first = range.getBoundingClientRect()
      return [sign.right <= first.left, all.right - first.right < 3]
    })()`)
    expect(sign).toEqual([true, true])
    await page.close()
  })

  it.each(['light', 'dark'] as const)(
    'has nicks of every colour that can be read on %s ground',
    async (colorScheme) => {
      const page = await (await browser.newContext({ colorScheme })).newPage()
      await page.goto(web.url)
      const worst = await page.evaluate(`(() => {
      const [probe, canvas] = [document.createElement('span'), document.createElement('canvas')]
      document.body.append(probe)
      const pen = canvas.getContext('2d')
      const luminance = () => {
        pen.fillStyle = getComputedStyle(probe).color
        pen.fillRect(0, 0, 1, 1)
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((c) =>
          c <= 10 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
      }
      const grounds = ['--ground', '--panel', '--mark'].map((name) => {
        probe.style.color = 'var(' + name + ')'
        return luminance()
      })
      probe.style.color = ''
      probe.className = 'nick'
      let worst = 21
      for (let hue = 0; hue < 360; hue += 5) {
        probe.style.setProperty('--hue', hue)
        const ink = luminance()
        for (const ground of grounds)
          worst = Math.min(worst, (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05))
      }
      return worst
    })()`)
      // Web Content Accessibility Guidelines 1.4.3.
      expect(worst).toBeGreaterThanOrEqual(4.5)
      await page.close()
    },
  )

  it('keeps what was written while the server was away, and sends it once when it is back', async () => {
    const page = await enter('ivy', 'away')
    const { port } = web
    await say(page, 'before')
    await page.waitForSelector('#log li.message.sent')
    await Promise.all([web.close({ timeout: 1 }), chat.close({ timeout: 1 })])
    await page.locator('#state', { hasText: 'Connection lost' }).waitFor()
    await say(page, 'written in between')
    expect(await message(page, 'written in between').getAttribute('class')).toContain('pending')
    await message(page, 'before').focus()
    await page.keyboard.press('+')
    await page.keyboard.press('Enter')
    await page.locator('#log', { hasText: 'Not connected' }).waitFor()
    expect(await message(page, 'before').locator('.chips button').count()).toBe(0)
    await open(port)
    const peer = await Peer.register(chat.port, 'waiting')
    peer.send('JOIN #away')
    await page.evaluate(`dispatchEvent(new Event('online'))`)
    await peer.until(/PRIVMSG #away :written in between/)
    await page.locator('#log li.message.sent', { hasText: 'written in between' }).waitFor()
    expect(await message(page, 'written in between').count()).toBe(1)
    peer.end()
    await page.close()
  })

  it('had no error on the page, and nothing that its policy forbids', () => {
    expect(faults).toEqual([])
  })
})

/** Somebody on a plain socket. */
class Peer {
  readonly #socket: Socket
  #text = ''
  #look: () => void = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => {
      this.#text += chunk
      this.#look()
    })
  }

  static async register(port: number, nick: string): Promise<Peer> {
    const peer = new Peer(connect(port, '127.0.0.1'))
    peer.send(`NICK ${nick}`)
    peer.send(`USER ${nick} 0 * :${nick}`)
    await peer.until(/ 001 /)
    return peer
  }

  send(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /** All that came. */
  get heard(): string {
    return this.#text
  }

  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (pattern.test(this.#text)) resolve()
      }
      this.#look()
    })
  }

  end(): void {
    this.#socket.end('QUIT\r\n')
  }
}
