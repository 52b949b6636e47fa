import { expect, test } from "vitest";
import { EVENT, TYPES } from "../src/index.ts";
import { eventually, User } from "./support/user.ts";

interface Topic {
  topicID: string;
  topicName: string;
  unreadCount: number;
}
const topicsIn = (data: object): Topic[] =>
  Object(data).successTopicList.map(({ topic }: { topic: Topic }) => topic);

test("topics of a community are made, changed, written in and deleted, and the other device hears of it", async () => {
  const ann = await User.ready("ann");
  const { chat } = ann;
  const made = await chat.createGroup({ name: "bees", type: TYPES.GRP_COMMUNITY, isSupportTopic: true });
  const { groupID } = Object(made.data.group);
  expect(Object((await chat.getJoinedCommunityList()).data).groupList).toMatchObject([
    { groupID, isSupportTopic: true },
  ]);
  const other = await User.onDevice(ann.userID, ann.token);
  const [general] = topicsIn((await other.chat.getTopicList({ groupID })).data);
  expect(general).toMatchObject({ topicName: "general", unreadCount: 0 });

  const { topicID } = Object((await chat.createTopicInCommunity({ groupID, topicName: "seeds" })).data);
  expect(await other.until(EVENT.TOPIC_CREATED, () => true)).toMatchObject({
    ...{ groupID, topicID, topic: { topicName: "seeds" } },
  });
  await ann.say(topicID, "beans", "GROUP");
  expect(await other.message(({ payload }) => payload.text === "beans")).toMatchObject({
    ...{ conversationID: `GROUP${topicID}`, to: topicID, flow: "out" },
  });
  await eventually(async () =>
    expect(await other.conversation(`GROUP${topicID}`)).toMatchObject({
      ...{ unreadCount: 0, lastMessage: { messageForShow: "beans" } },
    }),
  );

  await chat.updateTopicProfile({ groupID, topicID, topicName: "Seeds" });
  expect(await other.until(EVENT.TOPIC_UPDATED, () => true)).toMatchObject({
    ...{ groupID, topicID, topic: { topicName: "Seeds" } },
  });
  await chat.deleteTopicFromCommunity({ groupID, topicIDList: [topicID] });
  const isGone = ({ topicIDList }: { topicIDList: string[] }) => topicIDList.includes(topicID);
  expect(await other.until(EVENT.TOPIC_DELETED, isGone)).toEqual({ groupID, topicIDList: [topicID] });
  // Ann's first device has not asked for topics.
  expect(ann.heard(EVENT.TOPIC_CREATED)).toEqual([]);
});
