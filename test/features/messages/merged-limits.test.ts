import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { changeProfile, expireProfiles } from "../../support/accounts/profiles.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, page, send } from "../../support/clients/chat.ts";
import {
  expectPosted,
  mergedDraft,
  postDraft,
  type Reference,
  reference,
} from "../../support/clients/forwards.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let zaphod: SignedIn;
/** a group of Ann and Zaphod, the sender */
let sourceGroup: number;
/** a group of Ann and Bob, of which Zaphod never was a member */
let targetGroup: number;

beforeEach(async () => {
  [ann, bob, zaphod] = await registerUsers(3);
  sourceGroup = (await createGroup(ann, [zaphod])).id;
  targetGroup = (await createGroup(ann, [bob])).id;
});

/** A merged message of `count` others, nested by 50. */
async function mergedOf(count: number): Promise<Reference> {
  const source = await send(zaphod, sourceGroup, ".");
  const inner = await expectPosted(
    ann,
    sourceGroup,
    mergedDraft(
      Array.from({ length: 50 }, () => source),
      "",
    ),
  );
  const remainder = count % 51;
  const items = [
    ...Array.from({ length: Math.floor(count / 51) }, () => inner),
    ...Array.from({ length: remainder }, () => source),
  ];
  return expectPosted(ann, targetGroup, mergedDraft(items, ""));
}

test("a merged message holds at most 1,000 messages, nested ones included", async () => {
  const largest = await mergedOf(999);
  expectProblem(
    await postDraft(ann, targetGroup, mergedDraft([largest, { conversation_id: sourceGroup, seq: 1 }])),
    400,
    "validation_failed",
  );
  await expectPosted(ann, targetGroup, mergedDraft([largest], ""));
  const body = mergedDraft([{ conversation_id: targetGroup, seq: 2 }]);
  expectProblem(await postDraft(ann, targetGroup, body), 400, "validation_failed");
});

test("the limit of 256 KiB counts profiles, in forwards too", async () => {
  const largest = await mergedOf(1_000);
  await expectPosted(ann, targetGroup, { forward: reference(largest) });
  await changeProfile(zaphod, { avatar: `https://a.example/${"x".repeat(300)}` });
  await expireProfiles(targetGroup);
  await page(ann, targetGroup);
  expectProblem(await postDraft(ann, targetGroup, { forward: reference(largest) }), 400, "validation_failed");
  expectProblem(await postDraft(ann, targetGroup, mergedDraft([largest])), 400, "validation_failed");
});

test("larger avatars shorten pages, close no socket and lose no message", async () => {
  const largest = await mergedOf(1_000);
  for (const _ of range(1, 3)) await expectPosted(ann, targetGroup, { forward: reference(largest) });
  // The second avatar is six times as long as JSON.
  for (const [avatar, isShown] of [
    ["x".repeat(2_000), true],
    ["\u0001".repeat(2_000), false],
  ] as const) {
    const url = `https://a.example/${avatar}!`;
    // The API refuses such a URL, so it is written to D1 directly.
    await env.DB.prepare("UPDATE users SET avatar = ? WHERE id = ?").bind(url, zaphod.user.id).run();
    await expireProfiles(targetGroup);
    const read: number[] = [];
    for (let more = true; more; ) {
      const answer = await page(bob, targetGroup, `?after=${read.at(-1) ?? 0}`);
      const json = JSON.stringify(answer);
      expect(json.length).toBeLessThan(LIMITS.pageBytes + 10_000);
      expect(json.includes(JSON.stringify(url))).toBe(isShown);
      read.push(...answer.items.map(({ seq }) => seq));
      more = answer.has_more;
    }
    expect(read).toEqual(range(1, 4));
    const socket = await openRoom(targetGroup, bob.token, "?after=0");
    for (let more = true; more; ) {
      const { last_seq, has_more } = await socket.next("synced");
      more = has_more === true;
      if (more) socket.send({ type: "sync", after: last_seq });
    }
    expect(socket.seqs).toEqual(range(1, 4));
    expect(socket.isOpen).toBe(true);
    socket.close();
    const search = `/v1/conversations/${targetGroup}/messages/search?q=x&kind=merged`;
    expect((await call("GET", search, { token: bob.token })).status).toBe(200);
  }
});
