/** `node test/tim-uikit/build.ts FOLDER`: builds the app of the kit into a folder, as its author would. */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { build } from "vite";

const TIM = join(import.meta.dirname, "../../packages/tim/src");
const KIT = createRequire(
  createRequire(import.meta.url).resolve("@tencentcloud/chat-uikit-vue/package.json"),
);

await build({
  configFile: false,
  root: join(import.meta.dirname, "app"),
  plugins: [vue()],
  resolve: {
    alias: [
      // As the guide has it, with the source in place of the package.
      { find: /^(@tencentcloud\/(lite-)?chat|tim-js-sdk)$/, replacement: join(TIM, "index.ts") },
      // One core, where npm has installed one for each plugin.
      {
        find: /^@tencentcloud\/chat-uikit-engine$/,
        replacement: KIT.resolve("@tencentcloud/chat-uikit-engine"),
      },
      // The kit imports the card of a meeting.
      {
        find: /^@tencentcloud\/roomkit-web-vue3$/,
        replacement: join(import.meta.dirname, "app/no-meetings.ts"),
      },
    ],
  },
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import"] } } },
  build: {
    outDir: resolve(process.argv[2] ?? "dist"),
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
  },
  logLevel: "warn",
});
