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

/** Loses the database, all objects and all files. New ids follow those that were lost. */
export async function loseEverything(): Promise<void> {
  // A job that runs while objects are deleted one after the other makes some of them again.
  for (let isEmpty = false, refused = ""; !isEmpty; ) {
    const found = await wakeObjects();
    isEmpty = found.withTables === 0 && found.refused === refused;
    refused = found.refused;
    await Promise.all([env.DB.prepare("SELECT 1").run(), env.FILES.head("none")]);
    await reset();
  }
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await continueNumbering();
}

/**
 * Wakes all objects, as `reset` skips those that sleep.
 * @returns how many have tables, and the ids of those that refuse to start: a test gave them the tables of a
 * newer release, and nothing can delete them
 */
async function wakeObjects(): Promise<{ withTables: number; refused: string }> {
  let withTables = 0;
  const refused: string[] = [];
  const wake = async <T extends Rpc.DurableObjectBranded>(namespace: DurableObjectNamespace<T>) => {
    for (const id of await listDurableObjectIds(namespace)) {
      try {
        if (await runInDurableObject(namespace.get(id), (_, { storage }) => hasSchema(storage))) withTables++;
      } catch {
        refused.push(id.toString());
      }
    }
  };
  await wake(env.CONVERSATION);
  await wake(env.INBOX);
  await wake(env.HOOK);
  return { withTables, refused: refused.sort().join() };
}
