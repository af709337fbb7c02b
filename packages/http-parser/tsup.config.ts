import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/cli.ts', 'src/encode.ts', 'src/stream.ts', 'src/explain.ts'],
  format: 'esm',
  target: 'es2022',
  dts: true,
  splitting: true,
  clean: true,
  removeNodeProtocol: false,
  // Names stay as they are, for whoever steps into it; comments are in the declarations.
  esbuildOptions(options) {
    options.minifyWhitespace = true
    options.minifySyntax = true
  },
})
