import { defineConfig } from "vitest/config";

export default defineConfig({
  // Relative, so that the bundle also works behind a proxy's path.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/plantverse/viewer/static",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8420", ws: true } } },
  // Only what hangs is to fail: a busy machine takes its time.
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 60_000 },
});
