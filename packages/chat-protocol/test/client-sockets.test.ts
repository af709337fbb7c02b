import { connect } from '@plainwire/socket-server'
import { expect, it, vi } from 'vitest'
import { parseChatUrl } from '../src/client/chat-url.js'
import { dialSockets } from '../src/client/sockets.js'

vi.mock('@plainwire/socket-server', () => ({ connect: vi.fn(() => new Promise(() => {})) }))

it.each(['irc://irc.test', 'ircs://irc.test'])('%s has no time limit beside the one of the client', (url) => {
  dialSockets(undefined)(parseChatUrl(url), { opened() {}, line() {}, closed() {} })
  expect(connect).toHaveBeenLastCalledWith(
    expect.objectContaining({ host: 'irc.test', connectTimeout: 0, handshakeTimeout: 0 }),
    expect.anything(),
  )
})
