import { serve } from '@plainwire/web-server'
import { installFastGlobals } from '@plainwire/web-server/fetch'

// Hono writes `new Response`. Its own adapter for Node puts a class of its own in the place of the global one unasked; ours
// does so when it is told to, before the application is loaded.
installFastGlobals()
const { Hono } = await import('hono')

const app = new Hono()
app.get('/', (context) => context.body('Hello, World!\n', 200, { 'Content-Type': 'text/plain' }))
app.get('/json', (context) => context.json({ message: 'Hello, World!' }))
app.post('/echo', async (context) =>
  context.body(await context.req.arrayBuffer(), 200, { 'Content-Type': 'application/octet-stream' }),
)
// No peer closes a connection for having been used much.
const server = await serve({ port: 0, maxRequestsPerConnection: 0, backlog: 4096, fetch: app.fetch })
console.log(`PORT ${server.port}`)
