import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

/** Settings for a local server, in the format of `.dev.vars`, with a signing key of its own. */
export function localSettings(): string {
  return [`TOKEN_SECRET=${randomBytes(32).toString("hex")}`, "ALLOWED_ORIGINS=*", ""].join("\n");
}

/** Writes the settings to `path` unless the file exists; says whether it did. */
export function writeSettings(path: string): boolean {
  try {
    writeFileSync(path, localSettings(), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
