import type { en } from "./en/index.ts";
import type { Text } from "./text.ts";

/** The name of a text. English has all of them. */
export type Key = keyof typeof en;
/** The texts of a language. */
export type Catalog = Readonly<Record<Key, Text>>;
