import { signedInUsers } from "../../../support/accounts/users.ts";
import { itemAt } from "../../../support/objects/room.ts";
import type { Values } from "../../../support/surfaces/matching.ts";
import { communityOf, nameOf, success, tim } from "../client.ts";

/** Ann's community with topics, one of which may end. Cid is not in it. */
export async function createValues(): Promise<Values> {
  const users = await signedInUsers(2);
  const [ann, cid] = [itemAt(users, 0), itemAt(users, 1)];
  const { community, topic } = await communityOf(ann);
  const made = success(
    await tim(ann, "/group/createTopicInCommunity", { groupID: community, topicName: "seeds" }),
  );
  return {
    ...{ ann: nameOf(ann), "ann.token": ann.token, cid: nameOf(cid), "cid.token": cid.token },
    ...{ community, topic, seeds: Object(made.data).topicID },
  };
}
