import { svelte } from '@sveltejs/vite-plugin-svelte'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
// `PEREZVON_API` points the development server at another one, such as the mock.
const server = process.env.PEREZVON_API ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: here('desk'),
  plugins: [svelte({ configFile: here('svelte.config.js') })],
  build: { outDir: here('dist'), emptyOutDir: true, target: 'es2023', assetsInlineLimit: 0 },
  server: { proxy: { '/api': { target: server, ws: true } } },
  test: {
    root: here('.'),
    environment: 'happy-dom',
    include: ['{api,ui,desk}/tests/**/*.test.ts', '{api,ui,desk}/src/**/*.test.ts'],
    // Icons are Svelte components; Node cannot load those by itself.
    server: { deps: { inline: ['@lucide/svelte', /@testing-library\/svelte/] } },
    setupFiles: [here('desk/tests/setup.ts')],

    maxWorkers: 1,
  },
  // Without the condition Svelte's server half is loaded and mounting fails. Tests compare texts with the server's sources.
  ...(process.env.VITEST ? { resolve: { conditions: ['browser'] }, server: { fs: { allow: [here('..')] } } } : {}),
})
