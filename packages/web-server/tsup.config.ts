import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli.ts', 'src/fetch.ts', 'src/handler.ts', 'src/site.ts', 'src/websocket.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  removeNodeProtocol: false,
})
