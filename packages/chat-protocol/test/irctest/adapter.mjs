// Starts one chat server as irctest asks for it: `node adapter.mjs irctest.json`. What the suite needs (its server
// name, an operator, no limits for the machine it runs on) is configuration of the ordinary server, nothing else.
import { readFileSync } from 'node:fs'
import { hashPassword, serveChat } from '../../dist/server.js'

const wanted = JSON.parse(readFileSync(process.argv[2], 'utf8'))
// Status 77 says "not offered", and the test is skipped: there are no accounts yet.
if (wanted.accounts) process.exit(77)

const tls = wanted.tls && { cert: readFileSync(wanted.tls.cert), key: readFileSync(wanted.tls.key) }
const chat = await serveChat({
  name: wanted.serverName,
  network: 'irctest',
  description: 'test server',
  motd: ['Welcome'],
  listeners: [{ host: wanted.host, port: wanted.port, ...(tls ? { tls } : {}) }],
  operators: [{ name: wanted.oper.name, password: await hashPassword(wanted.oper.password) }],
  connectionLimits: { exempt: ['127.0.0.0/8', '::1'] },
  ...(wanted.password ? { password: wanted.password } : {}),
})

let web
if (wanted.websocket) {
  const { serve } = await import('@plainwire/web-server')
  const { chatSocket } = await import('../../dist/web.js')
  web = await serve({
    host: wanted.websocket.host,
    port: wanted.websocket.port,
    handler: (_request, response) => response.sendError(404),
    // The suite names an origin without its port.
    upgrade: chatSocket(chat, '/', { origins: 'any' }),
  })
}

process.on('SIGTERM', async () => {
  await Promise.all([chat.close({ timeout: 300 }), web?.close({ timeout: 300 })])
  process.exit(0)
})
