import { z } from "zod";
import { signedIn } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, send } from "../../support/clients/chat.ts";
import { at, newGroup, range } from "../../support/objects/room.ts";
import type { Stage } from "../../support/surfaces/dialect.ts";
import { data, nameOf, success, tim } from "./client.ts";

/** A call of a dialect is made so many times, and fewer. */
const TIMES = 6;

/** What calls take besides the stage; of a list each takes one, as it is good once. */
export interface Props {
  /** where anybody may join */
  open: string;
  drafts: string[];
  /** messages of the member */
  sent: string[];
  /** of the member and the peer: the first one's; the second one's */
  own: string[];
  peers: string[];
  /** what others have asked of the member */
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

/** Makes all of it. */
export async function props({ member, peer }: Stage): Promise<Props> {
  const each = <T>(work: () => Promise<T>) => Promise.all(range(1, TIMES).map(work));
  const [open, other] = [await newGroup(peer), await newGroup(member)];
  await policy(peer, open, "free");
  const { id } = await openDirect(member, peer);
  const text = { to: nameOf(peer), conversationType: "C2C", payload: { text: "hello" } };
  const draft = async () => (await data(Draft, member, "/message/createMessage", text)).ID;
  return {
    open: String(open),
    drafts: (await each(() => each(draft))).flat(),
    sent: await each(async () => `${id}-${(await send(member, id, "hello")).seq}`),
    own: (await each(() => each(() => newGroup(member, peer)))).flat().map(String),
    peers: (await each(() => newGroup(peer, member))).map(String),
    applications: await applied(member, other),
  };
}

async function policy({ token }: SignedIn, id: number, join_policy: string): Promise<void> {
  await call("PATCH", `/v1/conversations/${id}`, { token, body: { join_policy } });
}

async function applied(owner: SignedIn, id: number): Promise<object[]> {
  await policy(owner, id, "approval");
  for (const wanting of await signedIn(TIMES)) {
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

/** The next of a list: each is taken once. */
export function take<T>(list: T[]): T {
  const taken = at(list, 0);
  list.shift();
  return taken;
}
