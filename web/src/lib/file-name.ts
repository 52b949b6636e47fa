import { mendedFileName } from "../../../src/domain/names/file-name.ts";

/** The server takes names of so many characters. */
const MAX_NAME = 255;

/** The name of a file as the server keeps it. Of a long one the end, which tells its type. */
export function fileName(name: string): string {
  const end = [...mendedFileName(name)].slice(-MAX_NAME).join("");
  // It may begin within an emoji.
  return mendedFileName(end);
}
