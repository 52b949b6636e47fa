/** `node test/tim-uikit/build.ts APP FOLDER`: builds the app of a kit into a folder, as its author would. */
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
  root: join(import.meta.dirname, process.argv[2] ?? "app"),
  plugins: [vue()],
  resolve: {
    alias: [
      // As the guide has it, with the source in place of the package.
      {
        find: /^(@tencentcloud\/(lite-)?chat|tim-js-sdk)(\/(basic|standard|professional))?$/,
        replacement: join(TIM, "index.ts"),
      },
      { find: /^@tencentcloud\/lite-chat\/plugins\/.*$/, replacement: join(TIM, "plugin.ts") },
      // One core, where npm has installed one for each plugin.
      {
        find: /^@tencentcloud\/chat-uikit-engine$/,
        replacement: KIT.resolve("@tencentcloud/chat-uikit-engine"),
      },
      // The kits import the card of a meeting, and all of meetings and streams.
      {
        find: /^@tencentcloud\/roomkit-web-vue3$/,
        replacement: join(import.meta.dirname, "app/no-meetings.ts"),
      },
      {
        find: /^(@tencentcloud\/tuiroom-engine-js|trtc-cloud-js-sdk|svgaplayerweb)$/,
        replacement: join(import.meta.dirname, "react-app/no-meetings.cjs"),
      },
    ],
  },
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import"] } } },
  build: {
    outDir: resolve(process.argv[3] ?? "dist"),
    emptyOutDir: true,
    minify: false,
    reportCompressedSize: false,
  },
  logLevel: "error",
});
