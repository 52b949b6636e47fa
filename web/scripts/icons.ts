/**
 * `npm run web:icons -- [FOLDER]`: draws `icon.svg` of `web/public/icons`, or of a folder of a deployment, as
 * the PNGs that systems want of an installed page. A maskable one is filled to its edges, and its drawing is
 * in the middle four fifths, since systems cut it to shapes of their own. A deployment's icon with unread
 * messages is its own with a dot.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findChromium, launch } from "../test/support/chromium.ts";
import { ROOT } from "./bundle.ts";

const [own] = process.argv.slice(2);
const FOLDER = own ? resolve(ROOT, own) : join(ROOT, "public/icons");
const COLOUR = own ? "#ffffff" : "#3b5bdb";

const browser = await launch(await findChromium());
const svg = readFileSync(join(FOLDER, "icon.svg"), "utf8");
await draw("icon-192.png", 192, 1);
await draw("icon-512.png", 512, 1);
await draw("icon-maskable-512.png", 512, 0.8);
await browser.close();
if (own) {
  const image = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  const dot = '<circle cx="50" cy="14" r="12" fill="#fa5252" stroke="#fff" stroke-width="3" />';
  writeFileSync(
    join(FOLDER, "icon-unread.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><image href="${image}" width="64" height="64" />${dot}</svg>\n`,
  );
}

/** Draws one file. @param size of both sides, in px @param scale of the drawing in it */
async function draw(name: string, size: number, scale: number): Promise<void> {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const background = scale < 1 ? COLOUR : "transparent";
  await page.setContent(
    `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${background}}svg{width:${scale * 100}%}</style>${svg}`,
  );
  await page.screenshot({ path: join(FOLDER, name), omitBackground: true });
  await page.close();
}
