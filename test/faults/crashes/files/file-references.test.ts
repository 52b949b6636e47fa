import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../../support/clients/api.ts";
import { createGroup, deleteMessage, send } from "../../../support/clients/chat.ts";
import { expectUploaded, type StrictFile, upload } from "../../../support/clients/files.ts";
import { breakAt, type FaultPlace } from "../../../support/faults/injected-fault.ts";
import { eachStep } from "../../../support/faults/sampled-steps.ts";
import { runJobs } from "../../../support/objects/assert-consistent.ts";
import { setTiming } from "../../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() =>
  // No alarm records by itself: each step is one of the test.
  setTiming({
    ...{ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } },
    files: { recordMs: 60_000 },
  }),
);

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

const PLACES: FaultPlace[] = ["conversation", "D1 before", "D1 after", "conversation at D1"];

const References = z.array(z.object({ seq: z.int() }));
const State = z.object({ released: z.int(), expires_at: z.int().nullable() });

async function referencesOf({ key }: StrictFile): Promise<number[]> {
  const query = "SELECT seq FROM file_references WHERE key = ? ORDER BY seq";
  const { results } = await env.DB.prepare(query).bind(key).all();
  return References.parse(results).map(({ seq }) => seq);
}

async function stateOf({ key }: StrictFile): Promise<z.infer<typeof State>> {
  return State.parse(await env.DB.prepare("SELECT * FROM files WHERE key = ?").bind(key).first());
}

test.each(PLACES)("a send and a revoke interrupted at any step of %s: D1 learns of both", async (place) => {
  const { id } = await createGroup(ann, [bob]);
  const uploadFile = async () => expectUploaded(await upload(ann, "bytes", "text/plain"));
  await eachStep(`send and revoke, ${place}`, 4, async (step) => {
    const [shown, takenBack] = [await uploadFile(), await uploadFile()];
    const bodyOf = ({ url }: StrictFile) => ({ kind: "file", body: { url } });
    const old = await send(ann, id, bodyOf(takenBack));
    await runJobs(id);
    expect(await referencesOf(takenBack)).toEqual([old.seq]);
    const sends = () =>
      call("POST", `/v1/conversations/${id}/messages`, {
        token: ann.token,
        body: { ...bodyOf(shown), client_msg_id: shown.key },
      });
    const revokes = () => deleteMessage(ann, id, old.seq, "everyone");
    const broken = await breakAt(place, step, { conversationId: id, userId: bob.user.id });
    try {
      await sends();
      await revokes();
      await runJobs(id).catch(() => undefined);
    } finally {
      broken[Symbol.dispose]();
    }
    // The client repeats what failed.
    const { status, body } = await sends();
    expect([200, 201]).toContain(status);
    expect((await revokes()).status).toBe(204);
    await runJobs(id);
    const { seq } = z.object({ seq: z.int() }).parse(body);
    const when = `${place} ${step}`;
    expect(await referencesOf(shown), when).toEqual([seq]);
    expect(await stateOf(shown), when).toEqual({ released: 0, expires_at: null });
    expect(await referencesOf(takenBack), when).toEqual([]);
    expect(await stateOf(takenBack), when).toEqual({ released: 1, expires_at: expect.any(Number) });
    return { isHit: broken.isHit, steps: broken.steps };
  });
});
