import { env } from "cloudflare:workers";

const REFUSED = [
  ["memberships_new", "INSERT ON memberships"],
  ["memberships_old", "UPDATE ON memberships"],
  ["conversations_old", "UPDATE ON conversations"],
];

/** Until disposed, D1 answers queries but refuses the writes of conversations' projections. */
export async function refuseProjection(): Promise<AsyncDisposable> {
  for (const [name, when] of REFUSED) {
    const body = "BEGIN SELECT RAISE(ABORT, 'refused on purpose'); END";
    await env.DB.prepare(`CREATE TRIGGER ${name} BEFORE ${when} ${body}`).run();
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const [name] of REFUSED) await env.DB.prepare(`DROP TRIGGER ${name}`).run();
    },
  };
}
