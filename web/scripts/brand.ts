/**
 * What a deployment calls the page, and how it colours it: `web/brand.json`, which the build reads. So the
 * page asks for nothing at its start, and its first picture is in its colours.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "esbuild";
import { z } from "zod";
import { withAccent } from "./accent.ts";

/** The files of `web/public/icons`, which those of a deployment replace. */
const ICONS = ["icon.svg", "icon-unread.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"];

const Brand = z.strictObject({
  name: z.string().trim().min(1).max(30).default("Parley"),
  /** Variants that can be read are made of it: see `accent.ts`. */
  accent: z
    .string()
    .regex(/^#[\da-f]{6}$/i, "a colour like #3b5bdb")
    .optional(),
  /** a folder, from that of the web client */
  icons: z.string().optional(),
});

export type Brand = z.infer<typeof Brand>;

/**
 * Reads the brand of a deployment.
 * @param web the folder of the web client
 * @throws an `Error` that names what is wrong in the file
 */
export function readBrand(web: string): Brand {
  const path = join(web, "brand.json");
  if (!existsSync(path)) return Brand.parse({});
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Error("web/brand.json is no JSON");
  }
  return brandOf(value, web);
}

/** @throws an `Error` that names what is wrong */
export function brandOf(value: unknown, web: string): Brand {
  const { data, error } = Brand.safeParse(value);
  if (!data) throw new Error(`web/brand.json: ${z.prettifyError(error)}`);
  const { icons } = data;
  const lacking = icons === undefined ? [] : ICONS.filter((name) => !existsSync(resolve(web, icons, name)));
  if (lacking.length > 0)
    throw new Error(`web/brand.json: ${icons} has no ${lacking.join(", ")}: npm run web:icons -- ${icons}`);
  return data;
}

/** Gives what the page is made of the accent of a brand. */
export function coloured({ accent }: Brand, sheet: string): string {
  return accent ? withAccent(sheet, accent) : sheet;
}

/** Gives the tokens of the page the accent of a brand. @param loader what they are made of the sheet */
export function brandTokens(brand: Brand, loader: "css" | "text" = "css"): Plugin {
  return {
    name: "brand",
    setup: ({ onLoad }) =>
      onLoad({ filter: /\/tokens\.css$/ }, ({ path }) => ({
        contents: coloured(brand, readFileSync(path, "utf8")),
        loader,
      })),
  };
}

/** Gives the page its name. */
export function named({ name }: Brand, page: string): string {
  const safe = name.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return page.replaceAll("Parley", () => safe);
}

/** Gives the manifest of the installed page its name and its colour. */
export function brandedManifest({ name, accent }: Brand, manifest: string): string {
  const known: unknown = JSON.parse(manifest);
  return `${JSON.stringify({ ...Object(known), name, short_name: name, ...(accent && { theme_color: accent }) }, null, 2)}\n`;
}
