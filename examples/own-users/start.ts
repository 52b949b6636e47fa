/**
 * `npm run example:own-users`: Parley, the issuer, the backend and the page, until Ctrl-C. The page is at
 * http://localhost:5173; `--port` is another port for it. Parley's state is in a temporary folder.
 */
import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs, promisify } from "node:util";
import { build } from "esbuild";
import { createServer } from "vite";
import { freePort } from "../../scripts/support/ports.ts";
import { inTemporaryFolder, Server, type TemporaryFolder } from "../../scripts/support/server.ts";
import { ROOT } from "../../scripts/support/wrangler.ts";

const HERE = import.meta.dirname;
const { values } = parseArgs({ options: { port: { type: "string", default: "5173" } } });

const issuerPort = await freePort();
const ISSUER = `http://localhost:${issuerPort}`;
/** What an operator puts into `.dev.vars`, or into the settings of a deployment. */
const AUTH_ISSUERS = JSON.stringify([
  { issuer: ISSUER, audience: "chat", jwks: `${ISSUER}/keys`, algorithms: ["ES256"] },
]);

await inTemporaryFolder(undefined, start, [`AUTH_ISSUERS='${AUTH_ISSUERS}'`]);

async function start(folder: TemporaryFolder): Promise<never> {
  console.log("Starting Parley, the issuer, the backend and the page. That takes some seconds.");
  const PARLEY_KEY = await makeKey(folder);
  const { origin: PARLEY_URL } = await Server.start(folder);
  run(join(HERE, "issuer.ts"), { PORT: `${issuerPort}`, ISSUER });

  const backendPort = await freePort();
  const backend = run(await backendIn(folder), { PORT: `${backendPort}`, PARLEY_URL, PARLEY_KEY });
  await untilPrinted(backend, "ready");

  process.env.VITE_PARLEY_URL = PARLEY_URL;
  const page = await createServer({
    root: join(HERE, "page"),
    configFile: false,
    logLevel: "warn",
    cacheDir: join(folder.scratch, "vite"),
    server: {
      port: values.port === "0" ? await freePort() : Number(values.port),
      strictPort: values.port === "0",
      proxy: { "/issuer": ISSUER, "/api": `http://localhost:${backendPort}` },
    },
  });
  await page.listen();
  const address = page.resolvedUrls?.local[0];
  console.log(`\nAnn: ${address}?user=ann\nBen: ${address}?user=ben\n`);
  console.log("Open both and chat. Ctrl-C ends all of it.");
  return new Promise(() => {});
}

/** Makes a server key, as an operator does. */
async function makeKey({ state }: TemporaryFolder): Promise<string> {
  const scopes = ["users", "conversations", "hooks"].join(",");
  const args = [
    "run",
    "keys",
    "--",
    "create",
    "--name",
    "own-users",
    "--scopes",
    scopes,
    "--persist-to",
    state,
  ];
  const { stdout } = await promisify(execFile)("npm", args, { cwd: ROOT, env: { ...process.env, CI: "1" } });
  const [key] = /^psk_\S+$/m.exec(stdout) ?? [];
  if (key === undefined) throw new Error(`no key:\n${stdout}`);
  return key;
}

/** Bundles the backend with the sources of parley-server: a product has the package from npm. */
async function backendIn({ scratch }: TemporaryFolder): Promise<string> {
  const outfile = join(scratch, "backend.mjs");
  await build({
    entryPoints: [join(HERE, "backend.ts")],
    ...{ bundle: true, format: "esm", platform: "node", target: "es2023", outfile },
    alias: { "parley-server": join(ROOT, "packages/server/src/index.ts") },
  });
  return outfile;
}

/** Runs a program, which ends with this one. */
function run(path: string, env: Record<string, string>): ChildProcessByStdio<null, Readable, null> {
  const child = spawn(process.execPath, [path], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  child.stdout.on("data", (text) => process.stdout.write(text));
  process.once("exit", () => child.kill());
  return child;
}

/** Resolves once a program has printed a word. @throws an Error if it ends before */
async function untilPrinted(child: ChildProcessByStdio<null, Readable, null>, word: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text) => `${text}`.includes(word) && resolve());
    child.once("close", (code) => reject(new Error(`a program ended with ${code}`)));
  });
}
