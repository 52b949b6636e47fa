import { z } from "zod";
import { parseOutput, type Wrangler } from "./calls.ts";
import { DeployFailure } from "./failure.ts";

const Databases = z.array(z.object({ uuid: z.string(), name: z.string() }));

/** A database of the account. */
export type RemoteDatabase = z.infer<typeof Databases>[number];

/** The name of a resource, as wrangler itself would name it on a first deployment. */
export function resourceName(worker: string, binding: string): string {
  return `${worker}-${binding.toLowerCase().replaceAll("_", "-")}`;
}

/** The database of this id, or else of this name; undefined: there is none. @throws a `DeployFailure` */
export async function findDatabase(
  wrangler: Wrangler,
  name: string,
  id: string | undefined,
): Promise<RemoteDatabase | undefined> {
  const listed = await wrangler.must("The databases cannot be listed.", ["d1", "list", "--json"]);
  const all = parseOutput(Databases, listed, "wrangler d1 list");
  const found = all.find((one) => (id === undefined ? one.name === name : one.uuid === id));
  if (found === undefined && id !== undefined)
    throw new DeployFailure(`wrangler.toml names the database ${id}, which is not in this account.`);
  return found;
}

/** @throws a `DeployFailure` */
export async function createDatabase(
  wrangler: Wrangler,
  name: string,
  location: string | undefined,
): Promise<RemoteDatabase> {
  const hint = location === undefined ? [] : ["--location", location];
  await wrangler.must(`The database ${name} could not be created.`, ["d1", "create", name, ...hint]);
  const created = await findDatabase(wrangler, name, undefined);
  if (created === undefined) throw new DeployFailure(`The database ${name} was created and is not listed.`);
  return created;
}

/** Whether the account has a bucket of this name. @throws a `DeployFailure` */
export async function hasBucket(wrangler: Wrangler, name: string): Promise<boolean> {
  const listed = await wrangler.call("r2", "bucket", "list");
  if (!listed.ok)
    throw new DeployFailure(
      "The buckets cannot be listed. R2 has to be turned on once, in the dashboard under R2 Object Storage.\n\n" +
        listed.output.trim(),
    );
  // This command has no JSON, and lists 20 buckets (https://github.com/cloudflare/workers-sdk/issues/15103).
  const isListed = [...listed.stdout.matchAll(/^name:\s+(\S+)\s*$/gm)].some(([, one]) => one === name);
  return isListed || (await wrangler.call("r2", "bucket", "info", name)).ok;
}

/** @throws a `DeployFailure` */
export async function createBucket(wrangler: Wrangler, name: string): Promise<void> {
  await wrangler.must(`The bucket ${name} could not be created.`, ["r2", "bucket", "create", name]);
}
