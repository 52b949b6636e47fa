import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { z } from "zod";
import { chromiumPath } from "../../../packages/client/scripts/chromium.ts";

/** The file that tells a machine where its fonts are. */
const SYSTEM_FONTS = "/etc/fonts/fonts.conf";

/** A microphone that beeps, which each page may use. */
const MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

/** Names of a local network, whose pages are not secure as those of 127.0.0.1 are. */
const LAN = "--host-resolver-rules=MAP *.lan 127.0.0.1";

/** A Chromium that can be started, as plain data: it is found once a run, for all test files. */
export interface FoundChromium {
  path: string;
  /** what it needs in its environment */
  env: Record<string, string>;
}

/**
 * Finds the Chromium of the tests: that of `CHROMIUM_PATH`, else that of the npm package
 * `@sparticuz/chromium`, which is for Linux on x64 and needs no library of the system, else one that is
 * installed.
 * @throws an Error if there is none
 */
export async function findChromium(): Promise<FoundChromium> {
  const local = chromiumPath();
  const isPackaged = process.platform === "linux" && process.arch === "x64";
  if (isPackaged && process.env.CHROMIUM_PATH === undefined) return packaged();
  if (local !== undefined) return { path: local, env: {} };
  throw new Error("There is no Chromium on this machine. Name one: CHROMIUM_PATH=/path/to/chromium npm test");
}

/** Starts a browser. */
export function launch({ path, env }: FoundChromium): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    // Containers run tests as root, whom Chromium's sandbox refuses.
    args: ["--no-sandbox", "--disable-gpu", "--headless=shell", LAN, ...MICROPHONE],
    env: { ...process.env, ...env },
  });
}

/** The packaged Chromium, which is unpacked at the first use, within 4 s, to 220 MB below node_modules/. */
async function packaged(): Promise<FoundChromium> {
  const require = createRequire(import.meta.url);
  const home = join(dirname(require.resolve("@sparticuz/chromium")), "..");
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(home, "package.json"), "utf8")));
  const caches = join(home, "../../.cache");
  const folder = join(caches, `parley-chromium-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(caches, { recursive: true });
    const scratch = mkdtempSync(`${folder}-`);
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, "unpack.ts")], {
      env: { ...process.env, TMPDIR: scratch, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" },
    });
    // The file of the package names folders of AWS.
    writeFileSync(join(scratch, "fonts/fonts.conf"), fonts(folder));
    // Another run may have been quicker.
    if (existsSync(folder)) rmSync(scratch, { recursive: true });
    else renameSync(scratch, folder);
  }
  return {
    path: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: join(folder, "al2023/lib"),
      ...(!existsSync(SYSTEM_FONTS) && { FONTCONFIG_PATH: join(folder, "fonts") }),
    },
  };
}

function fonts(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts/fonts</dir>
  <cachedir>${folder}/fonts/cache</cachedir>
</fontconfig>
`;
}
