import { beforeAll, expect, test } from "vitest";
import { Server } from "../../packages/client/test/support/server.ts";
import type {} from "../../packages/client/test/support/setup.ts";
import { type Chat, create, EVENT, TYPES } from "../../packages/tim/src/index.ts";
import type { Message } from "../../packages/tim/src/types.ts";
import { eventually } from "../../packages/tim/test/support/eventually.ts";

/** What the tests use of the core of a UI kit: both cores have the same. */
interface Engine {
  TUIChatEngine: {
    chat: Chat;
    login(options: object): Promise<unknown>;
    logout(): Promise<unknown>;
    isReady(): boolean;
  };
  TUIStore: {
    getData(store: string, key: string): unknown;
    getConversationModel(conversationID: string): Shown | undefined;
  };
  TUIConversationService: Record<string, (options: unknown) => Promise<unknown>>;
  TUIChatService: Record<string, (...options: unknown[]) => Promise<{ data: { message: Message } }>>;
  TUIGroupService: Record<string, (options: unknown) => Promise<{ data: Record<string, unknown> }>>;
  TUIUserService: Record<string, (options?: unknown) => Promise<{ data: unknown }>>;
}

/** A conversation, or a message, as the store has it. */
interface Shown extends Message {
  unreadCount: number;
  isPinned: boolean;
  isMuted: boolean;
  progress: number;
  getLastMessage?(key: string): string;
  getMessageContent(): Record<string, unknown>;
}

