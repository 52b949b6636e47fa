/**
 * `npm run deploy`: brings Parley into a Cloudflare account, or brings a deployed one up to date.
 * docs/operate.md is its manual, scripts/deploy/run.ts has its steps.
 */
import { buildWeb } from "../web/scripts/bundle.ts";
import { runWrangler } from "./deploy/calls.ts";
import { DeployFailure } from "./deploy/failure.ts";
import { HELP, readOptions } from "./deploy/options.ts";
import { deploy } from "./deploy/run.ts";
import { askHidden } from "./deploy/secrets.ts";

/** How long a new host name may take until it answers. */
const PATIENCE_MS = 90_000;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();

async function main(): Promise<number> {
  const { env } = process;
  try {
    const options = readOptions(process.argv.slice(2), env, process.stdin.isTTY);
    if (options === null) console.log(HELP);
    else
      await deploy(options, {
        run: runWrangler,
        buildAssets: buildWeb,
        env,
        tell: console.log,
        ask: options.interactive ? askHidden : null,
        patienceMs: Number(env.DEPLOY_PATIENCE_MS ?? PATIENCE_MS),
      });
    return 0;
  } catch (error) {
    const isUsage = error instanceof TypeError && "code" in error;
    if (!(error instanceof DeployFailure) && !isUsage) throw error;
    console.error(`\n✘ ${error.message}`);
    return 1;
  }
}
