// How the page is built and, for development, served beside a running system.
//
//   AUTOMATION_URL    where the system answers (http://127.0.0.1:8000)
//   AUTOMATION_TOKEN  if set, `npm run dev` asks with this token instead of a log-in
import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const system = process.env.AUTOMATION_URL ?? "http://127.0.0.1:8000";
const token = process.env.AUTOMATION_TOKEN;
const proxied = {
  target: system,
  headers: token ? { Authorization: `Bearer ${token}` } : {},
};

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // The API writes a fresh nonce into each copy of index.html that it serves.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: "es2022",
    // Inlined files would be data: URLs, which the content security policy refuses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    manifest: true,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/api": proxied,
      "/openapi.json": proxied,
      "/docs": proxied,
      "/healthz": proxied,
      "/readyz": proxied,
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
