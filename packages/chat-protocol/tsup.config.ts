import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli.ts', 'src/engine.ts', 'src/server.ts', 'src/client.ts', 'src/web.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  removeNodeProtocol: false,
})
