import { copyFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

export default defineConfig([
  {
    entry: [
      'src/index.ts',
      'src/cli.ts',
      'src/engine.ts',
      'src/server.ts',
      'src/client.ts',
      'src/client-browser.ts',
      'src/web.ts',
    ],
    format: 'esm',
    target: 'es2022',
    // Browsers have no types of Node, which would bring this along: its client can be disposed of.
    dts: { banner: '/// <reference lib="esnext.disposable" />' },
    splitting: true,
    clean: ['!**/page/**'],
    removeNodeProtocol: false,
  },
  {
    // The browser page: one script, without a framework, and the files beside it.
    entry: { 'page/app': 'src/page/app.ts' },
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    splitting: false,
    minify: true,
    tsconfig: 'tsconfig.page.json',
    plugins: [
      {
        name: 'page files',
        buildEnd(this: { options: { outDir: string } }) {
          for (const name of ['index.html', 'style.css', 'icon.svg']) {
            copyFileSync(`src/page/${name}`, `${this.options.outDir}/page/${name}`)
          }
        },
      },
    ],
  },
])
