import { serve } from '@plainwire/web-server'
import { Hono } from 'hono'

const app = new Hono()
app.get('/', (context) => context.body('Hello, World!\n', 200, { 'Content-Type': 'text/plain' }))
app.post('/echo', async (context) =>
  context.body(await context.req.arrayBuffer(), 200, { 'Content-Type': 'application/octet-stream' }),
)
const server = await serve({ port: 0, backlog: 4096, fetch: app.fetch })
console.log(`PORT ${server.port}`)
