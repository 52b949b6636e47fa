import { signal } from "@preact/signals";
import { stored } from "../../lib/stored.ts";

const kept = stored("folded-categories", (value) =>
  Array.isArray(value) ? value.filter((id) => typeof id === "number") : null,
);

/** The ids of the categories whose channels this browser does not show. */
export const folded = signal<readonly number[]>(kept.read() ?? []);

/** Hides the channels of a category in this browser, or shows them again. */
export function fold(id: number, isFolded: boolean): void {
  const others = folded.value.filter((one) => one !== id);
  folded.value = isFolded ? [...others, id] : others;
  kept.write(folded.value.length > 0 ? [...folded.value] : null);
}
