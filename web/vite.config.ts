import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

// Plain file names and one classic script: the same two files are served, and written into a report that opens from disk.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  base: './',
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  build: {
    outDir: process.env.ONTOGENY_WEB_OUT ?? '../src/ontogeny/explorer/static',
    emptyOutDir: true,
    target: 'es2022',
    // The first with light-dark(), on which the two sets of colours rest.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: 'licences.md' },
    rolldownOptions: {
      output: { format: 'iife', entryFileNames: 'app.js', assetFileNames: 'app[extname]' },
    },
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'], isolate: false, fileParallelism: false, testTimeout: 60_000 },
}))
