import { storedForm } from "../../lib/text-forms.ts";
import { withoutHidden } from "./characters.ts";

/**
 * The name under which a file is kept: NFC, without what `hiddenFlaw` refuses, and with `_` for what
 * separates the parts of a path. A file has its name from somewhere else, so a name is mended where a
 * nickname would be refused.
 * @returns `file` if nothing is left, or for `.` and `..`, which a URL cannot end with
 */
export function mendedFileName(name: string): string {
  const mended = withoutHidden(storedForm(name)).replace(/[/\\]/g, "_");
  return /^\.{0,2}$/.test(mended) ? "file" : mended;
}
