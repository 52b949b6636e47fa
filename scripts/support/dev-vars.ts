import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";

/**
 * Writes settings for a local server, with a signing key of its own, to `path` in the format of
 * `.dev.vars`, and `more` of them. A file that exists is left alone; says whether it wrote.
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
