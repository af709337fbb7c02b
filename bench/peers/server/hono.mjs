import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.get('/', (context) => context.body('Hello, World!\n', 200, { 'Content-Type': 'text/plain' }))
app.get('/json', (context) => context.json({ message: 'Hello, World!' }))
app.post('/echo', async (context) =>
  context.body(await context.req.arrayBuffer(), 200, { 'Content-Type': 'application/octet-stream' }),
)
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, (address) => console.log(`PORT ${address.port}`))
