/** Build, development server and unit tests of the console. */
import { fileURLToPath } from 'node:url'
import optimizeLocales from '@react-aria/optimize-locales-plugin'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { fonts } from './tools/fonts/plugin.ts'

const server = process.env.GYRE_DEV_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    fonts(),
    { ...optimizeLocales.vite({ locales: ['en-US', 'ko-KR'] }), enforce: 'pre' as const },
  ],
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': server, '/c': server, '/t': server, '/v1': server } },
  build: {
    target: 'es2023',
    // Fonts and images stay files: the content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  test: { include: ['src/**/*.test.ts', 'tools/fonts/*.test.ts'], environment: 'node' },
})
