import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

/** How the page is drawn: as the system is, or always light or dark. */
export const THEMES = ["system", "light", "dark"] as const;

/** How close the rows of lists and the messages stand. */
export const DENSITIES = ["cosy", "compact"] as const;

export const theme = choice("theme", THEMES);

export const density = choice("density", DENSITIES);

/** What the user chooses for this browser, which the sheets read from the root: the first unless chosen. */
function choice<const T extends string>(name: string, all: readonly [T, ...T[]]) {
  const kept = stored(name, (value) => all.find((one) => one === value) ?? null);
  const chosen = signal<T>(kept.read() ?? all[0]);
  effect(() => {
    const { dataset } = document.documentElement;
    const { value } = chosen;
    if (value === all[0]) delete dataset[name];
    else dataset[name] = value;
    kept.write(value === all[0] ? null : value);
  });
  return chosen;
}
