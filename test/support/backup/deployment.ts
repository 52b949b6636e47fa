import { applyD1Migrations, listDurableObjectIds, reset, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { SourceCalls, TargetCalls } from "../../../scripts/backup/deployment-calls.ts";
import type { Api } from "../../../scripts/backup/world.ts";
import { hasSchema } from "../../../src/object/migrations.ts";
import { makeServerKey } from "../accounts/server-keys.ts";
import { call } from "../clients/api.ts";
import { continueNumbering } from "../numbering.ts";
import { setRestoring } from "../settings.ts";

const ORIGIN = "https://parley.test";

/** The calls of users, as the world of a drill makes them. */
export const api: Api = async (token, method, path, body) => {
  const isFile = body instanceof Blob;
  const sent = isFile ? new Uint8Array(await body.arrayBuffer()) : body;
  const headers = isFile ? { "Content-Type": body.type } : {};
  const answer = await call(method, path, { token, headers, ...(sent !== undefined && { body: sent }) });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** This deployment as `npm run backup` sees it. */
export async function source(): Promise<SourceCalls> {
  const { text } = await makeServerKey(["backup"]);
  return new SourceCalls(ORIGIN, text, (request) => exports.default.fetch(request));
}

/** Calls of which each is refused after the first ones, as with a key that is revoked meanwhile. */
export class FlakyCalls {
  #left: number;

  constructor(count: number) {
    this.#left = count;
  }

  async fetch(request: Request): Promise<Response> {
    if (this.#left-- > 0) return exports.default.fetch(request);
    return Response.json({ detail: "the key is revoked" }, { status: 401 });
  }
}

/** This deployment as `npm run restore` sees it, which serves nobody else until `serve` is called. */
export async function target(calls?: FlakyCalls): Promise<{ target: TargetCalls; serve: () => void }> {
  const { text } = await makeServerKey(["backup"]);
  const serve = setRestoring();
  return {
    target: new TargetCalls(
      ORIGIN,
      text,
      (request) => calls?.fetch(request) ?? exports.default.fetch(request),
    ),
    serve,
  };
}

/** The objects of deployments before this one: their ids are given to nobody again. */
const former = new Set<string>();

/**
 * Begins a deployment of which nothing is there yet. The objects of tests before are left where they are: to
 * wake thousands only to delete them takes minutes.
 */
export async function beginDeployment(): Promise<void> {
  const lists = [
    listDurableObjectIds(env.CONVERSATION),
    listDurableObjectIds(env.INBOX),
    listDurableObjectIds(env.HOOK),
  ];
  for (const id of (await Promise.all(lists)).flat()) former.add(id.toString());
  await beginAnew();
}

/** Loses the database, all objects and all files of this deployment. New ids follow those that were lost. */
export async function loseEverything(): Promise<void> {
  // A job that runs while objects are deleted one after the other makes some of them again.
  for (let count = await wakeObjects(); count > 0; count = await wakeObjects()) await reset();
  await beginAnew();
}

async function beginAnew(): Promise<void> {
  // `reset` leaves what nobody has used in this test.
  await Promise.all([env.DB.prepare("SELECT 1").run(), env.FILES.head("none")]);
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await continueNumbering();
}

/** Wakes the objects of this deployment, as `reset` skips those that sleep. @returns how many have tables */
async function wakeObjects(): Promise<number> {
  let count = 0;
  const wake = async <T extends Rpc.DurableObjectBranded>(namespace: DurableObjectNamespace<T>) => {
    for (const id of await listDurableObjectIds(namespace)) {
      if (former.has(id.toString())) continue;
      if (await runInDurableObject(namespace.get(id), (_, { storage }) => hasSchema(storage))) count++;
    }
  };
  await wake(env.CONVERSATION);
  await wake(env.INBOX);
  await wake(env.HOOK);
  return count;
}
