import { Buffer } from "node:buffer";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import { call, type SignedIn } from "../../../support/clients/api.ts";
import { createGroup } from "../../../support/clients/chat.ts";
import { pngOf } from "../../../support/image-headers.ts";
import { createGroupOfKind } from "../../../support/objects/core.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { data, nameOf, success, tim } from "../client.ts";

const Named = z.looseObject({ ID: z.string() });
const Sent = z.object({ message: Named });

/** Base64 of more than 20 MiB. */
const LARGE = "A".repeat(4 * 7 * 1024 * 1024);

/**
 * Ann and Bob with messages of hers. Cas blocks her. Groups: one of Ann's with Bob, one of Bob's in which she
 * is muted, one without her. Drafts to each of these, and to nobody.
 */
export async function createValues(): Promise<Values> {
  const [ann, bob, cas] = await three();
  success(await tim(cas, "/user/addToBlacklist", { userIDList: [nameOf(ann)] }));
  const { id: group } = await createGroup(ann, [bob]);
  const { id: muted } = await createGroup(bob, [ann]);
  const others = await createGroupOfKind("private", bob, [cas]);
  const member = `/v1/conversations/${muted}/members/${ann.user.id}`;
  await call("PATCH", member, { token: bob.token, body: { muted_for_s: 600 } });
  const sent = await send(ann, await draft(ann, "C2C", nameOf(bob), { text: "first" }));
  const gone = await send(ann, await draft(ann, "C2C", nameOf(bob), { text: "gone" }));
  const forward = await draft(ann, "C2C", nameOf(bob), { message: gone });
  const [id, seq] = gone.split("-");
  await call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=everyone`, { token: ann.token });
  const text = (type: string, to: string | number) => draft(ann, type, String(to), { text: "x" });
  return {
    ...{
      "ann.token": ann.token,
      ann: nameOf(ann),
      bob: nameOf(bob),
      group,
      others,
      conversation: Number(id),
    },
    ...{ sent, gone, large: LARGE, png: Buffer.from(pngOf(3, 2)).toString("base64") },
    ...{ "to.bob": await text("C2C", nameOf(bob)), "to.cas": await text("C2C", nameOf(cas)) },
    ...{ "to.nobody": await text("C2C", "nobody at all"), "to.muted": await text("GROUP", muted) },
    ...{ "to.others": await text("GROUP", others), "to.no.group": await text("GROUP", "no such group") },
    ...{ "of.gone": forward, "of.bob": await draft(bob, "C2C", nameOf(ann), { text: "x" }) },
  };
}

async function three(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const users = await signedInUsers(3);
  return [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
}

async function draft(who: SignedIn, conversationType: string, to: string, payload: object): Promise<string> {
  const body = { to, conversationType, priority: "Normal", payload };
  return (await data(Named, who, "/message/createMessage", body)).ID;
}

async function send(who: SignedIn, ID: string): Promise<string> {
  return (await data(Sent, who, "/message/sendMessage", { ID })).message.ID;
}
