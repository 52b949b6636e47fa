import { z } from "zod";
import { parseOutput, type Wrangler } from "./calls.ts";
import { DeployFailure } from "./failure.ts";

const Identity = z.object({
  loggedIn: z.literal(true),
  accounts: z.array(z.object({ id: z.string(), name: z.string() })),
});
const Secrets = z.array(z.object({ name: z.string() }));
const Deployment = z.object({
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })).min(1),
});
const Version = z.object({
  annotations: z.object({ "workers/tag": z.string().optional() }).optional(),
  resources: z.object({
    bindings: z.array(
      z.object({
        type: z.string(),
        name: z.string(),
        id: z.string().optional(),
        database_id: z.string().optional(),
      }),
    ),
  }),
});

/** The Worker as it is deployed now. */
export interface Live {
  secrets: string[];
  versionId: string;
  /** what `npm run deploy` called this version */
  tag: string | undefined;
  /** the database of the binding `DB` */
  databaseId: string | undefined;
}

/**
 * Checks that wrangler is signed in and knows which account is meant.
 * @returns the account
 * @throws a `DeployFailure`
 */
export async function requireAccount(
  wrangler: Wrangler,
  accountId: string | undefined,
): Promise<{ id: string; name: string }> {
  const called = await wrangler.call("whoami", "--json");
  if (!called.ok) {
    throw new DeployFailure(
      "Wrangler is not signed in. Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN where no browser can open. " +
        `A token needs the rights of the template "Edit Cloudflare Workers", and D1: Edit.\n\n${called.output.trim()}`,
    );
  }
  const { accounts } = parseOutput(Identity, called, "wrangler whoami");
  const chosen = accountId === undefined ? accounts : accounts.filter(({ id }) => id === accountId);
  const [account, another] = chosen;
  if (account === undefined) {
    // A token of an account may not list it; wrangler then takes the id as it is.
    if (accountId !== undefined) return { id: accountId, name: accountId };
    throw new DeployFailure("Your sign-in reaches no account: create one at https://dash.cloudflare.com.");
  }
  if (another !== undefined) {
    const list = accounts.map(({ id, name }) => `  ${id}  ${name}`).join("\n");
    throw new DeployFailure(
      `You have several accounts. Set CLOUDFLARE_ACCOUNT_ID to the one that is meant:\n${list}`,
    );
  }
  return account;
}

/** What is deployed under this name; null: nothing yet. @throws a `DeployFailure` */
export async function findLive(wrangler: Wrangler, worker: string): Promise<Live | null> {
  const listed = await wrangler.call("secret", "list", "--name", worker, "--format", "json");
  // Wrangler ends with 1 for every failure: its words alone tell that the Worker does not exist.
  if (!listed.ok && listed.output.includes(`Worker "${worker}" not found`)) return null;
  if (!listed.ok) throw new DeployFailure(`The Worker cannot be read.\n\n${listed.output.trim()}`);
  const secrets = parseOutput(Secrets, listed, "wrangler secret list").map(({ name }) => name);
  const status = await wrangler.must("The deployment cannot be read.", [
    ...["deployments", "status", "--name", worker, "--json"],
  ]);
  const { versions } = parseOutput(Deployment, status, "wrangler deployments status");
  const [newest] = versions.toSorted((a, b) => b.percentage - a.percentage);
  const versionId = newest?.version_id ?? "";
  const viewed = await wrangler.must("The version cannot be read.", [
    ...["versions", "view", versionId, "--name", worker, "--json"],
  ]);
  const { annotations, resources } = parseOutput(Version, viewed, "wrangler versions view");
  const database = resources.bindings.find(({ type, name }) => type === "d1" && name === "DB");
  const databaseId = database?.database_id ?? database?.id;
  return { secrets, versionId, tag: annotations?.["workers/tag"], databaseId };
}
