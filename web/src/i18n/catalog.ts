import type { texts as first } from "./en/index.ts";
import type { texts as later } from "./en/later/index.ts";
import type { Text } from "./text.ts";

/** The texts of a language that the first view shows. English decides which there are. */
export type Catalog = Readonly<Record<keyof typeof first, Text>>;
/** Those of the views that are loaded when they are needed. */
export type LaterCatalog = Readonly<Record<keyof typeof later, Text>>;
/** The name of a text. */
export type Key = keyof Catalog | keyof LaterCatalog;
