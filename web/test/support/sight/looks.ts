import type { Page } from "playwright-core";
import type { Language } from "./say.ts";

/** What a view looks like: in a language, in a window of a size, by day or by night. */
export interface Look {
  readonly language: Language;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly theme: "light" | "dark";
}

export const SIZES = [
  { width: 320, height: 640 },
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
  { width: 1440, height: 900 },
] as const;

/** All looks. Neighbours differ in as little as can be. */
export const LOOKS: readonly Look[] = (["en-US", "zh-CN"] as const).flatMap((language) =>
  SIZES.flatMap((viewport) => (["light", "dark"] as const).map((theme) => ({ language, viewport, theme }))),
);

/** Gives a page the size and the colours of a look. */
export async function show(page: Page, { viewport, theme }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize(viewport);
}
