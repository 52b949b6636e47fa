/** `npm start`: Parley on a machine of one's own. `--help` has the flags, docs/own-machine.md the reasons. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SETUP } from "../src/domain/settings.ts";
import { DeployFailure } from "./deploy/failure.ts";
import { objectionToLocal } from "./releases/taken-over.ts";
import { built } from "./start/build.ts";
import { reasonOf, requireWhole, takeFolder } from "./start/folder.ts";
import { Front } from "./start/front.ts";
import { HELP, type Options, readOptions } from "./start/options.ts";
import { settingsOf } from "./start/settings.ts";
import { watchSpace } from "./start/space.ts";
import { upgrade } from "./start/upgrade.ts";
import { whenOrphaned } from "./support/orphan.ts";
import type { Plan } from "./worker/plan.ts";

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options === null) console.log(HELP);
    else if (options.buildsOnly) await build();
    else await serve(options);
    return 0;
  } catch (error) {
    const isUsage = error instanceof TypeError && "code" in error;
    if (!(error instanceof DeployFailure) && !isUsage) throw error;
    console.error(`✘ ${error.message}`);
    return 1;
  }
}

/** The build of these sources, which is made if there is none. */
function build(): Promise<Plan> {
  return built(console.log).catch(failed("be built by this user (npm start -- --build builds it)"));
}

/** Serves until a signal ends it. */
async function serve({ data, port, host, tls, proxies, isRollBack }: Options): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    whenOrphaned(resolve);
  });
  using _folder = takeFolder(data);
  using _space = watchSpace(data);
  const pem = tls && { cert: readPem(tls.cert), key: readPem(tls.key) };
  await using front = cannot(`use the certificate, or the proxies ${proxies.join(", ")}`, () => {
    return new Front({ port, host, proxies, tls: pem });
  });
  requireWhole(data);
  // Before all that takes time: who asks meanwhile is told to come back.
  const bound = await front.listen().catch(failed(`listen at port ${port} of ${host}`));
  const objection = await objectionToLocal(data).catch(failed(`read the database in ${data}`));
  if (objection !== null) throw new DeployFailure(objection);
  const plan = await build();
  const setup = SETUP + randomBytes(24).toString("base64url");
  const settings = settingsOf(data, plan.bindings, process.env);
  const bindings = { ...settings, SETUP_CODE: setup };
  const upgraded = cannot(`read the database in ${data}`, () => upgrade(data, isRollBack));
  // It takes a second to load, which what cannot start does not need.
  const { Runtime } = await import("./start/runtime.ts");
  const starting = Runtime.start({ ...plan, bindings, state: join(data, "v3") }, data);
  await using runtime = await starting.catch(failed(`start on ${data}`));
  const awaitsSetup = await runtime.awaitsSetup().catch(failed(`start on ${data}`));
  upgraded.end();
  front.passTo(runtime.inside);
  const name = ["127.0.0.1", "0.0.0.0", "::"].includes(host) ? "localhost" : host;
  const origin = settings.PUBLIC_ORIGIN || `${pem ? "https" : "http"}://${name}:${bound}`;
  const link = `Nobody has a role here yet. Who opens this link makes the first account, which administers the
server. It ends with this start: ${origin}/#/join/${setup}
`;
  process.stdout.write(
    `${awaitsSetup ? link : ""}Parley is ready: ${origin} (port ${bound}, data in ${data})\n`,
  );
  await asked;
  console.log("Stopping: what is under way ends, and clients come back.");
  // Before the runtime.
  await front.end();
}

function readPem(path: string): Buffer {
  return cannot(`read the certificate or key ${path}`, () => readFileSync(path));
}

/** Does something, and says in one line what cannot be done. @throws a `DeployFailure` */
function cannot<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    return failed(what)(cause);
  }
}

/** The same for what has failed. */
function failed(what: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof DeployFailure) throw cause;
    throw new DeployFailure(`The server cannot ${what}: ${reasonOf(cause)}.`);
  };
}
