import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, send } from "../../support/clients/chat.ts";
import { createGroupId, itemAt, range } from "../../support/objects/room.ts";
import type { CallContext } from "../../support/surfaces/contract.ts";
import { data, nameOf, success, tim } from "./client.ts";

/** A call of a contract is made at most this often. */
export const TIMES = 6;

/** Data that calls take besides the context. Each call takes one item of a list, as it works only once. */
export interface Props {
  /** a group that anybody may join */
  open: string;
  drafts: string[];
  /** messages of the member */
  sent: string[];
  /** messages in the member's and the peer's conversation: the member's, and the peer's */
  own: string[];
  peers: string[];
  /** join requests of others to the member */
  applications: object[];
}

const Draft = z.looseObject({ ID: z.string() });
const Notices = z.array(
  z.object({
    message: z.looseObject({
      payload: z.looseObject({
        ...{ operatorID: z.string(), operationType: z.int() },
        ...{ messageKey: z.union([z.int(), z.string()]), authentication: z.string() },
        groupProfile: z.looseObject({ groupID: z.string() }),
      }),
    }),
  }),
);

/** Creates all of it. */
export async function props({ member, peer }: CallContext): Promise<Props> {
  const each = <T>(work: () => Promise<T>) => Promise.all(range(1, TIMES).map(work));
  const [open, other] = [await createGroupId(peer), await createGroupId(member)];
  await policy(peer, open, "free");
  const { id } = await openDirect(member, peer);
  const text = { to: nameOf(peer), conversationType: "C2C", payload: { text: "hello" } };
  const draft = async () => (await data(Draft, member, "/message/createMessage", text)).ID;
  return {
    open: String(open),
    drafts: (await each(() => each(draft))).flat(),
    sent: await each(async () => `${id}-${(await send(member, id, "hello")).seq}`),
    own: (await each(() => each(() => createGroupId(member, peer)))).flat().map(String),
    peers: (await each(() => createGroupId(peer, member))).map(String),
    applications: await applied(member, other),
  };
}

async function policy({ token }: SignedIn, id: number, join_policy: string): Promise<void> {
  await call("PATCH", `/v1/conversations/${id}`, { token, body: { join_policy, discoverable: true } });
}

async function applied(owner: SignedIn, id: number): Promise<object[]> {
  await policy(owner, id, "approval");
  for (const wanting of await signedInUsers(TIMES)) {
    success(await tim(wanting, "/group/joinGroup", { groupID: String(id), applyMessage: "please" }));
  }
  const page = await tim(owner, "/message/getMessageList", { conversationID: "@TIM#SYSTEM" });
  return Notices.parse(success(page).data)
    .map(({ message: { payload } }) => payload)
    .filter(({ operationType, groupProfile }) => operationType === 1 && groupProfile.groupID === String(id))
    .map(({ operatorID, messageKey, authentication, groupProfile }) => ({
      ...{ applicant: operatorID, groupID: groupProfile.groupID, authentication, messageKey },
    }));
}

/** Takes the next item of a list. @throws an Error if none is left */
export function take<T>(list: T[]): T {
  const taken = itemAt(list, 0);
  list.shift();
  return taken;
}
