import { FileKey } from "../ids.ts";

/**
 * The path of a file in a text: as in a URL, or with slashes that JSON inside a string or percent encoding
 * has escaped.
 */
const FILE_PATH = /files(?:\\*\/|%2[fF])([0-9a-f]{32})(?![0-9a-f])/g;

/**
 * The keys of the files whose URLs occur in a text, each once. The origin is not compared: a server has
 * several, and a key that is no key of this server names no file.
 */
export function fileKeysIn(text: string): FileKey[] {
  // Most texts name no file: this test takes a microsecond.
  if (!text.includes("files")) return [];
  const keys = Array.from(text.matchAll(FILE_PATH), ([, key]) => FileKey.parse(key));
  return [...new Set(keys)];
}
