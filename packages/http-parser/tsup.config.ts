import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli.ts', 'src/encode.ts', 'src/stream.ts', 'src/explain.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  removeNodeProtocol: false,
  // The declarations have the comments and the repository the sources; what is loaded is small.
  minify: true,
})
