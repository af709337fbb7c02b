// One process: the example site with a listing and a script, the chat page with its WebSocket, and IRC on a TCP port.
import { fileURLToPath } from 'node:url'
import { serveChat } from '@plainwire/chat-protocol/server'
import { chatPage, chatSocket } from '@plainwire/chat-protocol/web'
import { untilSignal } from '@plainwire/socket-server'
import { serve } from '@plainwire/web-server'
import { type Case, cgiScript, directoryIndex, directoryListing, regularFile, site } from '@plainwire/web-server/site'
import { firstFree } from './ports.js'

const chat = await firstFree(6667, (port) => serveChat({ name: 'plainwire.example', listeners: [{ port }] }))

const clock: Case = {
  name: 'clock',
  test: ({ path }) => path === '/time',
  act: ({ response }) => void response.end(`${new Date().toISOString()}\n`),
}
const cases = [clock, chatPage('/chat/'), cgiScript(), regularFile(), directoryIndex(), directoryListing()]
const handler = site(fileURLToPath(new URL('../site', import.meta.url)), cases)
const web = await firstFree(8080, (port) => serve({ port, handler, upgrade: chatSocket(chat, '/chat/socket') }))

console.log(`
  page      ${web.url}/
  listing   ${web.url}/library/
  script    ${web.url}/cgi-bin/environment.sh
  own case  ${web.url}/time
  chat      ${web.url}/chat/
  IRC       irc://127.0.0.1:${chat.port}

  Try next: open the chat in two tabs, or in a terminal: npx plainwire-chat join 127.0.0.1:${chat.port} lobby
  Any IRC program will do: irssi -c 127.0.0.1 -p ${chat.port}
  Ctrl-C ends it.
`)

await untilSignal()
await Promise.all([web.close(), chat.close()])
