import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

/**
 * Writes the settings of a local server to `path`, in the format of `.dev.vars`, with a random signing key.
 * An existing file is kept.
 * @param more further lines
 * @returns whether the file was written
 */
export function writeSettings(path: string, more: readonly string[] = []): boolean {
  const settings = [
    `TOKEN_SECRET=${randomBytes(32).toString("hex")}`,
    "ALLOWED_ORIGINS=*",
    "APP_KEYS=dev-app-key",
    "USERSIG_RULE_KEY=dev-rule-key",
    "USERSIG_PROVISIONING=open",
    ...more,
    "",
  ];
  try {
    writeFileSync(path, settings.join("\n"), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