/** Plays a user's day over the core of a UI kit, against another user who has none. */
export function play(load: () => Promise<unknown>): void {
  let engine: Engine;
  let bob: Chat;
  let [ann, bobs] = ["", ""];

  const list = () => engine.TUIStore.getData("conversation", "conversationList") as Shown[];
  const shown = () => engine.TUIStore.getData("chat", "messageList") as Shown[];
  const texts = () => shown().map(({ payload }) => payload.text);
  const conversationID = () => `C2C${bobs}`;
  /** Bob says something. */
  const hears = async (text: string, to = ann, conversationType: "C2C" | "GROUP" = "C2C") => {
    const message = bob.createTextMessage({ to, conversationType, payload: { text } });
    return (await bob.sendMessage(message)).data.message;
  };

  beforeAll(async () => {
    const server = Server.shared();
    Reflect.set(globalThis, "PARLEY_TIM_SERVER", server.origin);
    engine = (await load()) as Engine;
    const [one, other] = [await server.person("ann"), await server.person("bob")];
    [ann, bobs] = [one.user.username, other.user.username];
    bob = create({ SDKAppID: 2, server: server.origin });
    const isReady = new Promise((resolve) => bob.on(EVENT.SDK_READY, resolve));
    await bob.login({ userID: bobs, userSig: other.token });
    await isReady;
    await hears("before");
    await engine.TUIChatEngine.login({ SDKAppID: 1, userID: ann, userSig: one.token, useUploadPlugin: true });
    return async () => {
      await engine.TUIChatEngine.logout();
      await bob.destroy();
    };
  });

  test("signs in, and shows the list", async () => {
    expect(engine.TUIChatEngine.isReady()).toBe(true);
    await eventually(() =>
      expect(list()).toMatchObject([{ conversationID: conversationID(), unreadCount: 1 }]),
    );
    expect(engine.TUIStore.getData("conversation", "totalUnreadCount")).toBe(1);
    expect(list()[0]?.getLastMessage?.("text")).toContain("before");
    await eventually(() =>
      expect(engine.TUIStore.getData("user", "userProfile")).toMatchObject({ userID: ann }),
    );
  });

  test("shows history, reads it, and what comes meanwhile", async () => {
    await engine.TUIConversationService.switchConversation?.(conversationID());
    await eventually(() => expect(texts()).toEqual(["before"]));
    await eventually(() => expect(list()[0]?.unreadCount).toBe(0));
    await hears("now");
    await eventually(() => expect(texts()).toEqual(["before", "now"]));
  });

  test("sends texts, faces, custom messages and files", async () => {
    const chat = engine.TUIChatService;
    await chat.sendTextMessage?.({ payload: { text: "hello" } });
    await chat.sendFaceMessage?.({ payload: { index: 1, data: "tt01" } });
    await chat.sendCustomMessage?.({ payload: { data: "{}", description: "", extension: "" } });
    const file = new File(["some bytes"], "notes.txt", { type: "text/plain" });
    await chat.sendFileMessage?.({ payload: { file } });
    expect(shown().slice(-4)).toMatchObject([
      { type: TYPES.MSG_TEXT, status: "success", flow: "out" },
      { type: TYPES.MSG_FACE, status: "success" },
      { type: TYPES.MSG_CUSTOM, status: "success" },
      { type: TYPES.MSG_FILE, status: "success", progress: 1 },
    ]);
    for (const message of shown()) expect(message.getMessageContent()).toBeTruthy();
    const page = await bob.getMessageList({ conversationID: `C2C${ann}` });
    expect(page.data.messageList.map(({ ID }) => ID)).toEqual(shown().map(({ ID }) => ID));
  });

  test("sees that the other has read, and revokes both ways", async () => {
    await bob.setMessageRead({ conversationID: `C2C${ann}` });
    await eventually(() => expect(shown().at(-1)?.isPeerRead).toBe(true));
    const mine = shown().find(({ payload }) => payload.text === "hello");
    await engine.TUIChatService.revokeMessage?.(Reflect.get(Object(mine), "_message"));
    expect(shown().find(({ ID }) => ID === mine?.ID)).toMatchObject({ isRevoked: true });
    await eventually(() => expect(bob.findMessage(mine?.ID ?? "")).toMatchObject({ isRevoked: true }));
    const theirs = await hears("wrong");
    await eventually(() => expect(texts().at(-1)).toBe("wrong"));
    await bob.revokeMessage(theirs);
    await eventually(() => expect(shown().at(-1)).toMatchObject({ ID: theirs.ID, isRevoked: true }));
  });

  test("shows a message that failed, and sends it again", async () => {
    await bob.addToBlacklist({ userIDList: [ann] });
    const failure = await engine.TUIChatService.sendTextMessage?.({ payload: { text: "again" } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 20_007 });
    expect(shown().at(-1)).toMatchObject({ status: "fail", payload: { text: "again" } });
    await bob.removeFromBlacklist({ userIDList: [ann] });
    const failed = shown().at(-1);
    await engine.TUIChatService.resendMessage?.(Reflect.get(Object(failed), "_message"));
    expect(shown().at(-1)).toMatchObject({ ID: failed?.ID, status: "success" });
  });

  test("creates a group, sees its members, its tips and who comes and goes", async () => {
    const group = engine.TUIGroupService;
    const { data } =
      (await group.createGroup?.({ name: "lunch", type: TYPES.GRP_WORK, memberList: [{ userID: bobs }] })) ??
      {};
    const { groupID } = Object(data?.group);
    const ID = `GROUP${groupID}`;
    await eventually(() => expect(list().map(({ conversationID: one }) => one)).toContain(ID));
    await engine.TUIConversationService.switchConversation?.(ID);
    await group.switchGroup?.(groupID);
    const members = () => engine.TUIStore.getData("group", "currentGroupMemberList") as { userID: string }[];
    expect(
      members()
        .map(({ userID }) => userID)
        .sort(),
    ).toEqual([ann, bobs].sort());
    await hears("in the group", String(groupID), TYPES.CONV_GROUP);
    await eventually(() => expect(texts()).toContain("in the group"));
    await bob.updateGroupProfile({ groupID, name: "dinner" });
    await eventually(() =>
      expect(shown().at(-1)).toMatchObject({
        type: TYPES.MSG_GRP_TIP,
        payload: { newGroupProfile: { groupName: "dinner" } },
      }),
    );
    expect(shown().at(-1)?.getMessageContent()).toMatchObject({ text: expect.any(String) });
    await group.deleteGroupMember?.({ groupID, userIDList: [bobs] });
    await eventually(() => expect(members().map(({ userID }) => userID)).toEqual([ann]));
  });

  test("is told of a group that another has made, and of its end", async () => {
    const { data } = await bob.createGroup({
      name: "theirs",
      type: TYPES.GRP_PUBLIC,
      memberList: [{ userID: ann }],
    });
    const { groupID } = Object(data.group);
    const ID = `GROUP${groupID}`;
    await eventually(() => expect(list().map(({ conversationID: one }) => one)).toContain(ID));
    await bob.dismissGroup(groupID);
    await eventually(() => expect(list().map(({ conversationID: one }) => one)).not.toContain(ID));
  });

  test("pins, mutes, and deletes a conversation; what the server lacks is said to be unsupported", async () => {
    const conversations = engine.TUIConversationService;
    await conversations.pinConversation?.({ conversationID: conversationID(), isPinned: true });
    await eventually(() =>
      expect(engine.TUIStore.getConversationModel(conversationID())?.isPinned).toBe(true),
    );
    await conversations.muteConversation?.({
      userIDList: [bobs],
      messageRemindType: TYPES.MSG_REMIND_ACPT_NOT_NOTE,
    });
    await eventually(() =>
      expect(engine.TUIStore.getConversationModel(conversationID())?.isMuted).toBe(true),
    );
    const extensions = await engine.TUIChatService.getMessageExtensions?.({}).catch(
      (error: unknown) => error,
    );
    expect(extensions).toMatchObject({ code: 3_122 });
    await conversations.deleteConversation?.(conversationID());
    await eventually(() => expect(engine.TUIStore.getConversationModel(conversationID())).toBe(undefined));
    await hears("back");
    await eventually(() =>
      expect(engine.TUIStore.getConversationModel(conversationID())).toMatchObject({ unreadCount: 1 }),
    );
  });
}
