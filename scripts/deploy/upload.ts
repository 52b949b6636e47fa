import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Wrangler } from "./calls.ts";

const Uploaded = z.object({
  type: z.literal("deploy"),
  version_id: z.string().nullable(),
  targets: z.array(z.string()).nullish(),
});

/** A deployment that wrangler has made. */
export interface Upload {
  versionId: string | null;
  /** where the Worker answers; undefined: wrangler named no address that can be called */
  address: string | undefined;
}

/**
 * Uploads and deploys the Worker.
 * @param secrets the file of new secrets; those that the Worker has stay
 * @throws a `DeployFailure`
 */
export async function upload(
  wrangler: Wrangler,
  config: string,
  folder: string,
  tag: string,
  secrets: string | undefined,
): Promise<Upload> {
  const file = join(folder, "output.ndjson");
  const withSecrets = secrets === undefined ? [] : ["--secrets-file", secrets];
  await wrangler.must(
    "The Worker was not deployed. The database is migrated, which the running version does not mind: correct the cause and repeat.",
    ["deploy", "--config", config, "--tag", tag, ...withSecrets],
    { WRANGLER_OUTPUT_FILE_PATH: file },
  );
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  const entries = lines.map((line) => Uploaded.safeParse(JSON.parse(line)));
  const done = entries.find(({ success }) => success)?.data;
  const addresses = (done?.targets ?? []).flatMap(addressOf);
  // A domain of one's own before workers.dev.
  const own = addresses.find((address) => !address.endsWith(".workers.dev"));
  return { versionId: done?.version_id ?? null, address: own ?? addresses[0] };
}

/** The URL of a target: a host of workers.dev, `host (custom domain)`, a URL. A route with a path is none. */
function addressOf(target: string): string[] {
  const [pattern = ""] = target.split(" ");
  const host = pattern.replace(/^https?:\/\//, "").replace(/\/\*?$/, "");
  return /^[\w.-]+\.[a-z]{2,}$/i.test(host) ? [`https://${host}`] : [];
}
