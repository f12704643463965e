import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** What only the worker brings along; of the page Vite lists it by itself. */
const workerLicenses: Plugin = {
  name: "worker-licenses",
  async generateBundle() {
    const source = await this.fs.readFile("node_modules/@msgpack/msgpack/LICENSE", { encoding: "utf8" });
    this.emitFile({ type: "asset", fileName: "licenses-msgpack.txt", source });
  },
};

export default defineConfig({
  // Relative, so that the bundle also works behind a proxy's path.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [workerLicenses],
  build: {
    outDir: "../src/plantverse/viewer/static",
    emptyOutDir: true,
    target: "es2022",
    // What we pass on stands under its own licences.
    license: { fileName: "licenses.md" },
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8420", ws: true } } },
  // Only what hangs is to fail: a busy machine takes its time.
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 60_000 },
});
