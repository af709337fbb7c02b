import { serveChat } from '@plainwire/chat-protocol/server'

// Our server as a process of its own: prints its port. Limits off, as they are for the others.
const chat = await serveChat({
  name: 'bench.example',
  listeners: [{ port: 0 }],
  flood: false,
  connectionLimits: false,
  maxSendQueue: 64 * 1024 * 1024,
  timeouts: { pingTimeout: 600_000 },
})
process.stdout.write(`${chat.port}\n`)
process.on('SIGTERM', () => {
  void chat.close({ timeout: 200 }).then(() => process.exit(0))
})
