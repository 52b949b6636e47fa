import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

/** How the page is drawn: as the system is, or always light or dark. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const kept = stored("theme", (value) => THEMES.find((one) => one === value) ?? null);

export const theme = signal<Theme>(kept.read() ?? "system");

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset.theme;
  else dataset.theme = theme.value;
  kept.write(theme.value === "system" ? null : theme.value);
});
