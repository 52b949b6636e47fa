import { expect } from "vitest";
import { z } from "zod";
import { ErrorCode } from "../../../src/domain/errors.ts";
import { JoinRequestPage, MemberPage } from "../../../src/surfaces/v1/schemas/groups.ts";
import { type Answer, call, expectProblem } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";
import {
  StrictMessage as Message,
  StrictConversation,
  StrictList,
  type StrictMessage,
  StrictPage,
  StrictReceipts,
} from "../../support/clients/shapes.ts";
import { openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { createGroupId } from "../../support/objects/room.ts";
import type { Action, Listed, Live, Outcome, Shown, Surface, Told, View } from "./surface.ts";

type Call = [method: string, path: string, body?: unknown];

const Tip = z.strictObject({
  ...{ event: z.string(), actor_id: z.int(), user_ids: z.array(z.int()) },
  role: z.enum(["admin", "member"]).optional(),
  muted_for_s: z.int().optional(),
  ...{ changed: z.array(z.string()).optional(), name: z.string().optional() },
});
const Text = z.strictObject({ text: z.string() });
const Problem = z.looseObject({ code: ErrorCode });
const State = z.object({ state: z.enum(["joined", "requested"]) });
const Member = z.strictObject({
  actor_id: z.int().optional(),
  type: z.literal("member"),
  conversation_id: z.int(),
  event: z.string(),
  user_ids: z.array(z.int()),
});
const Read = z.strictObject({
  type: z.literal("read"),
  conversation_id: z.int(),
  user_id: z.int(),
  seq: z.int(),
  unread_count: z.int().optional(),
  last_seq: z.int().optional(),
});
const Ready = z.looseObject({ type: z.literal("ready"), user_id: z.int() });
const Conversation = z.strictObject({ type: z.literal("conversation"), conversation: StrictConversation });
const Kicked = z.strictObject({ type: z.literal("kicked"), reason: z.string() });

/** Parley's own API. */
export const v1: Surface = {
  async create(owner, members, name, joinPolicy) {
    const id = await createGroupId(owner, ...members);
    expect(await this.act(owner, id, { do: "edit", name, joinPolicy })).toBe("done");
    return id;
  },

  async act(who, group, action) {
    return outcome(await ask(who, group, ...callOf(action)));
  },

  async view(who, group) {
    const paths = ["", "/messages?limit=100", "/members?limit=100", "/receipts", "/applications"];
    const answers = await Promise.all(paths.map((path) => ask(who, group, "GET", path)));
    const [conversation, messages, members, receipts, applications] = answers;
    if (!conversation || !messages || !members || !receipts || !applications) throw new Error("five answers");
    if (conversation.status === 404) {
      for (const answer of answers) expectProblem(answer, 404, "not_found");
      return null;
    }
    return {
      ...listedOf(StrictConversation.parse(conversation.body)),
      history: StrictPage.parse(messages.body).items.map(displayed),
      members: MemberPage.parse(members.body).items.map((member) => ({
        id: member.user.id,
        role: member.role,
        muted: member.muted_until > 0,
        card: member.name_card,
      })),
      receipts: StrictReceipts.parse(receipts.body)
        .items.map(({ user_id, read_seq }) => ({ id: user_id, seq: read_seq }))
        .toSorted((a, b) => a.id - b.id),
      applications: applicationsOf(applications),
    };
  },

  async listed(who, group) {
    const answer = await call("GET", "/v1/conversations?limit=100", { token: who.token });
    const found = StrictList.parse(answer.body).items.find(({ id }) => id === group);
    return found ? listedOf(found) : null;
  },

  async open(who, group) {
    return new Socket(await openRoom(group, who.token));
  },
};

function callOf(action: Action): Call {
  switch (action.do) {
    case "say":
      return ["POST", "/messages", { kind: "text", body: { text: action.text } }];
    case "read":
      return ["PUT", "/read", { seq: action.seq }];
    case "add":
      return ["POST", "/members", { user_ids: action.whom }];
    case "join":
      return ["POST", "/join", { message: action.message }];
    case "decide":
      return ["POST", `/applications/${action.application}`, { action: action.accept ? "accept" : "reject" }];
    case "leave":
      return ["POST", "/leave"];
    case "remove":
      return ["DELETE", `/members/${action.whom}`];
    case "role":
      return ["PATCH", `/members/${action.whom}`, { role: action.role }];
    case "mute":
      return ["PATCH", `/members/${action.whom}`, { muted_for_s: action.seconds }];
    case "card":
      return ["PATCH", `/members/${action.whom}`, { name_card: action.card }];
    case "hand over":
      return ["POST", "/owner", { user_id: action.whom }];
    case "edit":
      return ["PATCH", "", { name: action.name, join_policy: action.joinPolicy }];
    case "dissolve":
      return ["DELETE", ""];
  }
}

function outcome(answer: Answer): Outcome {
  if (answer.status < 300) {
    return State.safeParse(answer.body).data?.state === "requested" ? "requested" : "done";
  }
  const { code } = Problem.parse(answer.body);
  if (code === "muted") expect(answer.body).toMatchObject({ muted_until: expect.any(Number) });
  else expectProblem(answer, answer.status, code);
  return code;
}

function displayed({ seq, sender, kind, body }: StrictMessage): Shown {
  if (kind !== "tip") return { seq, by: sender.id, what: Text.parse(body).text };
  const { event, actor_id, user_ids } = Tip.parse(body);
  expect(actor_id).toBe(sender.id);
  return { seq, by: actor_id, what: { event, userIds: user_ids } };
}

function listedOf(conversation: StrictConversation): Listed {
  const { join_policy: joinPolicy, owner_id: owner, role, last_message } = conversation;
  if (!joinPolicy || !owner || !role) throw new Error("a group has these");
  return {
    ...{ name: conversation.name, joinPolicy, owner, role, memberCount: conversation.member_count },
    ...{ lastSeq: conversation.last_seq, readSeq: conversation.read_seq, unread: conversation.unread_count },
    last: last_message && displayed(last_message),
  };
}

function applicationsOf(answer: Answer): View["applications"] {
  if (answer.status !== 200) return Problem.parse(answer.body).code;
  return JoinRequestPage.parse(answer.body).items.map(({ id, user, message }) => ({
    ...{ id, by: user.id, message },
  }));
}

/** A room socket. */
class Socket implements Live {
  readonly #socket: TestSocket;
  #read: number;
  #shown: Listed | undefined;

  constructor(socket: TestSocket) {
    this.#socket = socket;
    this.#read = socket.frames.length;
  }

  async shows(group: Listed): Promise<void> {
    await eventually(async () => {
      expect(await this.told("settled")).toEqual([]);
      expect(this.#shown).toEqual(group);
    });
  }

  async told(until: "settled" | "closed"): Promise<Told[]> {
    const code = until === "closed" ? (await this.#socket.closed()).code : 0;
    if (until === "settled") await this.#socket.untilProcessed();
    const frames = this.#socket.frames.slice(this.#read);
    this.#read = this.#socket.frames.length;
    return frames.flatMap((frame): Told[] => {
      switch (frame.type) {
        case "message":
          return [{ message: displayed(Message.parse(frame.message)) }];
        case "messages":
          return z
            .array(Message)
            .parse(frame.items)
            .map((message) => ({ message: displayed(message) }));
        case "member": {
          const { event, user_ids } = Member.parse(frame);
          return [{ member: event, userIds: user_ids }];
        }
        case "read": {
          const { user_id, seq, unread_count, last_seq } = Read.parse(frame);
          // Nobody learns the unread count of another member.
          const isOwn = user_id === Ready.parse(this.#socket.frames[0]).user_id;
          expect([unread_count !== undefined, last_seq !== undefined]).toEqual([isOwn, isOwn]);
          return [{ read: user_id, seq }];
        }
        case "kicked":
          return [{ kicked: Kicked.parse(frame).reason, code }];
        case "conversation":
          // Comes after the events, as it needs a lookup: `shows` waits for it.
          this.#shown = listedOf(Conversation.parse(frame).conversation);
          return [];
        case "error":
          // The mark that `untilProcessed` waits for.
          return [];
        default:
          throw new Error(`an unexpected frame: ${JSON.stringify(frame)}`);
      }
    });
  }
}
