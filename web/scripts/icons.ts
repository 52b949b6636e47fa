/**
 * `npm run web:icons`: draws `web/public/icons/icon.svg` as the PNGs that systems want of an installed
 * page. A maskable one is filled to its edges, and its drawing is in the middle four fifths, since systems
 * cut it to shapes of their own.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findChromium, launch } from "../test/support/chromium.ts";
import { ROOT } from "./bundle.ts";

const FOLDER = join(ROOT, "public/icons");
const COLOUR = "#3b5bdb";

const browser = await launch(await findChromium());
const svg = readFileSync(join(FOLDER, "icon.svg"), "utf8");
await draw("icon-192.png", 192, 1);
await draw("icon-512.png", 512, 1);
await draw("icon-maskable-512.png", 512, 0.8);
await browser.close();

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
