import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['*.ts', '!*.config.ts'],
  format: 'esm',
  target: 'es2022',
  clean: true,
  removeNodeProtocol: false,
})
