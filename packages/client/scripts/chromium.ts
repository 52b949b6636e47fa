import { existsSync } from "node:fs";

/** Where Debian, Ubuntu, Fedora and Google's own package have it. */
const USUAL = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** The path of a Chromium on this machine: `CHROMIUM_PATH`, or a usual one; undefined if there is none. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM_PATH ?? USUAL.find((path) => existsSync(path));
}
