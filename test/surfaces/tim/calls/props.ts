import { signedInUsers } from "../../../support/accounts/users.ts";
import { openDirect, send } from "../../../support/clients/chat.ts";
import { createGroupId, range } from "../../../support/objects/room.ts";
import type { CallContext } from "../../../support/surfaces/contract.ts";
import { communityOf, nameOf, success, tim } from "../client.ts";

/** Data that further calls take. Each call takes one item of a list, as it works only once. */
export interface FurtherProps {
  /** users who have asked the member for friendship */
  asking: string[];
  /** a group of friends of the member's, and others that end or get other names */
  friendGroup: string;
  friendGroups: string[];
  /** messages of the member: one that changes, one in the group, and those that are hidden */
  changed: string;
  inGroup: string;
  hidden: string[];
  /** a conversation of the member's whose history goes */
  cleared: string;
  /** a community of the member's, and a topic of it */
  community: string;
  topic: string;
  conversationGroups: string[];
  newNames: string[];
}

/** Creates all of it. @param times how often each call is made at most */
export async function furtherProps(
  { member, peer, group }: CallContext,
  times: number,
): Promise<FurtherProps> {
  const names = (begin: string, count: number) => range(1, count).map((i) => `${begin}${i}`);
  const asking = await signedInUsers(3 * times);
  for (const user of asking) success(await tim(user, "/friend/addFriend", { to: nameOf(member) }));
  const friendGroups = names("old", 2 * times);
  for (const name of ["kept", ...friendGroups])
    success(await tim(member, "/friend/createFriendGroup", { name }));
  const { id } = await openDirect(member, peer);
  const place = async (conversation: number) =>
    `${conversation}-${(await send(member, conversation, "hello")).seq}`;
  const hidden: string[] = [];
  for (const _ of range(1, times)) hidden.push(await place(id));
  const { community, topic } = await communityOf(member);
  const own = await createGroupId(member, peer);
  const conversationGroups = names("g", 2 * times);
  for (const groupName of conversationGroups) {
    const conversationIDList = [`GROUP${own}`];
    success(await tim(member, "/conversation/createConversationGroup", { groupName, conversationIDList }));
  }
  return {
    ...{ asking: asking.map(nameOf), friendGroup: "kept", friendGroups },
    ...{ changed: await place(id), inGroup: await place(group), hidden, cleared: `GROUP${own}` },
    ...{ community, topic, conversationGroups, newNames: names("new", times) },
  };
}
